import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findInvalidUtf8 } from '../../src/text/invalid-utf8.ts';

const strict = new TextDecoder('utf-8', { fatal: true });

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

describe('findInvalidUtf8()', () => {
  it.each([
    ['a byte that begins nothing', [0x61, 0x80], 1],
    ['an overlong form', [0xc0, 0x80], 0],
    ['an overlong form of three bytes', [0xe0, 0x9f, 0xbf], 0],
    ['a surrogate', [0x61, 0xed, 0xa0, 0x80], 1],
    ['more than U+10FFFF', [0xf4, 0x90, 0x80, 0x80], 0],
    ['a sequence that is cut', [0x61, 0x62, 0xe2, 0x82], 2],
    ['a sequence that is broken off', [0xf0, 0x9f, 0x98, 0x61], 0],
    ['nothing', [0xf0, 0x9f, 0x98, 0x80, 0xed, 0x9f, 0xbf, 0xef, 0xbf, 0xbf], -1],
  ])('finds %s', (_, bytes, expected) => {
    expect(findInvalidUtf8(Uint8Array.from(bytes), 0, bytes.length)).toBe(expected);
  });

  it('looks at nothing outside of start and end', () => {
    const bytes = Uint8Array.of(0xff, 0x61, 0xc3, 0xa9, 0xff);
    expect(findInvalidUtf8(bytes, 1, 4)).toBe(-1);
    expect(findInvalidUtf8(bytes, 1, 3)).toBe(2);
  });

  it('agrees with TextDecoder, and everything before the place is UTF-8', () => {
    const byte = fc.oneof(
      fc.constantFrom(0x61, 0x80, 0xbf, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xa0, 0x90),
      fc.nat(255),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 12 }), (list) => {
        const bytes = Uint8Array.from(list);
        const found = findInvalidUtf8(bytes, 0, bytes.length);
        expect(found < 0).toBe(isUtf8(bytes));
        if (found >= 0) expect(isUtf8(bytes.subarray(0, found))).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});
