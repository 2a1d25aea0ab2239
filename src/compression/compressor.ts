import { CairnError } from '../errors.ts';

/** Compresses and decompresses one block at a time, synchronously. */
export interface Compressor {
  readonly name: 'deflate' | 'zstd';
  /** The bytes may be a view that the next call overwrites. */
  compress(bytes: Uint8Array): Uint8Array;
  /**
   * Exactly `length` bytes. Input that would give more is refused before that much is allocated.
   *
   * @throws when the input is broken or gives another number of bytes.
   */
  decompress(bytes: Uint8Array, length: number): Uint8Array;
}

const loaders = new Map<string, () => Promise<Compressor>>();
const loaded = new Map<string, Promise<Compressor>>();

/** Says how a compressor is had on this platform; it is loaded when a store first needs it. */
export function registerCompressor(name: Compressor['name'], load: () => Promise<Compressor>): void {
  loaders.set(name, load);
  loaded.delete(name);
}

/**
 * The compressor of that name, or undefined for `none`.
 *
 * @throws {CairnError} `UNSUPPORTED` where the platform has none of that name.
 */
export async function loadCompressor(name: string): Promise<Compressor | undefined> {
  if (name === 'none') return undefined;
  let loading = loaded.get(name);
  if (loading === undefined) {
    const load = loaders.get(name);
    if (load === undefined) {
      throw new CairnError('UNSUPPORTED', `this platform has no decoder for compression '${name}'`);
    }
    loading = load();
    loaded.set(name, loading);
    loading.catch(() => loaded.delete(name));
  }
  return loading;
}
