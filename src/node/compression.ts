import * as zlib from 'node:zlib';
import { type Compressor, registerCompressor } from '../compression/compressor.ts';
import { loadZstdWasm } from '../compression/zstd-wasm.ts';

const DEFLATE_LEVEL = 6;
const ZSTD_LEVEL = 3;

const deflate: Compressor = {
  name: 'deflate',
  compress: (bytes) => zlib.deflateRawSync(bytes, { level: DEFLATE_LEVEL }),
  decompress: (bytes, length) => exactly(zlib.inflateRawSync(bytes, { maxOutputLength: length }), length),
};

// Node has zstd from 22.15 on.
type Zstd = {
  zstdCompressSync(bytes: Uint8Array, options: { params: Record<number, number> }): Uint8Array;
  zstdDecompressSync(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array;
};

/** Registers deflate, and zstd: the native one where this Node has it, else WebAssembly. */
export function registerNodeCompressors(): void {
  registerCompressor('deflate', async () => deflate);
  const native = zlib as unknown as Partial<Zstd>;
  registerCompressor('zstd', async () => {
    const { zstdCompressSync, zstdDecompressSync } = native;
    if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return loadZstdWasm(ZSTD_LEVEL);
    const params = { [zlib.constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL };
    return {
      name: 'zstd',
      compress: (bytes) => zstdCompressSync(bytes, { params }),
      decompress: (bytes, length) => exactly(zstdDecompressSync(bytes, { maxOutputLength: length }), length),
    };
  });
}

function exactly(data: Uint8Array, length: number): Uint8Array {
  if (data.length !== length) throw new RangeError(`the block gave ${data.length} bytes, not ${length}`);
  return data;
}
