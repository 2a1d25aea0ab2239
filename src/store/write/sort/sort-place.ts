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
  /** Makes the directory, if it is one for the sorting alone. @throws {CairnError} `IO`, as a rejection. */
  make(): Promise<void>;
  /** Removes it. */
  remove(): Promise<void>;
}

/**
 * A place for the files of one sorting: the data directory of the store to be made, unless another directory is
 * given. There they get one of their own that looks like a store begun, so that sweep finds what a crash leaves.
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
