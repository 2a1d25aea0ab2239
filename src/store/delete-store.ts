import { loadChecksum } from '../bytes/xxh64.ts';
import { CairnError, isCairnError } from '../errors.ts';
import { type NarrowedLocation, narrowStorage, REMOVAL_MEMBERS } from '../io/narrow-storage.ts';
import { locate } from '../io/uri.ts';
import {
  incompleteUploads,
  JOBS_DIRECTORY,
  jobDirectories,
  jobFiles,
  orphanFiles,
  WRITTEN_FILE,
} from './manifest/orphan-files.ts';
import { notComplete, reportPath } from './manifest/path-state.ts';
import { refuseLink } from './manifest/refuse-link.ts';
import { refuseShared } from './manifest/shared-files.ts';
import { checkSkipOptions, type SkipOptions } from './manifest/skipped.ts';
import { StoreDirectory } from './manifest/store-directory.ts';

type RemovalDirectory = StoreDirectory<NarrowedLocation<(typeof REMOVAL_MEMBERS)[number]>['storage']>;

/**
 * Removes a store, complete or not, with its orphan files and incomplete uploads. The manifest goes first: a deletion that
 * is cut short leaves an incomplete store, which can be deleted again.
 *
 * Removes what the manifest names and what writers of this library made, and nothing else. If other files lie there, they
 * stay, and so do the directories: `onSkip` is called with each of them. It is also called with a directory that cannot be
 * removed; without it, that is an error. If the store's `data` is a symbolic link, its files and the link are removed, and
 * the directory that it leads to stays.
 *
 * Refuses a symbolic link to a store, and a store whose manifest is one or whose `data` leads to the files of another
 * store. A directory without a manifest is refused if the `data` of a store beside it leads there: its files belong to
 * that store. Links from elsewhere are not known.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `NOT_A_STORE` (and nothing is touched), `IO` if a file of the store
 *   cannot be removed; all others are, then.
 */
export async function deleteStore(uri: string | URL, options: SkipOptions = {}): Promise<void> {
  const { signal, onSkip } = checkSkipOptions(options);
  const directory: RemovalDirectory = new StoreDirectory(
    narrowStorage(locate(uri), 'deleted', REMOVAL_MEMBERS),
  );
  const { storage, path } = directory;
  await refuseLink(directory, 'deleted');
  const { state, foreign } = await reportPath(directory);
  if (state !== 'complete' && state !== 'incomplete') throw notComplete(directory, state, foreign);
  await refuseShared(directory, state, 'deleted', await loadChecksum());
  signal?.throwIfAborted();
  const named = state === 'complete' ? await unusualNames(directory, signal) : [];
  signal?.throwIfAborted();
  if (state === 'complete') {
    await storage.remove(directory.manifest);
    await storage.syncDirectory(path);
  }
  const failures: unknown[] = [];
  const removed = async (removal: Promise<void> | undefined): Promise<void> => {
    await removal?.catch((error: unknown) => failures.push(error));
  };
  for (const name of named) {
    signal?.throwIfAborted();
    await removed(storage.remove(directory.partition(name)));
  }
  // Without a manifest, every partition is an orphan.
  for await (const file of orphanFiles(directory)) {
    signal?.throwIfAborted();
    await removed(storage.remove(file.path));
  }
  for await (const job of jobDirectories(directory)) {
    for await (const file of jobFiles(storage, job)) {
      signal?.throwIfAborted();
      await removed(storage.remove(file.path));
    }
    await storage.removeDirectory(job);
  }
  await storage.removeDirectory(storage.join(path, JOBS_DIRECTORY));
  for (const upload of await incompleteUploads(directory)) {
    signal?.throwIfAborted();
    await removed(storage.removeIncompleteUpload?.(upload));
  }
  signal?.throwIfAborted();
  // What holds files can't be removed.
  if (failures.length > 0) throw failures[0];
  await removeDirectories(directory, onSkip);
}

/** Returns the partitions of a complete store whose names are not those that our writers choose: the format allows others. */
async function unusualNames(directory: RemovalDirectory, signal: AbortSignal | undefined): Promise<string[]> {
  try {
    const { partitions } = await directory.readManifest(await loadChecksum(), signal);
    return partitions.map(({ name }) => name).filter((name) => !WRITTEN_FILE.test(name));
  } catch (error) {
    // A store whose manifest is damaged can be deleted, too, as far as its files are known.
    if (isCairnError(error)) return [];
    throw error;
  }
}

/** Removes the directories of a store whose files are gone, and reports what stays, and why. */
async function removeDirectories(directory: RemovalDirectory, onSkip: SkipOptions['onSkip']): Promise<void> {
  const { storage, path, data } = directory;
  const remove = async (each: string): Promise<boolean> => {
    try {
      // The directory that a link leads to is not the store's.
      if ((await storage.readLink?.(each)) !== undefined) {
        for await (const _ of storage.list(each)) return false;
        await storage.remove(each);
        return true;
      }
      return await storage.removeDirectory(each);
    } catch (error) {
      if (onSkip === undefined || !isCairnError(error, 'IO')) throw error;
      onSkip({ uri: storage.uri(each), error });
      return false;
    }
  };
  const isDataGone = await remove(data);
  if (await remove(path)) {
    await storage.syncDirectory(storage.split(path).directory);
    return;
  }
  if (onSkip === undefined) return;
  for (const each of isDataGone ? [path] : [data, path]) {
    for await (const { name } of storage.list(each)) {
      const left = storage.join(each, name);
      if (left !== data) onSkip({ uri: storage.uri(left), error: staysBehind(storage.uri(left)) });
    }
  }
}

function staysBehind(uri: string): CairnError {
  return new CairnError('NOT_A_STORE', `${uri} is not a file of the store, and stays`, { uri });
}
