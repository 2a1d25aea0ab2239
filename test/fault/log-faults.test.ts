import { describe, expect, it } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import { createStore, deleteStore, sweepStores } from '../../src/node/index.ts';
import { createLog, openLog } from '../../src/node/log.ts';
import { failure } from '../support/failures.ts';
import { FaultyStorage } from '../support/faulty-storage.ts';
import { type Row, rows } from '../support/log-records.ts';
import { tree } from '../support/storage-tools.ts';
import { everyFault, KINDS } from './faults.ts';

const URI = 'faulty:root/log';
const SMALL = { partitionBytes: 32_768, blockBytes: 512 } as const;

/** Records of 15 kB without keys: twelve of them in two buckets are sorted in pieces. */
async function record(buckets: number): Promise<void> {
  const options = buckets === 1 ? SMALL : { ...SMALL, sortBytes: 65_536 };
  const producer = await createLog(URI, { buckets, ...options });
  try {
    for (let i = 0; i < 12; i++) await producer.send(null, String(i).padEnd(15_000, '.'), { timestamp: i });
    await producer.close();
  } catch (error) {
    await producer.cancel().catch(() => undefined);
    throw error;
  }
}

function expected(buckets: number): Row[] {
  const each = 12 / buckets;
  return Array.from({ length: 12 }, (_, i) => {
    const [bucket, offset] = [Math.floor(i / each), i % each];
    return [bucket, offset, null, String(bucket + offset * buckets).padEnd(15_000, '.')];
  });
}

describe.each(KINDS)('when an operation of the storage fails $name', (kind) => {
  it.each([1, 2])('a log of %i buckets is whole or absent', async (buckets) => {
    await everyFault(kind, {
      attempt: () => record(buckets),
      async check(outcome, storage) {
        expect(storage.openSources).toBe(0);
        let found: Row[] | 'absent';
        try {
          await using log = await openLog(URI);
          found = await rows(log);
        } catch (error) {
          if (!isCairnError(error, 'NOT_FOUND', 'INCOMPLETE', 'NOT_A_STORE')) throw error;
          found = 'absent';
        }
        if (found !== 'absent' || 'done' in outcome) expect(found).toEqual(expected(buckets));
        if (found !== 'absent') await deleteStore(URI);
        // What is left blocks no other producer, and can be swept.
        await record(buckets);
        await sweepStores(URI, { olderThanMs: 0 });
        expect(await rows(openLog(URI))).toEqual(expected(buckets));
        await deleteStore(URI);
        expect(await tree('faulty:root')).toEqual([]);
      },
    });
  });
});

describe('when a read fails', () => {
  it.each([false, true])('records are right as far as they come (for ever: %s)', async (forever) => {
    for (const range of [{}, { from: 1 }, { from: -3, reverse: true }]) {
      let whole: Row[] = [];
      await everyFault(
        { forever, after: false, only: ['open', 'read'] },
        {
          async prepare() {
            await record(2);
            await using log = await openLog(URI);
            whole = await rows(log, range);
            expect(whole.length).toBeGreaterThan(4);
          },
          async attempt(storage) {
            const found: Row[] = [];
            try {
              await using log = await openLog(URI, { cacheBytes: 0 });
              for await (const { bucket, offset, ...rest } of log.records(range)) {
                expect(rest.timestamp).toBeLessThan(12);
                found.push([bucket, offset, null, '']);
              }
            } finally {
              const places = (list: Row[]): number[][] => list.map(([bucket, offset]) => [bucket, offset]);
              expect(places(found)).toEqual(places(whole).slice(0, found.length));
              expect(storage.openSources).toBe(0);
            }
            expect(found.length).toBe(whole.length);
          },
          check: () => deleteStore(URI),
        },
      );
    }
  });

  it('nothing stays open of a store that is no log', async () => {
    const storage = new FaultyStorage().register();
    await createStore(URI).put('a', 1).close();
    await failure(openLog(URI), 'NOT_A_STORE');
    expect(storage.openSources).toBe(0);
  });
});
