import { CairnError } from '../errors.ts';
import type { Compressor, Decompressor } from './compressor.ts';
import { expectLength } from './expect-length.ts';
import { checkZstdFrame } from './zstd-frame.ts';

const LEVEL = 3;

let loading: Promise<Compressor & Decompressor> | undefined;

/**
 * zstd in WebAssembly, for platforms without a native one; 252 KB of code, 4 ms to compile.
 *
 * @throws {CairnError} (as a rejection) `UNSUPPORTED` where the code can't be had.
 */
export function loadZstdWasm(): Promise<Compressor & Decompressor> {
  // Once, whatever comes of it: the package does not bear a second start.
  loading ??= load();
  return loading;
}

async function load(): Promise<Compressor & Decompressor> {
  try {
    const zstd = await import('@bokuweb/zstd-wasm');
    await unlessRejectedUnseen(zstd.init());
    return {
      name: 'zstd',
      compress: (bytes) => zstd.compress(bytes, LEVEL),
      decompress(bytes, length) {
        // The module allocates whatever the frame claims: ask the frame first.
        checkZstdFrame(bytes, length);
        return expectLength(zstd.decompress(bytes), length);
      },
    };
  } catch (error) {
    throw new CairnError(
      'UNSUPPORTED',
      "compression 'zstd' can't be written here: @bokuweb/zstd-wasm did not load. Install it (npm install " +
        "@bokuweb/zstd-wasm), see that the page serves its WebAssembly, or write with 'deflate'",
      { cause: error },
    );
  }
}

/**
 * On a page, the package (0.0.27) waits for ever for code that could not be fetched, and leaves the rejection to whoever
 * listens: that is us, for as long as we wait.
 */
async function unlessRejectedUnseen(loading: Promise<void>): Promise<void> {
  if (typeof globalThis.addEventListener !== 'function') return loading;
  const listening = new AbortController();
  const unseen = new Promise<never>((_, reject) => {
    const { signal } = listening;
    globalThis.addEventListener(
      'unhandledrejection',
      (event) => {
        // Of a failed fetch it does not say whose it was; what is not ours goes on to the page's own listeners.
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
