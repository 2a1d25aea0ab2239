import { CairnError, notLoaded } from '../errors.ts';
import type { Compressor, CompressorName, Decompressor } from './compressor.ts';

/**
 * Loads the decompressors that partitions with these compressions need.
 *
 * @throws {CairnError} `UNSUPPORTED`.
 */
export async function loadDecompressors(names: Iterable<string>): Promise<ReadonlyMap<string, Decompressor>> {
  const decompressors = new Map<string, Decompressor>();
  for (const name of new Set(names)) {
    const decompressor = await loadDecompressor(name);
    if (decompressor !== undefined) decompressors.set(name, decompressor);
  }
  return decompressors;
}

/** How a platform loads a compression; each half is loaded when a store first needs it. */
export interface CompressionLoaders {
  compressor(): Promise<Compressor>;
  decompressor(): Promise<Decompressor>;
}

/** Implementations that run everywhere; a platform may register faster ones. */
const portable: Readonly<Record<CompressorName, CompressionLoaders>> = {
  deflate: {
    compressor: async () => (await import('./fflate.ts').catch(notLoaded)).deflate,
    decompressor: async () => (await import('./fflate.ts').catch(notLoaded)).deflate,
  },
  zstd: {
    compressor: async () => (await import('./zstd-wasm.ts').catch(notLoaded)).loadZstdWasm(),
    decompressor: async () => (await import('./fzstd.ts').catch(notLoaded)).zstdDecompressor,
  },
};

const loaders = new Map<string, CompressionLoaders>(Object.entries(portable));

const compressors = new Map<string, Promise<Compressor>>();

const decompressors = new Map<string, Promise<Decompressor>>();

/** Replaces the portable implementation of a compression on this platform. */
export function registerCompression(name: CompressorName, how: CompressionLoaders): void {
  loaders.set(name, how);
  compressors.delete(name);
  decompressors.delete(name);
}

/**
 * Returns the named compressor, or undefined for `none`.
 *
 * @throws {CairnError} (as a rejection) `UNSUPPORTED` if the platform has none of that name.
 */
export function loadCompressor(name: string): Promise<Compressor | undefined> {
  return load(name, compressors, (how) => how.compressor());
}

/**
 * Returns the decompressor for the named compression, or undefined for `none`.
 *
 * @throws {CairnError} (as a rejection) `UNSUPPORTED` if the platform has none of that name.
 */
export function loadDecompressor(name: string): Promise<Decompressor | undefined> {
  return load(name, decompressors, (how) => how.decompressor());
}

async function load<T>(
  name: string,
  loaded: Map<string, Promise<T>>,
  from: (how: CompressionLoaders) => Promise<T>,
): Promise<T | undefined> {
  if (name === 'none') return undefined;
  let loading = loaded.get(name);
  if (loading === undefined) {
    const how = loaders.get(name);
    if (how === undefined) throw new CairnError('UNSUPPORTED', `there is no compression '${name}' here`);
    loading = from(how);
    loaded.set(name, loading);
    // Not cached: code loaded over a network may load the next time.
    loading.catch(() => loaded.delete(name));
  }
  return loading;
}
