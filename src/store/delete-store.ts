import { narrowStorage, REMOVAL_MEMBERS } from '../io/narrow-storage.ts';
import { locate } from '../io/uri.ts';
import { signalOf, type WaitOptions } from '../wait-options.ts';
import { incompleteUploads, orphanFiles } from './manifest/orphan-files.ts';
import { notComplete } from './manifest/path-state.ts';
import { StoreDirectory } from './manifest/store-directory.ts';

/**
 * Removes a store, complete or not, with its orphan files and incomplete uploads. The manifest goes first: a deletion that
 * is cut short leaves an incomplete store, which can be deleted again.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `NOT_A_STORE` (and nothing is touched), `IO`.
 */
export async function deleteStore(uri: string | URL, options?: WaitOptions): Promise<void> {
  const signal = signalOf(options);
  const directory = new StoreDirectory(narrowStorage(locate(uri), 'deleted', REMOVAL_MEMBERS));
  const { storage, path } = directory;
  const state = await directory.state();
  if (state !== 'complete' && state !== 'incomplete') throw notComplete(directory, state);
  signal?.throwIfAborted();
  if (state === 'complete') {
    await storage.remove(directory.manifest);
    await storage.syncDirectory(path);
  }
  // Without a manifest, every partition is an orphan.
  for await (const file of orphanFiles(directory)) {
    signal?.throwIfAborted();
    await storage.remove(file.path);
  }
  for (const upload of await incompleteUploads(directory)) {
    signal?.throwIfAborted();
    await storage.removeIncompleteUpload?.(upload);
  }
  signal?.throwIfAborted();
  await storage.removeDirectory(directory.data);
  // The directory stays if it holds other things.
  if (await storage.removeDirectory(path)) await storage.syncDirectory(storage.split(path).directory);
}
