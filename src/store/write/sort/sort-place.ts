import { narrowStorage } from '../../../io/narrow-storage.ts';
import type { WritableStorage } from '../../../io/storage.ts';
import { locate } from '../../../io/uri.ts';
import { StoreDirectory } from '../../manifest/store-directory.ts';

/** A directory for the files of one sorting. */
export interface SortPlace {
  readonly storage: WritableStorage;
  readonly directory: string;
  /** Part of the name of every file. */
  readonly attemptId: string;
  /** Makes the directory if it is for this sorting alone. @throws {CairnError} (as a rejection) `IO`. */
  make(): Promise<void>;
  /** Removes it. */
  remove(): Promise<void>;
}

/**
 * Returns the directory for the files of one sorting: the data directory of the new store by default,
 * otherwise a directory within the given one that looks like an incomplete store, so that sweep finds what a
 * crash leaves.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`, `UNSUPPORTED`.
 */
export function sortPlace(
  store: StoreDirectory<WritableStorage>,
  sortDirectory: string | URL | undefined,
  attemptId: string,
): SortPlace {
  if (sortDirectory === undefined) {
    const { storage, data: directory } = store;
    return { storage, directory, attemptId, make: async () => undefined, remove: async () => undefined };
  }
  const { storage, path } = narrowStorage(locate(sortDirectory, 'sortDirectory'), 'sorted in', [
    'create',
    'makeDirectory',
    'syncDirectory',
    'remove',
    'removeDirectory',
  ]);
  const own = storage.join(path, `sort-${attemptId}`);
  const { data: directory } = new StoreDirectory({ storage, path: own, uri: storage.uri(own) });
  return {
    storage,
    directory,
    attemptId,
    async make() {
      await storage.makeDirectory(directory);
    },
    async remove() {
      try {
        await storage.removeDirectory(directory);
      } finally {
        await storage.removeDirectory(own);
      }
    },
  };
}
