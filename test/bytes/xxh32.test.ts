import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import xxhash, { type XXHashAPI } from 'xxhash-wasm';
import { EntryDigest } from '../../src/bytes/entry-digest.ts';
import { KeyBuffer, MAX_KEY_BYTES } from '../../src/bytes/key-buffer.ts';
import { varintLength, writeVarint } from '../../src/bytes/varint.ts';
import { loadChecksum } from '../../src/bytes/xxh64.ts';

let reference: XXHashAPI;
beforeAll(async () => {
  reference = await xxhash();
});

/** Bytes that look random and are the same each time. */
function noise(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

function hashOf(key: Uint8Array): number {
  const buffer = new KeyBuffer();
  // What lies behind the key must not count.
  buffer.bytes.fill(0xa5);
  buffer.set(key);
  return buffer.hash() >>> 0;
}

describe('`KeyBuffer.hash()`', () => {
  it('is XXH32 for every length up to 100, and for the longest keys', () => {
    for (let length = 0; length <= 100; length++) {
      for (let seed = 0; seed < 5; seed++) {
        const key = noise(length, seed);
        expect(hashOf(key), `length ${length}, seed ${seed}`).toBe(reference.h32Raw(key, 0) >>> 0);
      }
    }
    for (const length of [1000, 4095, 4096, 65_519, 65_520, MAX_KEY_BYTES]) {
      const key = noise(length, length);
      expect(hashOf(key)).toBe(reference.h32Raw(key, 0) >>> 0);
    }
  });

  it('is XXH32 for random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (key) => {
        expect(hashOf(key)).toBe(reference.h32Raw(key, 0) >>> 0);
      }),
    );
  });

  it('is XXH32 of a key after a longer one in the same buffer', () => {
    const buffer = new KeyBuffer();
    buffer.set(noise(300, 1));
    for (let length = 64; length >= 0; length--) {
      const key = noise(length, 2);
      buffer.set(key);
      expect(buffer.hash() >>> 0).toBe(reference.h32Raw(key, 0) >>> 0);
      expect(buffer.copy()).toEqual(key);
    }
  });
});

describe('checksums', () => {
  it('`Checksum.hash()` is XXH64, also of more than it takes in one piece', async () => {
    const checksum = await loadChecksum();
    for (const length of [0, 1, 31, 32, 33, 1000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (1 << 21) + 5]) {
      const data = noise(length, length);
      expect(checksum.hash(data)).toBe(reference.h64Raw(data, 0n));
    }
  });

  it('`EntryDigest` hashes what `Checksum` and `KeyBuffer` hash', async () => {
    const digest = await EntryDigest.create(1 << 16, 4096);
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 150 }), fc.uint8Array({ maxLength: 150 })),
          {
            minLength: 1,
            maxLength: 60,
          },
        ),
        (entries) => {
          let end = 0;
          let sum = 0n;
          for (const [key, value] of entries) {
            const start = end;
            end = writeVarint(digest.bytes, end, key.length);
            end = writeVarint(digest.bytes, end, value.length);
            digest.bytes.set(key, end);
            digest.bytes.set(value, end + key.length);
            end += key.length + value.length;
            expect(end - start).toBe(
              varintLength(key.length) + varintLength(value.length) + key.length + value.length,
            );
            sum += reference.h64Raw(digest.bytes.slice(start, end), 0n);
          }
          expect(digest.digest(end)).toBe(BigInt.asUintN(64, sum));
          expect(digest.checksum(end)).toBe(reference.h64Raw(digest.bytes.slice(0, end), 0n));
          expect(entries.map((_, i) => digest.hashes[i] >>> 0)).toEqual(
            entries.map(([key]) => reference.h32Raw(key, 0) >>> 0),
          );
        },
      ),
    );
  });
});
