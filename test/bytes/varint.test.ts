import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { varintLength, writeVarint } from '../../src/bytes/varint.ts';

/** LEB128 as its definition says, with numbers that need no care. */
function leb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return bytes;
}

const EDGES = [
  0,
  1,
  127,
  128,
  16_383,
  16_384,
  2 ** 21 - 1,
  2 ** 21,
  2 ** 28 - 1,
  2 ** 28,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];
const value = fc.oneof(fc.constantFrom(...EDGES), fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(300));

describe('varints', () => {
  it('`writeVarint()` writes LEB128 of the length that `varintLength()` says', () => {
    fc.assert(
      fc.property(value, fc.nat(5), (number, offset) => {
        const target = new Uint8Array(16).fill(0xaa);
        const wanted = leb128(number);
        expect(writeVarint(target, offset, number)).toBe(offset + wanted.length);
        expect([...target.subarray(offset, offset + wanted.length)]).toEqual(wanted);
        expect(varintLength(number)).toBe(wanted.length);
        expect(target[offset + wanted.length]).toBe(0xaa);
      }),
    );
  });

  it('`writeVarint()` takes values up to 2^35, which a length and a flag can make', () => {
    for (const number of [2 ** 32, 2 ** 33 + 5, 2 ** 35 - 1]) {
      const target = new Uint8Array(8);
      expect([...target.subarray(0, writeVarint(target, 0, number))]).toEqual(leb128(number));
      expect(varintLength(number)).toBe(leb128(number).length);
    }
  });
});
