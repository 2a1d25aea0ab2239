import { loadChecksum } from '../bytes/xxh64.ts';
import { isCairnError } from '../errors.ts';
import { narrowStorage } from '../io/narrow-storage.ts';
import { locate } from '../io/uri.ts';
import { unlessAborted } from '../wait-options.ts';
import type { StoreInfo } from './manifest/describe-store.ts';
import { describeStoreAt } from './manifest/describe-store-at.ts';
import { checkSkipOptions, type SkipOptions, skipUnreadable } from './manifest/skipped.ts';
import { StoreDirectory } from './manifest/store-directory.ts';

/**
 * Yields the complete stores directly below a root, in no particular order, those that a symbolic link leads to included.
 * Reads one manifest each.
 *
 * What is incomplete, damaged or something else is skipped; `verifyStore` reports what is wrong with a damaged one. So is a
 * directory to which access is denied: `onSkip` is called with it.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `UNSUPPORTED`, `IO` for the root, or if it may pass.
 */
export async function* listStores(
  rootUri: string | URL,
  options: SkipOptions = {},
): AsyncIterableIterator<StoreInfo> {
  const { signal, onSkip } = checkSkipOptions(options);
  const { storage, path } = narrowStorage(locate(rootUri, 'rootUri'), 'listed', ['list']);
  const checksum = await loadChecksum();
  for await (const entry of storage.list(path)) {
    signal?.throwIfAborted();
    if (entry.kind !== 'directory') continue;
    const child = storage.join(path, entry.name);
    const directory = new StoreDirectory({ storage, path: child, uri: storage.uri(child) });
    let info: StoreInfo;
    try {
      info = describeStoreAt(
        directory,
        await unlessAborted(directory.readManifest(checksum, signal), signal),
      );
    } catch (error) {
      if (!isCairnError(error, 'INCOMPLETE', 'NOT_A_STORE', 'NOT_FOUND', 'CORRUPTION', 'UNSUPPORTED_FORMAT'))
        skipUnreadable(directory.uri, error, onSkip);
      continue;
    }
    yield info;
  }
}
