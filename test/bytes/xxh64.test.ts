import { expect, it } from 'vitest';
import xxhash from 'xxhash-wasm';
import { compileWasm } from '../../fixtures/compile-wasm.mjs';
import { loadChecksum } from '../../src/bytes/xxh64.ts';
import { XXH64_WASM } from '../../src/bytes/xxh64-wasm.ts';

const MIB = 1 << 20;

it('`XXH64_WASM` is what xxh64.wat compiles to', async () => {
  expect(Buffer.from(XXH64_WASM, 'base64')).toEqual(Buffer.from(await compileWasm('xxh64')));
});

it('`hash()` is XXH64 of any length, also of what goes in pieces', async () => {
  const { h64Raw } = await xxhash();
  const checksum = await loadChecksum();
  const bytes = Uint8Array.from({ length: 3 * MIB + 100 }, (_, i) => (i * 131) ^ (i >> 9));
  const around = [MIB, 2 * MIB, 3 * MIB].flatMap((at) => [-1, 0, 1, 31, 32, 33, 77].map((more) => at + more));
  for (const length of [...Array(300).keys(), ...around]) {
    // Somewhere within other memory, as blocks are.
    const part = bytes.subarray(3, 3 + length);
    expect(checksum.hash(part), `of ${length} bytes`).toBe(h64Raw(part, 0n));
  }
});
