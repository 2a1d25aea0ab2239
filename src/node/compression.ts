import { registerDecompressor } from '../compression/compressions.ts';
import type { Compressor, CompressorName, Decompressor } from '../compression/compressor.ts';
import { registerCompressor } from '../compression/compressors.ts';
import { expectLength } from '../compression/expect-length.ts';

const DEFLATE_LEVEL = 6;
const ZSTD_LEVEL = 3;

// Imported when a store needs it: most are not compressed, and it takes as long as opening one.
const loadZlib = (): Promise<typeof import('node:zlib')> => import('node:zlib');

async function loadDeflate(): Promise<Compressor & Decompressor> {
  const zlib = await loadZlib();
  return {
    name: 'deflate',
    compress: (bytes) => zlib.deflateRawSync(bytes, { level: DEFLATE_LEVEL }),
    decompress: (bytes, length) =>
      expectLength(zlib.inflateRawSync(bytes, { maxOutputLength: length }), length),
  };
}

// Node has zstd from 22.15 on.
type Zstd = {
  zstdCompressSync(bytes: Uint8Array, options: { params: Record<number, number> }): Uint8Array;
  zstdDecompressSync(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array;
};

/** Registers deflate, and zstd: the native one where this Node has it, else WebAssembly. */
export function registerNodeCompressions(): void {
  register('deflate', loadDeflate);
  register('zstd', loadZstd);
}

function register(name: CompressorName, load: () => Promise<Compressor & Decompressor>): void {
  registerCompressor(name, load);
  registerDecompressor(name, load);
}

async function loadZstd(): Promise<Compressor & Decompressor> {
  const zlib = await loadZlib();
  const { zstdCompressSync, zstdDecompressSync } = zlib as unknown as Partial<Zstd>;
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined)
    return (await import('../compression/zstd-wasm.ts')).loadZstdWasm();
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL };
  return {
    name: 'zstd',
    compress: (bytes) => zstdCompressSync(bytes, { params }),
    decompress: (bytes, length) =>
      expectLength(zstdDecompressSync(bytes, { maxOutputLength: length }), length),
  };
}
