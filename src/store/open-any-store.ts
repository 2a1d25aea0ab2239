import { bytesFor, isUnknownEncoding } from '../codec/unknown-encoding.ts';
import { openStore } from './open-store.ts';
import type { OpenStoreOptions } from './read/read-options.ts';
import type { StoreReader } from './read/store-reader.ts';

/**
 * Opens a store of any encoding: keys and values of a custom codec are bytes here.
 *
 * @throws {CairnError} (as a rejection) as `openStore`.
 */
export async function openAnyStore(
  uri: string,
  options: OpenStoreOptions = {},
): Promise<StoreReader<unknown, unknown>> {
  try {
    return await openStore<unknown, unknown>(uri, options);
  } catch (error) {
    if (!isUnknownEncoding(error)) throw error;
    // Most stores have built-in encodings: they don't wait for this code.
    const { storeInfo } = await import('./store-info.ts');
    return await openStore<unknown, unknown>(uri, { ...options, ...bytesFor(await storeInfo(uri)) });
  }
}
