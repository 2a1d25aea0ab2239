import { describe, expect, it } from 'vitest';
import {
  decodeShuffledPart,
  encodeShuffleKey,
  endOfShuffledPart,
  MAX_SORTED_KEY_BYTES,
} from '../../src/batch/shuffle-key.ts';
import { compareBytes } from '../../src/bytes/compare.ts';

function encoded(key: readonly number[], number: number): Uint8Array {
  const target = new Uint8Array(100);
  return target.slice(0, encodeShuffleKey(Uint8Array.from(key), key.length, number, target));
}

describe('keys of runs', () => {
  const keys = [
    [0],
    [0, 0],
    [0, 0, 0],
    [0, 1],
    [0, 255],
    [1],
    [1, 0],
    [1, 0, 0],
    [1, 0, 1],
    [1, 1],
    [255],
    [255, 255],
  ];

  it('have the order of the keys, then of the numbers', () => {
    const all = keys.flatMap((key) => [0, 1, 255, 256, 2 ** 40].map((number) => encoded(key, number)));
    for (let i = 1; i < all.length; i++) expect(compareBytes(all[i - 1], all[i])).toBeLessThan(0);
  });

  it.each(keys.map((key) => [key]))('are decoded to %j', (key) => {
    const run = encoded(key, 7);
    const decode = (bytes: Uint8Array, start: number, end: number): number[] => [
      ...bytes.subarray(start, end),
    ];
    expect(decodeShuffledPart(run, 0, endOfShuffledPart(run.length), decode)).toEqual(key);
  });

  it('are refused if they are too long', () => {
    const target = new Uint8Array(1 << 16);
    expect(encodeShuffleKey(new Uint8Array(65_000), 65_000, 0, target)).toBe(0);
    const longest = new Uint8Array(MAX_SORTED_KEY_BYTES).fill(1);
    expect(encodeShuffleKey(longest, longest.length, 0, target)).toBe(65_535);
    longest[9] = 0;
    expect(encodeShuffleKey(longest, longest.length, 0, target)).toBe(0);
  });
});
