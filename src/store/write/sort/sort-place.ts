import { narrowStorage } from '../../../io/narrow-storage.ts';
import type { WritableStorage } from '../../../io/storage.ts';
import { type Location, locate } from '../../../io/uri.ts';
import { DATA_DIRECTORY } from '../../manifest/manifest.ts';

/** A directory for the files of one sorting. */
export interface SortPlace {
  readonly storage: WritableStorage;
  readonly directory: string;
  /** Stands in the name of every file. */
  readonly uid: string;
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
  store: Location<WritableStorage>,
  sortDirectory: string | URL | undefined,
  uid: string,
): SortPlace {
  if (sortDirectory === undefined) {
    const { storage, path } = store;
    const directory = storage.join(path, DATA_DIRECTORY);
    return { storage, directory, uid, make: async () => undefined, remove: async () => undefined };
  }
  const { storage, path } = narrowStorage(locate(sortDirectory, 'sortDirectory'), 'sorted in', [
    'create',
    'makeDirectory',
    'syncDirectory',
    'remove',
    'removeDirectory',
  ]);
  const own = storage.join(path, `sort-${uid}`);
  const directory = storage.join(own, DATA_DIRECTORY);
  return {
    storage,
    directory,
    uid,
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
