import { expect, it } from 'vitest';
import {
  compareKeys,
  createStore,
  listStores,
  mergeStores,
  openStore,
  storeInfo,
  type TupleKey,
} from '../../src/index.ts';
import { failureNow } from '../support/failures.ts';
import type { Place } from '../support/places.ts';
import { collect, SMALL_PARTITIONS } from '../support/stores.ts';

/** Keys that are more than text: their order, ranges and prefixes in a store of several partitions. */
export function keyCases(place: Place): void {
  it('tuples are found by their leading elements, each of them whole', async () => {
    const uri = `${await place.root()}/s`;
    const keys: TupleKey[] = [];
    for (const country of ['DE', 'US', 'US\0', 'USA', 'US\u{10ffff}'])
      for (const city of [null, 'a', 'b', 7, 7n, [country]])
        for (const day of [new Date(0), new Date(86_400_000)]) keys.push([country, city, day]);
    keys.push(['US'], ['U'], ['US', 'a'], [['US']]);
    keys.sort(compareKeys);
    const writer = await createStore(uri, { keyEncoding: 'tuple', ...SMALL_PARTITIONS });
    for (const key of keys) writer.put(key, 'v'.repeat(100));
    expect((await writer.close()).partitions.length).toBeGreaterThan(3);
    await using store = await openStore(uri, { keyEncoding: 'tuple' });
    for (const prefix of [[], ['US'], ['US', 'a'], ['US', 7], ['US', 7n], [['US']], ['X'], keys[20]]) {
      const expected = keys.filter((key) => compareKeys(key.slice(0, prefix.length), prefix) === 0);
      expect(await collect(store.keys({ prefix }))).toEqual(expected);
      expect([...store.keysSync({ prefix, reverse: true })]).toEqual([...expected].reverse());
      expect(await store.count({ prefix })).toBe(expected.length);
    }
    expect(await store.count({ prefix: ['US'] })).toBe(14);
    expect(await store.count({ prefix: ['US'], gte: ['US', 'b'] })).toBe(4);
  });

  it('numbers are in numeric order', async () => {
    const root = await place.root();
    const keys = [-Infinity, -1e300, -10, -9.5, -9, -0, 0, 5e-324, 9, 10, 100, 2 ** 53, 1e21, Infinity];
    const writer = await createStore(`${root}/s`, { keyEncoding: 'number', ...SMALL_PARTITIONS });
    for (const key of keys) writer.put(key, { key });
    expect((await writer.close()).firstKey).toBe(-Infinity);
    await using store = await openStore(`${root}/s`, { keyEncoding: 'number' });
    expect(await collect(store.keys())).toEqual(keys);
    expect(await store.get(-0)).toEqual({ key: -0 });
    expect(await store.get(0)).toEqual({ key: 0 });
    expect(await store.floor(9.9)).toEqual([9, { key: 9 }]);
    expect(store.ceilingSync(11)).toEqual([100, { key: 100 }]);
    expect(await store.rank(10)).toBe(9);
    expect(await collect(store.keys({ gt: -10, lte: 0 }))).toEqual([-9.5, -9, -0, 0]);
    expect(failureNow(() => store.countSync({ prefix: 1 }), 'INVALID_ARGUMENT').argument).toBe('prefix');
    failureNow(() => store.getSync(Number.NaN), 'INVALID_ARGUMENT');
    failureNow(() => store.getSync('9' as unknown as number), 'INVALID_ARGUMENT');
    expect(await storeInfo(`${root}/s`)).toMatchObject({ keyEncoding: 'number', lastKey: Infinity });
  });

  it('numbers out of order are refused, as they are within text', async () => {
    const writer = await createStore(`${await place.root()}/s`, { keyEncoding: 'number' });
    writer.put(9, 1);
    writer.put(10, 1);
    failureNow(() => writer.put(9.5, 1), 'KEY_ORDER');
    failureNow(() => writer.put(10, 1), 'DUPLICATE_KEY');
    await writer.cancel();
  });

  it('bigints are in numeric order, and merge', async () => {
    const root = await place.root();
    const keys = [-(10n ** 300n), -(2n ** 64n), -1n, 0n, 1n, 2n ** 53n + 1n, 2n ** 64n, 10n ** 300n];
    for (const part of [0, 1]) {
      const writer = await createStore(`${root}/${part}`, { keyEncoding: 'bigint' });
      for (const [i, key] of keys.entries()) if (i % 2 === part) writer.put(key, i);
      await writer.close();
    }
    const info = await mergeStores([`${root}/0`, `${root}/1`], `${root}/both`);
    expect(info).toMatchObject({ firstKey: keys[0], lastKey: keys.at(-1), count: keys.length });
    await using store = await openStore(`${root}/both`, { keyEncoding: 'bigint' });
    expect(await collect(store.entries())).toEqual(keys.map((key, i) => [key, i]));
    expect(await store.floor(2n ** 63n)).toEqual([2n ** 53n + 1n, 5]);
    expect(failureNow(() => store.countSync({ prefix: 1n }), 'INVALID_ARGUMENT').argument).toBe('prefix');
    const long = await createStore(`${root}/long`, { keyEncoding: 'bigint' });
    failureNow(() => long.put(2n ** 600_000n, 1), 'TOO_LARGE');
    await long.cancel();
    const listed = await collect(listStores(root));
    expect(listed.map(({ keyEncoding, count }) => [keyEncoding, count]).sort()).toEqual([
      ['bigint', 4],
      ['bigint', 4],
      ['bigint', 8],
    ]);
  });

  it('UUIDs are found whole and by their beginning', async () => {
    const uri = `${await place.root()}/s`;
    const uuid = (time: number, rest: number): string =>
      `${time.toString(16).padStart(8, '0')}-0000-7000-8000-${rest.toString(16).padStart(12, '0')}`;
    const keys = Array.from({ length: 60 }, (_, i) => uuid(0x018f_3a00 + (i >> 2), i & 3));
    const writer = await createStore(uri, {
      keyEncoding: 'uuid',
      valueEncoding: 'utf8',
      ...SMALL_PARTITIONS,
    });
    for (const key of keys) writer.put(key, key.padEnd(100));
    await writer.close();
    await using store = await openStore(uri, { keyEncoding: 'uuid', valueEncoding: 'utf8' });
    expect(await collect(store.keys())).toEqual(keys);
    for (const prefix of ['', '01', '018f3a01', '018f3a01-', '018f3a02-0000-7000', keys[7], 'ff']) {
      const expected = keys.filter((key) => key.startsWith(prefix));
      expect(await collect(store.keys({ prefix }))).toEqual(expected);
    }
    expect(await store.get(uuid(0, 0))).toBeUndefined();
    failureNow(() => store.getSync(keys[10].toUpperCase()), 'INVALID_ARGUMENT');
    failureNow(() => store.countSync({ prefix: '018f3' }), 'INVALID_ARGUMENT');
  });
}
