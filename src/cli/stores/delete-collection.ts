import { loadChecksum } from '../../bytes/xxh64.ts';
import { deleteCollection } from '../../collection/delete-collection.ts';
import { CollectionDirectory } from '../../collection/version/collection-directory.ts';
import { pathOfCollection } from '../../collection/version/collection-state.ts';
import { locate } from '../../io/uri.ts';

/** Removes a collection, or what is left of one; false if something else is at the URI. */
export async function deleteCollectionInstead(uri: string): Promise<boolean> {
  const state = await pathOfCollection(new CollectionDirectory(locate(uri), await loadChecksum()));
  if (state !== 'collection' && state !== 'remains') return false;
  await deleteCollection(uri);
  return true;
}
