import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog, type LogRecord, openLog, type RecordRange } from '../../src/node/log.ts';

let number = 0;

interface Sent {
  readonly key: string | null;
  readonly value: number;
}

/** A record of the model: what was sent, and where it must be. */
type Placed = [bucket: number, offset: number, key: string | null, value: string];

/**
 * SipHash-2-4 is held to its reference elsewhere: here, a key's bucket is what the log says, the same each
 * time.
 */
function model(sent: readonly Sent[], buckets: number, bucketOf: (key: string) => number): Placed[][] {
  const log: Placed[][] = Array.from({ length: buckets }, () => []);
  let turn = 0;
  for (const { key, value } of sent) {
    const bucket = key === null ? turn++ % buckets : bucketOf(key);
    log[bucket].push([bucket, log[bucket].length, key, `${value}`]);
  }
  return log;
}

function rangeOfModel(log: readonly Placed[][], range: RecordRange): Placed[] {
  const { from = 0, to, limit, reverse = false } = range;
  const found = log.flatMap((bucket) => bucket.slice(from, to));
  if (reverse) found.reverse();
  return found.slice(0, limit === Number.POSITIVE_INFINITY ? undefined : limit);
}

function placed(record: LogRecord): Placed {
  return [record.bucket, record.offset, record.keyString(), record.valueString()];
}

async function read(
  source: {
    records(range?: RecordRange): AsyncIterable<LogRecord>;
  },
  range: RecordRange,
): Promise<Placed[]> {
  const found: Placed[] = [];
  for await (const record of source.records(range)) found.push(placed(record));
  return found;
}

const offset = fc.integer({ min: -12, max: 12 });
const range = fc.record(
  {
    from: offset,
    to: offset,
    limit: fc.oneof(fc.nat(15), fc.constant(Number.POSITIVE_INFINITY)),
    reverse: fc.boolean(),
  },
  { requiredKeys: [] },
);
const sent = fc.array(
  fc.record({ key: fc.option(fc.string({ maxLength: 3 }), { nil: null }), value: fc.integer() }),
  { maxLength: 60 },
);

describe('a log', () => {
  it('is an array of records for each bucket', async () => {
    await fc.assert(
      fc.asyncProperty(
        sent,
        fc.integer({ min: 1, max: 6 }),
        fc.array(range, { minLength: 1, maxLength: 5 }),
        fc.record({
          blockBytes: fc.constantFrom(64, 300, 16_384),
          compression: fc.constantFrom('none', 'deflate'),
        }),
        fc.record({
          cacheBytes: fc.constantFrom(0, 1000, 1 << 20),
          verify: fc.constantFrom('once', 'always'),
        }),
        async (records, buckets, ranges, writing, reading) => {
          const uri = `memory:log-${number++}`;
          const producer = await createLog(uri, { buckets, partitionBytes: 4096, ...writing });
          await producer.sendAll(records.map(({ key, value }) => [key, `${value}`] as const));
          expect(await producer.close()).toMatchObject({ count: records.length, buckets });
          await using log = await openLog(uri, reading);
          const expected = model(records, buckets, (key) => log.bucketOf(key));
          expect((await log.verify()).ok).toBe(true);
          for (const one of ranges) {
            const whole = rangeOfModel(expected, one);
            expect(await read(log, one)).toEqual(whole);
            const seen: Placed[] = [];
            await log.forEach((record) => {
              seen.push(placed(record));
            }, one);
            expect(seen).toEqual(whole);
            for (const [bucket, inBucket] of expected.entries()) {
              expect(await read(log.bucket(bucket), one)).toEqual(rangeOfModel([inBucket], one));
            }
          }
          for (const [bucket, inBucket] of expected.entries()) {
            expect(await log.bucket(bucket).count()).toBe(inBucket.length);
            for (const at of [0, 1, 5, -1, -2, -6, inBucket.length]) {
              const record = await log.bucket(bucket).at(at);
              expect(record && placed(record)).toEqual(inBucket.at(at));
            }
          }
        },
      ),
      { numRuns: 80 },
    );
  });

  it('puts a key into the same bucket as text and as bytes, whatever else is sent', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 300 }),
        async (keys, buckets) => {
          const uri = `memory:log-${number++}`;
          const producer = await createLog(uri, { buckets, sortBytes: 65_536 });
          for (const [i, key] of keys.entries()) {
            producer.send(i % 2 === 0 ? key : new TextEncoder().encode(key), key);
          }
          await producer.close();
          await using log = await openLog(uri);
          await log.forEach((record) => {
            expect(record.keyString()).toBe(record.valueString());
            expect(log.bucketOf(record.valueString())).toBe(record.bucket);
            expect(log.bucketOf(record.value())).toBe(record.bucket);
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});
