import { narrowStorage, REMOVAL_MEMBERS } from '../io/narrow-storage.ts';
import { locate } from '../io/uri.ts';
import { DATA_DIRECTORY, MANIFEST_NAME } from './manifest/manifest.ts';
import { inspectPath, leftovers, notComplete, unfinishedHere } from './manifest/store-directory.ts';

/**
 * Removes a store, complete or not, leftovers included. The manifest goes first: a deletion that is cut short
 * leaves an incomplete store, which can be deleted again.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `NOT_A_STORE` (and nothing is touched), `IO`.
 */
export async function deleteStore(uri: string | URL): Promise<void> {
  const location = narrowStorage(locate(uri), 'deleted', REMOVAL_MEMBERS);
  const { storage, path } = location;
  const state = await inspectPath(location);
  if (state !== 'complete' && state !== 'incomplete') throw notComplete(location, state);
  if (state === 'complete') {
    await storage.remove(storage.join(path, MANIFEST_NAME));
    await storage.syncDirectory(path);
  }
  for await (const leftover of leftovers(location)) await storage.remove(leftover.path);
  for (const file of await unfinishedHere(location)) await storage.removeIncompleteUpload?.(file);
  await storage.removeDirectory(storage.join(path, DATA_DIRECTORY));
  // Things that aren't ours keep the directory.
  if (await storage.removeDirectory(path)) await storage.syncDirectory(storage.split(path).directory);
}
