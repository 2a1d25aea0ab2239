import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openStore } from '../../src/node/index.ts';
import { FaultyStorage } from '../support/faulty-storage.ts';
import { collect, fill, numbered, type Pair, TEXT } from '../support/stores.ts';
import { TextModel } from '../support/text-model.ts';

/** An operation, and whether it waits; between two of them, reads that are under way may end. */
const step = fc.record({
  call: fc.constantFrom('get', 'floor', 'at', 'count', 'rank', 'getMany', 'entries'),
  sync: fc.boolean(),
  key: fc.nat(65),
  other: fc.nat(65),
  releases: fc.nat(3),
});

const PAIRS = numbered(60, 'k', 40).map(([key, value]): Pair => [`${key}m`, value]);
const model = new TextModel(PAIRS);
// Keys that are there, and every sixth one that is not.
const keyAt = (i: number): string =>
  i % 6 === 5 ? `k${String(i).padStart(5, '0')}z` : `k${String(i).padStart(5, '0')}m`;

it('operations that wait and operations that do not, their reads ending in any order, answer as alone', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(step, { minLength: 2, maxLength: 25 }),
      fc.constantFrom(0, 130, 300, 700, 1 << 20),
      fc.constantFrom('once', 'always'),
      fc.constantFrom(2048, 1 << 20),
      fc.boolean(),
      async (scheduler, steps, cacheBytes, verify, partitionBytes, hashIndex) => {
        const storage = new FaultyStorage().register();
        await fill('faulty:s', PAIRS, { partitionBytes, blockBytes: 128, hashIndex });
        const store = await openStore('faulty:s', { ...TEXT, cacheBytes, verify });
        let waiting = 0;
        storage.gate = (path) => {
          waiting++;
          return scheduler.schedule(Promise.resolve(), path).then(() => waiting--);
        };
        const running: Promise<void>[] = [];
        const check = (label: string, given: unknown, wanted: unknown): void =>
          expect(given, label).toEqual(wanted);
        for (const [i, { call, sync, key: a, other: b, releases }] of steps.entries()) {
          const [key, limit] = [keyAt(a), keyAt(b)];
          const range = { gte: key, lt: limit };
          const label = `step ${i}: ${call}${sync ? 'Sync' : ''}(${key})`;
          const wanted = {
            get: model.entries({ gte: key, lte: key })[0]?.[1],
            floor: model.floor(key),
            at: PAIRS.at(a - 30),
            count: model.entries(range).length,
            rank: model.rank(key),
            getMany: [key, limit].map((one) => model.entries({ gte: one, lte: one })[0]?.[1]),
            entries: model.entries({ ...range, reverse: b % 2 === 0 }),
          }[call];
          const reverse = { ...range, reverse: b % 2 === 0 };
          if (sync) {
            const now = {
              get: () => store.getSync(key),
              floor: () => store.floorSync(key),
              at: () => store.atSync(a - 30),
              count: () => store.countSync(range),
              rank: () => store.rankSync(key),
              getMany: () => store.getManySync([key, limit]),
              entries: () => [...store.entriesSync(reverse)],
            }[call];
            check(label, now(), wanted);
          } else {
            const later = {
              get: () => store.get(key),
              floor: () => store.floor(key),
              at: () => store.at(a - 30),
              count: () => store.count(range),
              rank: () => store.rank(key),
              getMany: () => store.getMany([key, limit]),
              entries: () => collect(store.entries(reverse)),
            }[call];
            running.push((later() as Promise<unknown>).then((given) => check(label, given, wanted)));
          }
          for (let n = 0; n < releases && scheduler.count() > 0; n++) await scheduler.waitOne();
        }
        await scheduler.waitFor(Promise.all(running));
        storage.gate = undefined;
        await store.close();
      },
    ),
    { numRuns: 300 },
  );
});
