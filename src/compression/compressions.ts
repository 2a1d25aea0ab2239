import { notLoaded } from '../errors.ts';
import type { CompressorName, Decompressor } from './compressor.ts';
import { Implementations } from './implementations.ts';

/** Decompressors that run everywhere; a platform may register faster ones. */
const decompressors = new Implementations<Decompressor>({
  deflate: async () => (await import('./fflate.ts').catch(notLoaded)).deflate,
  zstd: async () => (await import('./fzstd.ts').catch(notLoaded)).zstdDecompressor,
});

/** Replaces the portable decompressor of a compression on this platform. */
export function registerDecompressor(name: CompressorName, load: () => Promise<Decompressor>): void {
  decompressors.register(name, load);
}

/**
 * Returns the decompressor for the named compression, or undefined for `none`.
 *
 * @throws {CairnError} (as a rejection) `UNSUPPORTED` if the platform has none of that name.
 */
export function loadDecompressor(name: string): Promise<Decompressor | undefined> {
  return decompressors.load(name);
}

/**
 * Loads the decompressors that partitions with these compressions need.
 *
 * @throws {CairnError} `UNSUPPORTED`.
 */
export async function loadDecompressors(names: Iterable<string>): Promise<ReadonlyMap<string, Decompressor>> {
  const loaded = new Map<string, Decompressor>();
  for (const name of new Set(names)) {
    const decompressor = await loadDecompressor(name);
    if (decompressor !== undefined) loaded.set(name, decompressor);
  }
  return loaded;
}
