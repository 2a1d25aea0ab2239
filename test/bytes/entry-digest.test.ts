import fc from 'fast-check';
import { expect, it } from 'vitest';
import xxhash from 'xxhash-wasm';
import { compileWasm } from '../../fixtures/compile-wasm.mjs';
import { EntryDigest } from '../../src/bytes/entry-digest.ts';
import { ENTRY_DIGEST_WASM } from '../../src/bytes/entry-digest-wasm.ts';
import { varintBytes } from '../support/varint-bytes.ts';

it('`ENTRY_DIGEST_WASM` is what entry-digest.wat compiles to', async () => {
  expect(Buffer.from(ENTRY_DIGEST_WASM, 'base64')).toEqual(Buffer.from(await compileWasm('entry-digest')));
});

it('`EntryDigest.checksum()` is XXH64 for every length', async () => {
  const { h64Raw } = await xxhash();
  const digest = await EntryDigest.create(4096, 16);
  for (let length = 0; length < 300; length++) {
    for (let i = 0; i < length; i++) digest.bytes[i] = (i * 131 + length * 7) & 255;
    expect(digest.checksum(length), `of ${length} bytes`).toBe(h64Raw(digest.bytes.subarray(0, length), 0n));
  }
});

it('`EntryDigest.digest()` hashes each key by XXH32 and sums the XXH64 of the entries', async () => {
  const { h32Raw, h64Raw } = await xxhash();
  const digest = await EntryDigest.create(70_000, 64);
  const part = (most: number) => fc.uint8Array({ minLength: 1, maxLength: most });
  const entry = fc.tuple(
    fc.oneof(part(40), part(400)),
    fc.oneof(part(40), part(900), fc.constant(new Uint8Array(0))),
  );
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 40 }), (entries) => {
      let end = 0;
      let sum = 0n;
      for (const [key, value] of entries) {
        const start = end;
        for (const piece of [varintBytes(key.length), varintBytes(value.length), key, value]) {
          digest.bytes.set(piece, end);
          end += piece.length;
        }
        sum += h64Raw(digest.bytes.subarray(start, end), 0n);
      }
      expect(digest.digest(end)).toBe(BigInt.asUintN(64, sum));
      const hashes = entries.map(([key]) => h32Raw(key, 0) | 0);
      expect([...digest.hashes.subarray(0, entries.length)]).toEqual(hashes);
    }),
  );
});
