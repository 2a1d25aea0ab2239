import { loadChecksum } from '../bytes/xxh64.ts';
import { isCairnError } from '../errors.ts';
import { narrowStorage } from '../io/narrow-storage.ts';
import { locate } from '../io/uri.ts';
import { signalOf, unlessAborted, type WaitOptions } from '../wait-options.ts';
import type { StoreInfo } from './manifest/describe-store.ts';
import { describeStoreAt } from './manifest/describe-store-at.ts';
import { StoreDirectory } from './manifest/store-directory.ts';

/**
 * The complete stores directly below a root, in no particular order. Reads one manifest each.
 *
 * What is incomplete, damaged or something else is passed over; `verifyStore` tells about a damaged one.
 */
export async function* listStores(
  rootUri: string | URL,
  options?: WaitOptions,
): AsyncIterableIterator<StoreInfo> {
  const signal = signalOf(options);
  const { storage, path } = narrowStorage(locate(rootUri, 'rootUri'), 'listed', ['list']);
  const checksum = await loadChecksum();
  for await (const entry of storage.list(path)) {
    signal?.throwIfAborted();
    if (entry.kind !== 'directory') continue;
    const child = storage.join(path, entry.name);
    const directory = new StoreDirectory({ storage, path: child, uri: storage.uri(child) });
    try {
      yield describeStoreAt(directory, await unlessAborted(directory.readManifest(checksum, signal), signal));
    } catch (error) {
      if (!isCairnError(error, 'INCOMPLETE', 'NOT_A_STORE', 'NOT_FOUND', 'CORRUPTION', 'UNSUPPORTED_FORMAT'))
        throw error;
    }
  }
}
