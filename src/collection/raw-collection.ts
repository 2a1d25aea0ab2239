import type { Collection } from './collection.ts';
import type { OpenCollectionOptions } from './collection-options.ts';
import type { Change, Commit } from './commit-options.ts';
import { openCollection } from './open-collection.ts';
import type { OpenVersion } from './read/open-version.ts';

/** An open collection, and the version at which it stands: for layers that read keys and values as they are stored. */
export interface RawCollection {
  readonly collection: Collection<Uint8Array, Uint8Array>;
  /** The names under which keys and values were stored. Writing through `collection` is for `'binary'` alone. */
  readonly keyEncoding: string;
  readonly valueEncoding: string;
  /** The version at which the collection stands. Retain it to keep it. */
  current(): OpenVersion;
  /** Makes changes, all or none, in the commit that calls of one turn share. */
  apply(changes: readonly Change<Uint8Array, Uint8Array>[]): Promise<Commit>;
}

/** Opens a collection whatever its encodings are. @throws {CairnError} (as a rejection) as `openCollection` does. */
export async function openRawCollection(uri: string, options: OpenCollectionOptions): Promise<RawCollection> {
  const collection = await openCollection<Uint8Array, Uint8Array>(uri, options);
  return {
    collection,
    ...collection.encodings,
    current: () => collection.opened,
    apply: (changes) => collection.apply(changes),
  };
}
