import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileWasm } from '../../fixtures/compile-wasm.mjs';
import { findFlippedBit } from '../../src/bytes/flipped-bit.ts';
import { FLIPPED_BIT_WASM } from '../../src/bytes/flipped-bit-wasm.ts';
import { loadChecksum } from '../../src/bytes/xxh64.ts';

const checksum = await loadChecksum();

it('`FLIPPED_BIT_WASM` is what flipped-bit.wat compiles to', async () => {
  expect(Buffer.from(FLIPPED_BIT_WASM, 'base64')).toEqual(Buffer.from(await compileWasm('flipped-bit')));
});

it('`findFlippedBit()` finds every bit of bytes of every length', async () => {
  for (let length = 1; length <= 100; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 131 + length * 7) & 255);
    const wanted = checksum.hash(bytes);
    const step = length < 10 ? 1 : 13;
    for (let bit = length % step; bit < length * 8; bit += step) {
      const copy = bytes.slice();
      copy[bit >> 3] ^= 1 << (bit & 7);
      expect(await findFlippedBit(copy, wanted, checksum), `bit ${bit} of ${length} bytes`).toBe(bit);
    }
  }
});

it('`findFlippedBit()` finds bits of large inputs, and none where there is none', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      fc.nat(),
      fc.nat(),
      async (bytes, one, other) => {
        const wanted = checksum.hash(bytes);
        const [first, second] = [one % (bytes.length * 8), other % (bytes.length * 8)];
        const copy = bytes.slice();
        copy[first >> 3] ^= 1 << (first & 7);
        expect(await findFlippedBit(copy, wanted, checksum)).toBe(first);
        copy[second >> 3] ^= 1 << (second & 7);
        if (second !== first) expect(await findFlippedBit(copy, wanted, checksum)).toBe(undefined);
      },
    ),
    { numRuns: 30 },
  );
  const large = Uint8Array.from({ length: 70_001 }, (_, i) => (i * i) >> 3);
  const wanted = checksum.hash(large);
  large[1003] ^= 0x10;
  expect(await findFlippedBit(large, wanted, checksum)).toBe(1003 * 8 + 4);
});
