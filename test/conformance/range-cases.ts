import { describe, expect, it } from 'vitest';
import { openStore, type Range, type StoreReader } from '../../src/index.ts';
import { failure, failureNow, rejection } from '../support/failures.ts';
import type { Place } from '../support/places.ts';
import { collect, fill, numbered, open, type Pair, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';
import { TextModel } from '../support/text-model.ts';

/** Every way to read a range, of the reader and of the promise; all must give the same. */
async function everyWay(
  store: StoreReader<string, string>,
  uri: string,
  range?: Range<string>,
): Promise<Pair[]> {
  const entries = await collect(store.entries(range));
  const visited: Pair[] = [];
  const visitedSync: Pair[] = [];
  await store.forEach((key, value) => {
    visited.push([key, value]);
  }, range);
  store.forEachSync((key, value) => {
    visitedSync.push([key, value]);
  }, range);
  const keys = entries.map(([key]) => key);
  const values = entries.map(([, value]) => value);
  expect([...store.entriesSync(range)]).toEqual(entries);
  expect(await collect(store.keys(range))).toEqual(keys);
  expect([...store.keysSync(range)]).toEqual(keys);
  expect(await collect(store.values(range))).toEqual(values);
  expect([...store.valuesSync(range)]).toEqual(values);
  expect(visited).toEqual(entries);
  expect(visitedSync).toEqual(entries);
  expect((await collect(store.batches(range, { size: 3 }))).flat()).toEqual(entries);
  expect([...store.batchesSync(range, { size: 4 })].flat()).toEqual(entries);
  expect(await store.count(range)).toBe(entries.length);
  expect(store.countSync(range)).toBe(entries.length);
  expect(await collect(openStore(uri, TEXT).entries(range))).toEqual(entries);
  expect(await openStore(uri, TEXT).count(range)).toBe(entries.length);
  return entries;
}

/** Ranges: bounds, order, limits; and how their iteration ends. */
export function rangeCases(place: Place): void {
  // Enough for several partitions and blocks; some keys are prefixes of others.
  const pairs: Pair[] = [
    ...numbered(40, 'a', 90),
    ['b', 'single'],
    ...numbered(20, 'b', 90),
    ['b\u{10ffff}', 'highest'],
    ...numbered(3, 'd', 90),
  ];
  const model = new TextModel(pairs);
  let root: string | undefined;
  const uri = async (): Promise<string> => {
    if (root === undefined) {
      root = `${await place.root()}/ranges`;
      expect((await fill(root, pairs, SMALL_PARTITIONS)).partitions.length).toBeGreaterThan(3);
    }
    return root;
  };
  const probes = [
    ...new Set(['', 'a', 'a0', 'b', 'c', 'z', 'b\u{10ffff}', 'b\u{10ffff}\0', ...pairs.map(([key]) => key)]),
  ];

  it('all entries in order, and in reverse', async () => {
    await using store = await open(await uri());
    expect(await everyWay(store, await uri())).toEqual(pairs);
    expect(await everyWay(store, await uri(), {})).toEqual(pairs);
    expect(await everyWay(store, await uri(), { reverse: true })).toEqual([...pairs].reverse());
    expect(await everyWay(store, await uri(), { reverse: false })).toEqual(pairs);
  });

  for (const bound of ['gt', 'gte', 'lt', 'lte', 'prefix'] as const) {
    it(`\`${bound}\` cuts at keys, between them, before the first and after the last`, async () => {
      await using store = await open(await uri());
      for (const probe of probes) {
        for (const reverse of [false, true]) {
          const range = { [bound]: probe, reverse };
          expect([...store.entriesSync(range)], JSON.stringify(range)).toEqual(model.entries(range));
          expect(store.countSync(range)).toBe(model.entries(range).length);
        }
      }
      for (const probe of ['', 'a00017', 'a00017x', 'b', 'z']) {
        expect(await everyWay(store, await uri(), { [bound]: probe })).toEqual(
          model.entries({ [bound]: probe }),
        );
      }
    });
  }

  it('bounds intersect, the prefix included, and the stricter one counts', async () => {
    await using store = await open(await uri());
    const ranges: Range<string>[] = [
      { gt: 'a00010', gte: 'a00010' },
      { gt: 'a00009', gte: 'a00011' },
      { lt: 'a00010', lte: 'a00010' },
      { lt: 'a00012', lte: 'a00010' },
      { gte: 'a00010', lte: 'a00010' },
      { gt: 'a00010', lt: 'a00011' },
      { gt: 'a00010', lte: 'a00010' },
      { gte: 'a00030', lt: 'b00005' },
      { prefix: 'a', gte: 'a00035' },
      { prefix: 'a', gte: 'A' },
      { prefix: 'a', lt: 'a00003', gt: 'a' },
      { prefix: 'b', gt: 'b' },
      { prefix: 'b', lte: 'b' },
      { prefix: 'a', gte: 'b' },
      { prefix: 'b', lt: 'b' },
      { gte: 'z', lt: 'a' },
      { gte: 'a00020', lt: 'a00010' },
      { gte: 'c', lt: 'd' },
    ];
    for (const range of ranges) {
      for (const reverse of [false, true]) {
        const wanted = model.entries({ ...range, reverse });
        expect(await everyWay(store, await uri(), { ...range, reverse }), JSON.stringify(range)).toEqual(
          wanted,
        );
      }
    }
  });

  it('`limit` of 0, 1, the number of entries, more, and Infinity; from either end', async () => {
    await using store = await open(await uri());
    for (const limit of [
      0,
      1,
      2,
      7,
      pairs.length - 1,
      pairs.length,
      pairs.length + 1,
      2 ** 40,
      Number.POSITIVE_INFINITY,
    ]) {
      for (const reverse of [false, true]) {
        for (const range of [{}, { prefix: 'b' }, { gt: 'a00003', lte: 'd' }, { gte: 'z' }]) {
          const wanted = model.entries({ ...range, limit, reverse });
          expect(await everyWay(store, await uri(), { ...range, limit, reverse })).toEqual(wanted);
        }
      }
    }
  });

  it('a bound that is `undefined` is none', async () => {
    await using store = await open(await uri());
    const range = {
      gt: undefined,
      lte: undefined,
      prefix: undefined,
      limit: undefined,
      reverse: undefined,
      signal: undefined,
    };
    expect([...store.entriesSync(range as unknown as Range<string>)]).toEqual(pairs);
  });

  describe('invalid ranges', () => {
    const wrong: unknown[] = [
      { limit: -1 },
      { limit: 1.5 },
      { limit: Number.NaN },
      { limit: Number.NEGATIVE_INFINITY },
      { limit: '3' },
      { reverse: 'yes' },
      { reverse: 1 },
      { gt: 5 },
      { gte: null },
      { lt: new Uint8Array(1) },
      { prefix: {} },
      { lte: '\ud800' },
      { from: 'a' },
      { start: 'a', end: 'b' },
      { signal: {} },
      null,
      'a',
      7,
    ];
    for (const range of wrong) {
      it(`${JSON.stringify(range) ?? 'undefined'} is INVALID_ARGUMENT everywhere`, async () => {
        await using store = await open(await uri());
        const bad = range as Range<string>;
        await failure(() => collect(store.entries(bad)), 'INVALID_ARGUMENT');
        await failure(() => collect(store.keys(bad)), 'INVALID_ARGUMENT');
        await failure(() => collect(store.values(bad)), 'INVALID_ARGUMENT');
        await failure(() => collect(store.batches(bad)), 'INVALID_ARGUMENT');
        await failure(() => store.forEach(() => {}, bad), 'INVALID_ARGUMENT');
        await failure(() => store.count(bad), 'INVALID_ARGUMENT');
        failureNow(() => [...store.entriesSync(bad)], 'INVALID_ARGUMENT');
        failureNow(() => store.forEachSync(() => {}, bad), 'INVALID_ARGUMENT');
        failureNow(() => store.countSync(bad), 'INVALID_ARGUMENT');
        await failure(() => collect(openStore(store.info.uri, TEXT).entries(bad)), 'INVALID_ARGUMENT');
      });
    }

    it('the message names the part that is wrong', async () => {
      await using store = await open(await uri());
      expect(failureNow(() => store.countSync({ limit: -1 }), 'INVALID_ARGUMENT')).toMatchObject({
        argument: 'limit',
      });
      const misspelt = { strat: 'a' } as Range<string>;
      expect(failureNow(() => store.countSync(misspelt), 'INVALID_ARGUMENT').message).toContain('strat');
    });

    it('a batch size that is no positive integer is INVALID_ARGUMENT', async () => {
      await using store = await open(await uri());
      for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number]) {
        await failure(() => collect(store.batches({}, { size })), 'INVALID_ARGUMENT');
        failureNow(() => [...store.batchesSync({}, { size })], 'INVALID_ARGUMENT');
      }
    });

    it('`forEach()` takes a function only', async () => {
      await using store = await open(await uri());
      await failure(() => store.forEach(undefined as unknown as () => void), 'INVALID_ARGUMENT');
      failureNow(() => store.forEachSync('f' as unknown as () => void), 'INVALID_ARGUMENT');
    });
  });

  it('`batches()` yields arrays of the given size, and the rest', async () => {
    await using store = await open(await uri());
    for (const size of [1, 7, pairs.length, pairs.length + 1]) {
      const sizes = (await collect(store.batches({}, { size }))).map((batch) => batch.length);
      const rest = pairs.length % size;
      expect(sizes).toEqual([
        ...Array<number>(Math.floor(pairs.length / size)).fill(size),
        ...(rest > 0 ? [rest] : []),
      ]);
    }
    expect((await collect(store.batches())).length).toBe(1);
  });

  it('batches that were yielded do not change while the iteration continues', async () => {
    await using store = await open(await uri());
    expect((await collect(store.batches({}, { size: 5 }))).flat()).toEqual(pairs);
  });

  it('`break` ends an iteration; the reader and other iterations go on', async () => {
    await using store = await open(await uri());
    const other = store.entries();
    await other.next();
    let seen = 0;
    for await (const _ of store) if (++seen === 3) break;
    for (const _ of store) if (++seen === 6) break;
    for await (const _ of store.batches({}, { size: 2 })) break;
    expect(seen).toBe(6);
    expect(await store.get('b')).toBe('single');
    expect(await collect({ [Symbol.asyncIterator]: () => other })).toEqual(pairs.slice(1));
    const ended = store.entries();
    await ended.next();
    expect(await ended.return?.()).toEqual({ value: undefined, done: true });
    expect(await ended.next()).toEqual({ value: undefined, done: true });
  });

  it('calls of `next()` that do not wait give the entries in order', async () => {
    await using store = await open(await uri());
    const iterator = store.entries();
    const results = await Promise.all(Array.from({ length: pairs.length + 2 }, () => iterator.next()));
    expect(results.slice(0, pairs.length).map(({ value }) => value)).toEqual(pairs);
    expect(results.slice(pairs.length).map(({ done }) => done)).toEqual([true, true]);
  });

  it('`return()` that does not wait for `next()` ends the iteration after it', async () => {
    await using store = await open(await uri());
    const iterator = store.entries();
    const [first, ended, after] = await Promise.all([iterator.next(), iterator.return?.(), iterator.next()]);
    expect(first.value).toEqual(pairs[0]);
    expect(ended?.done).toBe(true);
    expect(after.done).toBe(true);
  });

  it('an error thrown by the caller ends the iteration and passes through', async () => {
    await using store = await open(await uri());
    const oops = new Error('from the loop');
    expect(
      await rejection(
        store.forEach(() => {
          throw oops;
        }),
      ),
    ).toBe(oops);
    expect(() =>
      store.forEachSync(() => {
        throw oops;
      }),
    ).toThrow(oops);
    expect((await collect(store)).length).toBe(pairs.length);
  });

  it('iterations nested into each other, with look-ups between, give what they give alone', async () => {
    for (const cacheBytes of [0, 4096, 1 << 20]) {
      await using store = await openStore(await uri(), { ...TEXT, cacheBytes });
      const seen: Pair[] = [];
      store.forEachSync((key, value) => {
        seen.push([key, value]);
        const [floor] = [...store.entriesSync({ lt: key, reverse: true, limit: 1 })];
        expect(floor).toEqual(model.entries({ lt: key, reverse: true, limit: 1 })[0]);
        expect(store.getSync(key)).toBe(value);
        expect(store.rankSync(key)).toBe(seen.length - 1);
      });
      expect(seen).toEqual(pairs);
      const outer = store.entries({ reverse: true });
      for await (const [key, value] of outer) {
        expect(await store.get(key)).toBe(value);
        expect((await collect(store.keys({ gte: key, limit: 2 })))[0]).toBe(key);
      }
    }
  });

  it('a signal aborted before rejects every range with its reason', async () => {
    await using store = await open(await uri());
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    expect(await rejection(() => collect(store.entries({ signal })))).toBe(reason);
    expect(await rejection(() => collect(store.keys({ signal, limit: 1 })))).toBe(reason);
    expect(await rejection(() => collect(store.batches({ signal })))).toBe(reason);
    expect(await rejection(() => store.forEach(() => {}, { signal }))).toBe(reason);
    expect(await rejection(() => store.count({ signal }))).toBe(reason);
    expect(await rejection(() => [...store.entriesSync({ signal })])).toBe(reason);
    expect(await rejection(() => store.forEachSync(() => {}, { signal }))).toBe(reason);
    expect(await rejection(() => store.countSync({ signal }))).toBe(reason);
    expect(await rejection(() => collect(openStore(store.info.uri, TEXT).entries({ signal })))).toBe(reason);
  });

  it('a signal ends an iteration under way with its reason', async () => {
    await using store = await open(await uri());
    const abort = new AbortController();
    let seen = 0;
    const reason = 'a reason need not be an error';
    const reading = async (): Promise<void> => {
      for await (const _ of store.entries({ signal: abort.signal })) if (++seen === 5) abort.abort(reason);
    };
    expect(await rejection(reading)).toBe(reason);
    expect(seen).toBeLessThan(pairs.length);
  });
}
