import { loadChecksum } from '../bytes/xxh64.ts';
import { signalOf, unlessAborted, type WaitOptions } from '../wait-options.ts';
import { currentManifest } from './manifest/current-manifest.ts';
import type { StoreInfo } from './manifest/describe-store.ts';
import { describeStoreAt } from './manifest/describe-store-at.ts';
import { StoreDirectory } from './manifest/store-directory.ts';

/**
 * What a complete store says of itself. Reads the manifest only.
 *
 * Keys are decoded where the key encoding is a built-in one, else given as bytes.
 *
 * @throws {CairnError} (as a rejection) what `openStore` throws.
 *
 * @example
 * ```ts
 * import { createStore, storeInfo } from 'cairnkv';
 *
 * await createStore('memory:described').put('a', 1).close();
 * const { count, firstKey } = await storeInfo('memory:described');
 * console.log(count, firstKey); // 1 a
 * ```
 */
export async function storeInfo(uri: string | URL, options?: WaitOptions): Promise<StoreInfo> {
  const signal = signalOf(options);
  return unlessAborted(describe(uri, signal), signal);
}

async function describe(uri: string | URL, signal: AbortSignal | undefined): Promise<StoreInfo> {
  const directory = StoreDirectory.at(uri);
  return describeStoreAt(directory, await currentManifest(directory, await loadChecksum(), signal));
}
