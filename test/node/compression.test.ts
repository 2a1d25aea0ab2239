import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rejection } from '../support/failures.ts';

/** A frame that holds `hello` as it is. */
const FRAME = new Uint8Array([
  0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x05, 0x29, 0x00, 0x00, 0x68, 0x65, 0x6c, 0x6c, 0x6f,
]);

describe('zstd in a Node without it, and without the package that writes it', () => {
  beforeEach(() => {
    vi.resetModules();
    vi.doMock('node:zlib', async (original) => ({
      ...(await original<object>()),
      zstdCompressSync: undefined,
      zstdDecompressSync: undefined,
    }));
    vi.doMock('@bokuweb/zstd-wasm', () => {
      throw new Error('not installed');
    });
  });
  afterEach(() => {
    vi.doUnmock('node:zlib');
    vi.doUnmock('@bokuweb/zstd-wasm');
    vi.resetModules();
  });

  it('is read; writing is UNSUPPORTED and names the package', async () => {
    const { registerNodeCompressions } = await import('../../src/node/compression.ts');
    const { loadDecompressor } = await import('../../src/compression/compressions.ts');
    const { loadCompressor } = await import('../../src/compression/compressors.ts');
    registerNodeCompressions();
    const decompressor = await loadDecompressor('zstd');
    expect(new TextDecoder().decode(decompressor?.decompress(FRAME, 5))).toBe('hello');
    expect(await rejection(loadCompressor('zstd'))).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('npm install @bokuweb/zstd-wasm'),
    });
  });
});
