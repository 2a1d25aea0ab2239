import { CairnError } from '../errors.ts';
import type { Compressor, Decompressor } from './compressor.ts';
import { expectLength } from './expect-length.ts';
import { checkZstdFrame } from './zstd-frame.ts';

const LEVEL = 3;

let loading: Promise<Compressor & Decompressor> | undefined;

/**
 * zstd in WebAssembly, for platforms without a native one; 252 KB of code, 4 ms to compile.
 *
 * @param advice is what the platform needs so that the code can be loaded: a sentence for the error.
 * @throws {CairnError} (as a rejection) `UNSUPPORTED` if the code cannot be loaded.
 */
export function loadZstdWasm(advice: string): Promise<Compressor & Decompressor> {
  // Loaded once, even after a failure: the package cannot be initialized twice.
  loading ??= load(advice);
  return loading;
}

async function load(advice: string): Promise<Compressor & Decompressor> {
  try {
    const zstd = await import('@bokuweb/zstd-wasm');
    await unlessRejectedUnseen(zstd.init());
    return {
      name: 'zstd',
      compress: (bytes) => zstd.compress(bytes, LEVEL),
      decompress(bytes, length) {
        // The module allocates whatever the frame claims, so the claim is checked first.
        checkZstdFrame(bytes, length);
        return expectLength(zstd.decompress(bytes), length);
      },
    };
  } catch (error) {
    throw new CairnError(
      'UNSUPPORTED',
      "compression 'zstd' can't be written here: @bokuweb/zstd-wasm did not load. Install it (npm install " +
        `@bokuweb/zstd-wasm), or write with 'deflate'. ${advice}`,
      { cause: error },
    );
  }
}

/**
 * Rejects if the package could not fetch its code. On a page, the package (0.0.27) itself then waits without
 * end and leaves the rejection unhandled, so this listens for unhandled rejections while it waits.
 */
async function unlessRejectedUnseen(loading: Promise<void>): Promise<void> {
  if (typeof globalThis.addEventListener !== 'function') return loading;
  const listening = new AbortController();
  const unseen = new Promise<never>((_, reject) => {
    const { signal } = listening;
    globalThis.addEventListener(
      'unhandledrejection',
      (event) => {
        // A failed fetch does not say what was fetched. Other rejections are left to the page's own
        // listeners.
        if (String(event.reason).includes('wasm')) event.preventDefault();
        else if (!(event.reason instanceof TypeError)) return;
        reject(event.reason);
      },
      { signal },
    );
  });
  try {
    await Promise.race([loading, unseen]);
  } finally {
    listening.abort();
  }
}
