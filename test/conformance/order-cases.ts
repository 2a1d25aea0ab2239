import { expect, it } from 'vitest';
import { openStore, type ReaderPromise, type StoreReader } from '../../src/index.ts';
import { failure, failureNow } from '../support/failures.ts';
import type { Place } from '../support/places.ts';
import {
  collect,
  fill,
  fillSized,
  numbered,
  open,
  type Pair,
  pairsOf,
  SIZES,
  SMALL_PARTITIONS,
  TEXT,
} from '../support/stores.ts';
import { TextModel } from '../support/text-model.ts';

type Texts = StoreReader<string, string>;

/** Order statistics and neighbours, and that the Sync twin of every method answers the same. */
export function orderCases(place: Place): void {
  const pairs = numbered(50, 'k', 90).map(([key, value]): Pair => [`${key}-5`, value]);
  const model = new TextModel(pairs);
  let made: string | undefined;
  const uri = async (): Promise<string> => {
    if (made === undefined) {
      made = `${await place.root()}/order`;
      expect((await fill(made, pairs, SMALL_PARTITIONS)).partitions.length).toBeGreaterThan(3);
    }
    return made;
  };
  const probes = ['', 'a', 'k', 'z', ...pairs.flatMap(([key]) => [key.slice(0, -1), key, `${key}\0`])];

  for (const cacheBytes of [0, 600, 1100, 1 << 20]) {
    const name = `with a cache of ${cacheBytes} bytes`;

    it(`\`floor()\`, \`ceiling()\` and \`rank()\` at, between and outside of all keys, ${name}`, async () => {
      await using store = await openStore(await uri(), { ...TEXT, cacheBytes });
      for (const probe of probes) {
        expect(store.floorSync(probe), `floorSync(${probe})`).toEqual(model.floor(probe));
        expect(store.ceilingSync(probe), `ceilingSync(${probe})`).toEqual(model.ceiling(probe));
        expect(store.rankSync(probe), `rankSync(${probe})`).toBe(model.rank(probe));
        expect(await store.floor(probe)).toEqual(model.floor(probe));
        expect(await store.ceiling(probe)).toEqual(model.ceiling(probe));
        expect(await store.rank(probe)).toBe(model.rank(probe));
      }
    });

    it(`\`at()\` from both ends and outside, ${name}`, async () => {
      await using store = await openStore(await uri(), { ...TEXT, cacheBytes });
      for (let index = -52; index <= 52; index++) {
        const wanted = pairs.at(index);
        expect(store.atSync(index), `atSync(${index})`).toEqual(wanted);
        expect(await store.at(index), `at(${index})`).toEqual(wanted);
      }
      expect(await store.at(-0)).toEqual(pairs[0]);
      expect(await store.first()).toEqual(pairs[0]);
      expect(store.firstSync()).toEqual(pairs[0]);
      expect(await store.last()).toEqual(pairs[49]);
      expect(store.lastSync()).toEqual(pairs[49]);
      expect(await store.at(2 ** 40)).toBeUndefined();
      expect(await store.at(-(2 ** 40))).toBeUndefined();
    });

    it(`\`count()\` of every range between two keys, ${name}`, async () => {
      await using store = await openStore(await uri(), { ...TEXT, cacheBytes });
      for (let from = 0; from < 50; from += 3) {
        for (let to = 0; to < 50; to++) {
          const range = { gte: pairs[from][0], lt: pairs[to][0] };
          const wanted = Math.max(0, to - from);
          expect(store.countSync(range), `countSync(${from} to ${to})`).toBe(wanted);
          if (to % 7 === 0) expect(await store.count(range)).toBe(wanted);
        }
      }
    });
  }

  it('`at()` of what is no integer is INVALID_ARGUMENT', async () => {
    await using store = await open(await uri());
    for (const index of [0.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined] as number[]) {
      await failure(() => store.at(index), 'INVALID_ARGUMENT');
      failureNow(() => store.atSync(index), 'INVALID_ARGUMENT');
    }
  });

  it('`floor()`, `ceiling()` and `rank()` refuse what is no key', async () => {
    await using store = await open(await uri());
    for (const call of ['floor', 'ceiling', 'rank'] as const) {
      await failure(() => store[call](5 as unknown as string), 'INVALID_ARGUMENT');
      failureNow(() => store[`${call}Sync`](null as unknown as string), 'INVALID_ARGUMENT');
    }
  });

  it('`sample()` returns distinct entries in key order, the same for the same seed', async () => {
    await using store = await open(await uri());
    const keys = pairs.map(([key]) => key);
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      for (const n of [0, 1, 2, 10, 49]) {
        const sample = await store.sample(n, { seed });
        expect(sample.length).toBe(n);
        expect(sample).toEqual(pairs.filter(([key]) => sample.some(([other]) => other === key)));
        expect(store.sampleSync(n, { seed })).toEqual(sample);
        for (const [key] of sample) seen.add(key);
      }
    }
    expect([...seen].sort()).toEqual(keys);
    const one = JSON.stringify(await store.sample(10, { seed: 1 }));
    expect(JSON.stringify(await store.sample(10, { seed: 1 }))).toBe(one);
    expect(JSON.stringify(await store.sample(10, { seed: 1.5 }))).not.toBe(one);
  });

  it('`sample()` returns all entries if there are no more, and refuses what is not a number', async () => {
    await using store = await open(await uri());
    expect(await store.sample(50)).toEqual(pairs);
    expect(await store.sample(1000)).toEqual(pairs);
    for (const n of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3' as unknown as number]) {
      await failure(() => store.sample(n), 'INVALID_ARGUMENT');
      failureNow(() => store.sampleSync(n), 'INVALID_ARGUMENT');
    }
    await failure(() => store.sample(3, { seed: Number.NaN }), 'INVALID_ARGUMENT');
    await failure(() => store.sample(3, { seed: 'x' as unknown as number }), 'INVALID_ARGUMENT');
  });

  it('an empty store has no first, last, floor or ceiling', async () => {
    const empty = `${await place.root()}/empty`;
    await fill(empty, []);
    await using store = await open(empty);
    for (const call of [
      (one: Texts) => [one.first(), one.firstSync()],
      (one: Texts) => [one.last(), one.lastSync()],
      (one: Texts) => [one.floor('k'), one.floorSync('k')],
      (one: Texts) => [one.ceiling(''), one.ceilingSync('')],
      (one: Texts) => [one.at(0), one.atSync(0)],
      (one: Texts) => [one.at(-1), one.atSync(-1)],
    ]) {
      expect(await Promise.all(call(store))).toEqual([undefined, undefined]);
    }
    expect([
      await store.rank('k'),
      store.rankSync(''),
      await store.count({ gte: 'a' }),
      store.countSync(),
    ]).toEqual([0, 0, 0, 0]);
    expect([await store.sample(3), store.sampleSync(0)]).toEqual([[], []]);
    expect(await store.getMany(['a', ''])).toEqual([undefined, undefined]);
    expect(await store.verify()).toMatchObject({ ok: true, checked: { entries: 0, blocks: 0 } });
  });

  for (const size of SIZES) {
    it(`the methods of the opening promise answer for ${size} as the reader's do`, async () => {
      const root = await place.root();
      await fillSized(`${root}/s`, size);
      const opening = (): ReaderPromise<string, string> => openStore(`${root}/s`, TEXT);
      await using store = await open(`${root}/s`);
      for (const key of ['k00001', 'k00005', 'missing', '']) {
        expect(await opening().get(key)).toEqual(store.getSync(key));
        expect(await opening().has(key)).toEqual(store.hasSync(key));
        expect(await opening().getMany([key, 'k00000'])).toEqual(store.getManySync([key, 'k00000']));
        expect(await opening().floor(key)).toEqual(store.floorSync(key));
        expect(await opening().ceiling(key)).toEqual(store.ceilingSync(key));
        expect(await opening().rank(key)).toEqual(store.rankSync(key));
      }
      expect(await opening().first()).toEqual(store.firstSync());
      expect(await opening().last()).toEqual(store.lastSync());
      expect(await opening().at(-2)).toEqual(store.atSync(-2));
      expect(await opening().count({ gt: 'k00000' })).toEqual(store.countSync({ gt: 'k00000' }));
      expect(await opening().sample(3, { seed: 7 })).toEqual(store.sampleSync(3, { seed: 7 }));
      expect(await collect(opening())).toEqual(pairsOf(size));
      expect(await collect(opening().entries({ reverse: true, limit: 2 }))).toEqual([
        ...store.entriesSync({ reverse: true, limit: 2 }),
      ]);
      expect(await collect(opening().keys())).toEqual([...store.keysSync()]);
      expect(await collect(opening().values())).toEqual([...store.valuesSync()]);
      expect(await collect(opening().batches({}, { size: 2 }))).toEqual([
        ...store.batchesSync({}, { size: 2 }),
      ]);
      const visited: string[] = [];
      await opening().forEach((key) => {
        visited.push(key);
      });
      expect(visited).toEqual([...store.keysSync()]);
      expect((await opening().verify()).ok).toBe(true);
      await opening().close();
    });
  }

  it('the methods of an opening promise that fails reject with its error', async () => {
    const missing = `${await place.root()}/none`;
    await failure(openStore(missing).get('a'), 'NOT_FOUND');
    await failure(openStore(missing).count(), 'NOT_FOUND');
    await failure(collect(openStore(missing).entries()), 'NOT_FOUND');
    await failure(collect(openStore(missing)), 'NOT_FOUND');
    await failure(openStore(missing).verify(), 'NOT_FOUND');
  });
}
