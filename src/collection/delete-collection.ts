import { loadChecksum } from '../bytes/xxh64.ts';
import { CairnError } from '../errors.ts';
import { narrowStorage, REMOVAL_MEMBERS } from '../io/narrow-storage.ts';
import type { ListableStorage } from '../io/storage.ts';
import { locate } from '../io/uri.ts';
import { incompleteUploads, isBystander } from '../store/manifest/orphan-files.ts';
import { refuseLink } from '../store/manifest/refuse-link.ts';
import { signalOf, type WaitOptions } from '../wait-options.ts';
import { CollectionDirectory, LATEST_NAME, VERSIONS_DIRECTORY } from './version/collection-directory.ts';
import { partitionFilesOf, temporaryFilesOf, versionFilesOf } from './version/collection-files.ts';
import { notACollection, pathOfCollection } from './version/collection-state.ts';
import { DEFINITION_NAME } from './version/definition-file.ts';
import { TEMPORARY_FILE } from './version/version-name.ts';

/**
 * Removes a collection. The definition goes first: a deletion that is cut short leaves no collection, and can be done again.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`; `NOT_A_STORE` if something else is there, or something else beside it:
 *   then nothing is touched; `UNSUPPORTED`, `IO`.
 */
export async function deleteCollection(uri: string | URL, options?: WaitOptions): Promise<void> {
  const signal = signalOf(options);
  const location = narrowStorage(locate(uri), 'deleted', REMOVAL_MEMBERS);
  await refuseLink(location, 'deleted');
  const directory = new CollectionDirectory(location, await loadChecksum());
  const { storage, path, files, versions } = directory;
  const state = await pathOfCollection(directory);
  if (state !== 'collection' && state !== 'remains') throw notACollection(directory, state);
  await refuseForeign(directory);
  signal?.throwIfAborted();
  await storage.remove(directory.definition);
  await storage.syncDirectory(path);
  await storage.remove(directory.latest);
  // Last what makes it known that something is left.
  for (const filesOf of [temporaryFilesOf, versionFilesOf, partitionFilesOf]) {
    for await (const file of filesOf(directory)) {
      signal?.throwIfAborted();
      await storage.remove(file.path);
    }
  }
  for (const upload of await incompleteUploads(files)) await storage.removeIncompleteUpload?.(upload);
  await storage.removeDirectory(files.data);
  // As long as there are versions, what is left is known for a collection's: a lone data directory may be that of a store.
  await storage.syncDirectory(path);
  await storage.removeDirectory(versions);
  if (await storage.removeDirectory(path)) await storage.syncDirectory(storage.split(path).directory);
}

/** @throws {CairnError} `NOT_A_STORE` if the directory holds what no collection does. */
async function refuseForeign({ storage, path, uri }: CollectionDirectory<ListableStorage>): Promise<void> {
  for await (const { kind, name } of storage.list(path)) {
    const isOurs =
      kind === 'directory'
        ? name === VERSIONS_DIRECTORY || name === 'data'
        : name === DEFINITION_NAME || name === LATEST_NAME || TEMPORARY_FILE.test(name);
    if (isOurs || isBystander(name)) continue;
    throw new CairnError(
      'NOT_A_STORE',
      `${uri} holds ${name}, which is no part of a collection: move it away first. Nothing was deleted`,
      { uri },
    );
  }
}
