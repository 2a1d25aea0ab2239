import { isCairnError } from '../../errors.ts';
import { isListable } from '../../io/narrow-storage.ts';
import { locate } from '../../io/uri.ts';
import { COLLECTION_NAME } from '../../store/manifest/path-state.ts';
import { StoreDirectory } from '../../store/manifest/store-directory.ts';

/**
 * Does the work of a command for a store; or, if what is at the URI is a collection, that for a collection, whose code is
 * loaded only then. The work for stores changes nothing at a collection's URI.
 */
export async function forStoreOr<T>(
  uri: string,
  store: () => Promise<T>,
  collection: () => Promise<T>,
): Promise<T> {
  try {
    return await store();
  } catch (error) {
    if (!isCairnError(error, 'NOT_A_STORE')) throw error;
    if ((await StoreDirectory.at(uri).state()) !== 'collection') throw error;
  }
  return collection();
}

/** Yields the URIs of the collections directly below a directory. One request for each directory in it. */
export async function* collectionsBelow(root: string): AsyncIterableIterator<string> {
  const { storage, path } = locate(root, 'root');
  if (!isListable(storage)) return;
  for await (const { kind, name } of storage.list(path)) {
    if (kind !== 'directory') continue;
    const child = storage.join(path, name);
    if ((await storage.kind(storage.join(child, COLLECTION_NAME))) === 'file') yield storage.uri(child);
  }
}
