import { CairnError, notLoaded } from '../errors.ts';
import type { Compressor, CompressorName, Decompressor } from './compressor.ts';

/** The decoders that partitions with these compressions need. @throws {CairnError} `UNSUPPORTED`. */
export async function loadDecompressors(names: Iterable<string>): Promise<ReadonlyMap<string, Decompressor>> {
  const decompressors = new Map<string, Decompressor>();
  for (const name of new Set(names)) {
    const decompressor = await loadDecompressor(name);
    if (decompressor !== undefined) decompressors.set(name, decompressor);
  }
  return decompressors;
}

/** How the two are had on a platform: each is loaded when a store first needs it. */
export interface CompressionLoaders {
  compressor(): Promise<Compressor>;
  decompressor(): Promise<Decompressor>;
}

/** What runs everywhere, unless the platform has registered better. */
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

/** Says how a compression is had on this platform, in place of what runs everywhere. */
export function registerCompression(name: CompressorName, how: CompressionLoaders): void {
  loaders.set(name, how);
  compressors.delete(name);
  decompressors.delete(name);
}

/**
 * The compressor of that name, or undefined for `none`.
 *
 * @throws {CairnError} (as a rejection) `UNSUPPORTED` where the platform has none of that name.
 */
export function loadCompressor(name: string): Promise<Compressor | undefined> {
  return load(name, compressors, (how) => how.compressor());
}

/**
 * The decompressor for a compression of that name, or undefined for `none`.
 *
 * @throws {CairnError} (as a rejection) `UNSUPPORTED` where the platform has none of that name.
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
    // Code that comes over a network may come the next time.
    loading.catch(() => loaded.delete(name));
  }
  return loading;
}
