import type { ListableStorage } from '../../io/storage.ts';
import { type FoundFile, orphanFiles } from '../../store/manifest/orphan-files.ts';
import type { CollectionDirectory } from './collection-directory.ts';
import { beginName, isBeginName, TEMPORARY_FILE, versionNumber } from './version-name.ts';

/** Yields the partition files in a collection's directory, whether a version names them or not. @throws {CairnError} `IO`. */
export async function* partitionFilesOf({
  storage,
  files,
}: CollectionDirectory<ListableStorage>): AsyncIterable<FoundFile> {
  for await (const file of orphanFiles(files)) {
    if (storage.split(file.path).directory === files.data) yield file;
  }
}

/**
 * Yields what writers that were killed have left of files that were not in place yet, and what makers have left that were
 * not the first. `id` is the collection's.
 *
 * @throws {CairnError} `IO`.
 */
export async function* temporaryFilesOf(
  { storage, path, versions }: CollectionDirectory<ListableStorage>,
  id?: string,
): AsyncIterable<FoundFile> {
  for (const directory of [path, versions]) {
    for await (const entry of storage.list(directory)) {
      if (entry.kind !== 'file') continue;
      const { name } = entry;
      const isOther = isBeginName(name) && (id === undefined || name !== beginName(id));
      if (isOther || TEMPORARY_FILE.test(name)) yield { ...entry, path: storage.join(directory, entry.name) };
    }
  }
}

/** Yields the version files, whether their versions are kept or not. @throws {CairnError} `IO`. */
export async function* versionFilesOf({
  storage,
  versions,
}: CollectionDirectory<ListableStorage>): AsyncIterable<FoundFile> {
  for await (const entry of storage.list(versions)) {
    if (entry.kind === 'file' && versionNumber(entry.name) !== undefined)
      yield { ...entry, path: storage.join(versions, entry.name) };
  }
}
