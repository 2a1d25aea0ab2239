import { registerDecompressor } from '../compression/compressions.ts';
import type { Compressor, Decompressor } from '../compression/compressor.ts';
import { registerCompressor } from '../compression/compressors.ts';
import { expectLength } from '../compression/expect-length.ts';
import { notLoaded } from '../errors.ts';

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
  registerCompressor('deflate', loadDeflate);
  registerDecompressor('deflate', loadDeflate);
  registerCompressor('zstd', async () => (await loadNativeZstd()) ?? loadWasmZstd());
  registerDecompressor('zstd', async () => (await loadNativeZstd()) ?? loadPortableZstd());
}

async function loadWasmZstd(): Promise<Compressor & Decompressor> {
  const { loadZstdWasm } = await import('../compression/zstd-wasm.ts').catch(notLoaded);
  return loadZstdWasm(
    'A bundle must leave the package out (external), because it reads a file of its own; Node 22.15 and later need no package',
  );
}

/** Returns WebAssembly, or JavaScript if that cannot be loaded, for example in a bundle. */
async function loadPortableZstd(): Promise<Decompressor> {
  try {
    return await loadWasmZstd();
  } catch {
    return (await import('../compression/fzstd.ts').catch(notLoaded)).zstdDecompressor;
  }
}

async function loadNativeZstd(): Promise<(Compressor & Decompressor) | undefined> {
  const zlib = await loadZlib();
  const { zstdCompressSync, zstdDecompressSync } = zlib as unknown as Partial<Zstd>;
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return undefined;
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL };
  return {
    name: 'zstd',
    compress: (bytes) => zstdCompressSync(bytes, { params }),
    decompress: (bytes, length) =>
      expectLength(zstdDecompressSync(bytes, { maxOutputLength: length }), length),
  };
}
