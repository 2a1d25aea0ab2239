import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/hex.ts';
import { keyCodecFor } from '../../src/codec/keys/key-codecs.ts';
import { type OpenStoreOptions, openStore, type StoreReader } from '../../src/node/index.ts';
import { collect } from '../support/stores.ts';
import { temporalFacts } from '../support/temporal-values.ts';
import { type EncodedEntry, encodeEntries, GOLDEN_CASES, type GoldenCase } from './golden-cases.ts';
import { digestEntries, goldenStore, readExpected } from './golden-files.ts';

const WAYS: [string, OpenStoreOptions][] = [
  ['resident', {}],
  ['without a cache', { cacheBytes: 0 }],
  ['with a small cache', { cacheBytes: 3000 }],
  ['resident, lending views', { views: true }],
  ["without a cache, verify 'always'", { cacheBytes: 0, verify: 'always' }],
  ["verify 'always'", { verify: 'always' }],
];

type Reader = StoreReader<unknown, unknown>;

describe.each(GOLDEN_CASES)('the golden store $name', (golden) => {
  const { entries } = golden;
  const absent = absentKeys(golden);

  it('holds what expected.json says', () => {
    const expected = readExpected(golden.name);
    const encoded = encodeEntries(golden);
    expect(digestEntries(encoded)).toBe(expected.sha256);
    if (expected.entries !== undefined) expect(hexPairs(encoded)).toEqual(expected.entries);
  });

  it('describes itself as expected', async () => {
    await using reader = await open(golden, {});
    const { id, count, keyEncoding, valueEncoding, compression, metadata, partitions } = readExpected(
      golden.name,
    );
    expect(reader.info).toMatchObject({ id, count, keyEncoding, valueEncoding, compression, metadata });
    expect(reader.info.partitions).toHaveLength(partitions);
    expect(reader.info.firstKey).toEqual(entries[0]?.[0]);
    expect(reader.info.lastKey).toEqual(entries.at(-1)?.[0]);
  });

  it('verifies', async () => {
    await using reader = await open(golden, {});
    const report = await reader.verify();
    expect(report.problems).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.checked).toMatchObject({ entries: entries.length, bytes: reader.info.bytes });
  });

  describe.each(WAYS)('read %s', (_, options) => {
    it('gives all entries, forwards and backwards', async () => {
      await using reader = await open(golden, options);
      expectSame(await collect(reader.entries()), entries);
      expectSame([...reader.entriesSync({ reverse: true })], [...entries].reverse());
      expectSame(
        [...reader.keysSync()],
        entries.map(([key]) => key),
      );
      expect(await reader.count()).toBe(entries.length);
    });

    it('gives each value by its key, in any order, again and again', async () => {
      await using reader = await open(golden, options);
      // Twice: the hash index is read after a few look-ups only.
      for (const round of [entries, [...entries].reverse()]) {
        const keys = round.map(([key]) => key);
        const values = round.map(([, value]) => value);
        expectSame(
          keys.map((key) => reader.getSync(key)),
          values,
        );
        expectSame(await Promise.all(keys.map((key) => reader.get(key))), values);
        expectSame(await reader.getMany(keys), values);
        expect(keys.every((key) => reader.hasSync(key))).toBe(true);
      }
    });

    it('does not give what is not there', async () => {
      await using reader = await open(golden, options);
      for (const round of [absent, absent]) {
        expect(round.filter((key) => reader.getSync(key) !== undefined)).toEqual([]);
        expect((await reader.getMany(round)).filter((value) => value !== undefined)).toEqual([]);
      }
    });

    it('counts, and finds entries by their number', async () => {
      await using reader = await open(golden, options);
      const numbers = entries.map((_, i) => i);
      expectSame(
        entries.map(([key]) => reader.rankSync(key)),
        numbers,
      );
      expectSame(
        entries.map(([key]) => reader.countSync({ lt: key })),
        numbers,
      );
      expectSame(
        entries.map(([key]) => entries.length - reader.countSync({ gte: key })),
        numbers,
      );
      expectSame(
        numbers.map((i) => reader.atSync(i)),
        entries,
      );
      expectSame(await Promise.all(entries.map(([key]) => reader.floor(key))), entries);
      expectSame(await Promise.all(entries.map(([key]) => reader.ceiling(key))), entries);
      expect(await reader.at(entries.length)).toBeUndefined();
    });
  });
});

describe('a partition of a golden store', () => {
  it.each(['one-entry', 'keys-tuple', 'compression-zstd'])('of %s opens by itself', async (name) => {
    const golden = GOLDEN_CASES.find((one) => one.name === name) as GoldenCase;
    await using store = await open(golden, {});
    const { name: partition } = store.info.partitions[0];
    await using reader = await openStore<unknown, unknown>(`${goldenStore(name)}/data/${partition}`);
    expect(await collect(reader.entries())).toEqual(golden.entries);
    expect(reader.info.id).toBe(store.info.id);
    expect((await reader.verify()).problems).toEqual([]);
  });
});

/** `toEqual()`, whose look at hundreds of byte arrays takes long, only when there is a difference to show. */
function expectSame(actual: unknown, expected: unknown): void {
  const [a, b] = [temporalFacts(actual), temporalFacts(expected)];
  if (!isDeepStrictEqual(a, b)) expect(a).toEqual(b);
}

function open({ name }: GoldenCase, options: OpenStoreOptions): Promise<Reader> {
  return openStore<unknown, unknown>(goldenStore(name), options);
}

function hexPairs(entries: readonly EncodedEntry[]): [string, string][] {
  return entries.map(({ key, value }) => [toHex(key), toHex(value)]);
}

/** Keys just behind and just before those of a store, and at its ends, as far as it doesn't have them. */
function absentKeys(golden: GoldenCase): unknown[] {
  const { keyEncoding } = golden.options;
  const neighbours = golden.entries.flatMap(([key]): unknown[] => {
    if (keyEncoding === 'uuid') {
      const text = key as string;
      return [`${text.slice(0, 35)}7`, `7${text.slice(1)}`, text.replace(/^.{8}/, '77777777')];
    }
    if (typeof key === 'string') return [`${key}\0`, `${key}~`, [...key].slice(0, -1).join('')];
    if (typeof key === 'number')
      return [key + 0.25, key - 1e-9, key * 2].filter((near) => !Number.isNaN(near));
    if (typeof key === 'bigint') return [key + 2n, key - 3n, key * 5n];
    if (key instanceof Uint8Array) return [Uint8Array.of(...key, 0), key.subarray(0, -1)];
    const tuple = key as unknown[];
    return [[...tuple, null], [...tuple, new Date(5)], tuple.slice(0, -1)];
  });
  const codec = keyCodecFor(keyEncoding);
  const target = new Uint8Array(70_000);
  const hexOf = (key: unknown): string => toHex(target.subarray(0, codec.encodeInto(key as never, target)));
  const present = new Set(encodeEntries(golden).map(({ key }) => toHex(key)));
  return neighbours.filter((key) => !present.has(hexOf(key)));
}
