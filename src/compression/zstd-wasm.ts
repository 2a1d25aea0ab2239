import { CairnError } from '../errors.ts';
import type { Compressor, Decompressor } from './compressor.ts';
import { exactly } from './exactly.ts';
import { checkZstdFrame } from './zstd-frame.ts';

const LEVEL = 3;

/**
 * zstd in WebAssembly, for platforms without a native one; 252 KB of code, 4 ms to compile.
 *
 * @throws {CairnError} `UNSUPPORTED` where the code can't be had.
 */
export async function loadZstdWasm(): Promise<Compressor & Decompressor> {
  try {
    const zstd = await import('@bokuweb/zstd-wasm');
    await zstd.init();
    return {
      name: 'zstd',
      compress: (bytes) => zstd.compress(bytes, LEVEL),
      decompress(bytes, length) {
        // The module allocates whatever the frame claims: ask the frame first.
        checkZstdFrame(bytes, length);
        return exactly(zstd.decompress(bytes), length);
      },
    };
  } catch (error) {
    throw new CairnError(
      'UNSUPPORTED',
      "compression 'zstd' needs the package @bokuweb/zstd-wasm to write, which did not load here: bundle it, or " +
        "write with 'deflate'",
      { cause: error },
    );
  }
}
