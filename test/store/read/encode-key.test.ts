import { describe, expect, it } from 'vitest';
import { createStore, type KeyEncoding, openStore, type StoreReader } from '../../../src/index.ts';

const LONGEST = 65_535;

const reversed = {
  name: 'reversed',
  encode: (key: string) => new TextEncoder().encode([...key].reverse().join('')),
  decode: (bytes: Uint8Array) => [...new TextDecoder().decode(bytes)].reverse().join(''),
};

// For each encoding four keys, the third of them the longest that a store can have where that is possible, and what lies
// just behind that one though no store has it.
const CASES: [name: string, encoding: KeyEncoding, keys: unknown[], beyond: unknown][] = [
  ['utf8', 'utf8', ['a', 'b', 'b'.repeat(LONGEST), 'c'], 'b'.repeat(LONGEST + 1)],
  [
    'utf8, much longer',
    'utf8',
    ['a', 'b', 'b'.repeat(LONGEST), 'c'],
    `${'b'.repeat(LONGEST)}${'z'.repeat(200_000)}`,
  ],
  [
    'utf8, in the middle of a character',
    'utf8',
    ['a', 'b', `b${'é'.repeat(32_767)}`, 'c'],
    `b${'é'.repeat(32_768)}`,
  ],
  [
    'binary',
    'binary',
    [[1], [2], new Array(LONGEST).fill(2), [3]].map((key) => Uint8Array.from(key)),
    new Uint8Array(LONGEST + 6).fill(2),
  ],
  ['tuple', 'tuple', [['a'], ['b', 1], ['b', 'x'], ['c']], ['b', 'x', 'y'.repeat(70_000)]],
  ['bigint', 'bigint', [-1n, 0n, 2n ** 70n, 2n ** (8n * 65_000n)].slice(0, 3), 2n ** (8n * 70_000n)],
  ['a codec', reversed, ['a', 'b', 'xb', 'c'], `${'y'.repeat(70_000)}xb`],
];

describe.each(CASES)('a key that is longer than any, %s,', (_, keyEncoding, keys, beyond) => {
  const uri = `memory:too-long-${Math.random()}`;
  const after = keys.indexOf(keys[2]) + 1;
  const last = keys[after];

  async function opened(): Promise<StoreReader<unknown, number>> {
    const writer = createStore(uri, { keyEncoding, blockBytes: 1024 }) as unknown as {
      put(key: unknown, value: number): void;
      close(): Promise<unknown>;
    };
    keys.forEach((key, i) => {
      writer.put(key, i);
    });
    await writer.close();
    return openStore<unknown, number>(uri, { keyEncoding });
  }

  it('has its known answers', async () => {
    const reader = await opened();
    const entry = (i: number): unknown => (i < keys.length ? [keys[i], i] : undefined);
    expect(await reader.get(beyond)).toBeUndefined();
    expect(reader.hasManySync([beyond, keys[0]])).toEqual([false, true]);
    expect(await reader.rank(beyond)).toBe(after);
    expect(await reader.floor(beyond)).toEqual(entry(after - 1));
    expect(reader.ceilingSync(beyond)).toEqual(last === undefined ? undefined : entry(after));
    for (const [range, from, to] of [
      [{ gt: beyond }, after, keys.length],
      [{ gte: beyond }, after, keys.length],
      [{ lt: beyond }, 0, after],
      [{ lte: beyond }, 0, after],
      [{ gte: keys[1], lt: beyond, reverse: true }, 1, after],
    ] as const) {
      expect(reader.countSync(range)).toBe(to - from);
      const values = [...reader.valuesSync(range)].sort();
      expect(values).toEqual(keys.map((_key, i) => i).slice(from, to));
    }
    if (keyEncoding === 'bigint') return;
    expect(await reader.count({ prefix: beyond })).toBe(0);
    expect([...reader.entriesSync({ prefix: beyond })]).toEqual([]);
    await reader.close();
  });
});

it('a negative bigint that is longer than any key is before all', async () => {
  await createStore('memory:too-negative', { keyEncoding: 'bigint' })
    .put(-(2n ** (8n * 60_000n)), 0)
    .put(-1n, 1)
    .close();
  const reader = await openStore<bigint, number>('memory:too-negative');
  const beyond = -(2n ** (8n * 70_000n));
  expect(reader.rankSync(beyond)).toBe(0);
  expect(reader.floorSync(beyond)).toBeUndefined();
  expect(reader.ceilingSync(beyond)?.[1]).toBe(0);
  expect(reader.countSync({ gt: beyond })).toBe(2);
});
