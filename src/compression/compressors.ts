import { notLoaded } from '../errors.ts';
import type { Compressor, CompressorName } from './compressor.ts';
import { Implementations } from './implementations.ts';

/** Compressors that run everywhere; a platform may register faster ones. */
const compressors = new Implementations<Compressor>({
  deflate: async () => (await import('./fflate.ts').catch(notLoaded)).deflate,
  zstd: async () =>
    (await import('./zstd-wasm.ts').catch(notLoaded)).loadZstdWasm(
      'A page must serve its WebAssembly; workerd runs none',
    ),
});

/** Replaces the portable compressor of a compression on this platform. */
export function registerCompressor(name: CompressorName, load: () => Promise<Compressor>): void {
  compressors.register(name, load);
}

/**
 * Returns the named compressor, or undefined for `none`.
 *
 * @throws {CairnError} (as a rejection) `UNSUPPORTED` if the platform has none of that name.
 */
export function loadCompressor(name: string): Promise<Compressor | undefined> {
  return compressors.load(name);
}
