import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../src/bytes/compare.ts';
import { KeyBuffer, MAX_KEY_BYTES } from '../../src/bytes/key-buffer.ts';
import { decodeText, StoredKeys } from '../../src/level/stored-keys.ts';

const keys = new StoredKeys(true);
const unchanged = new StoredKeys(false);

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** Keys with many zero bytes. */
const anyKey = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 255 })), {
    maxLength: 6,
  })
  .map((values) => Uint8Array.from(values));

function encoded(key: Uint8Array | string, by: StoredKeys = keys): Uint8Array | undefined {
  const buffer = new KeyBuffer();
  buffer.bytes.fill(7);
  return by.encodeInto(key, buffer) ? buffer.copy() : undefined;
}

describe('the stored keys of a level', () => {
  it('have a zero byte more if they are nothing but zero bytes', () => {
    expect(keys.encode('')).toEqual(bytes(0));
    expect(keys.encode('\0\0')).toEqual(bytes(0, 0, 0));
    expect(keys.encode(bytes(0, 1))).toEqual(bytes(0, 1));
    expect(keys.decode(bytes(0))).toEqual(bytes());
    expect(keys.decode('\0\0')).toBe('\0');
    expect(keys.decode('a')).toBe('a');
    expect(unchanged.encode(bytes(0))).toEqual(bytes(0));
    expect(unchanged.decode('\0')).toBe('\0');
  });

  it('are never empty, are read back as the keys, and keep their order', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        const [storedA, storedB] = [keys.encode(a), keys.encode(b)];
        expect(storedA.length).toBeGreaterThan(0);
        expect(Uint8Array.from(keys.decode(storedA))).toEqual(a);
        expect(Math.sign(compareBytes(storedA, storedB))).toBe(Math.sign(compareBytes(a, b)));
        expect(encoded(a)).toEqual(storedA);
        if (a.length > 0) expect(keys.encode(keys.decode(a))).toEqual(a);
      }),
    );
  });

  it('of text are UTF-8, with U+FFFD for an unpaired surrogate', () => {
    for (const text of ['a', 'ä', '😀', 'x\ud800y', 'k'.repeat(300)]) {
      expect(encoded(text)).toEqual(new TextEncoder().encode(text));
      expect(keys.encode(text)).toEqual(new TextEncoder().encode(text));
    }
  });

  it('of more than the greatest length are not there', () => {
    expect(encoded('k'.repeat(MAX_KEY_BYTES))).toHaveLength(MAX_KEY_BYTES);
    expect(encoded('k'.repeat(MAX_KEY_BYTES + 1))).toBeUndefined();
    expect(encoded('\ud800'.repeat(MAX_KEY_BYTES))).toBeUndefined();
    expect(encoded('\0'.repeat(MAX_KEY_BYTES))).toBeUndefined();
    expect(encoded(new Uint8Array(MAX_KEY_BYTES * 2))).toBeUndefined();
    expect(encoded('', unchanged)).toBeUndefined();
  });

  it('that are not UTF-8 are decoded with U+FFFD', () => {
    expect(decodeText(bytes(0x61, 0xff, 0x62), 0, 3)).toBe('a\ufffdb');
    expect(decodeText(new TextEncoder().encode('\ufeffa'), 0, 4)).toBe('\ufeffa');
  });
});
