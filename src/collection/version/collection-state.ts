import { CairnError } from '../../errors.ts';
import { isListable } from '../../io/narrow-storage.ts';
import { MANIFEST_NAME } from '../../store/manifest/manifest.ts';
import { isBystander } from '../../store/manifest/orphan-files.ts';
import { type CollectionDirectory, LATEST_NAME, VERSIONS_DIRECTORY } from './collection-directory.ts';
import { DEFINITION_NAME } from './definition-file.ts';
import { isBeginName, TEMPORARY_FILE } from './version-name.ts';

/** What a path holds, as far as collections are concerned. */
export type CollectionPathState =
  /** Nothing is there. */
  | 'absent'
  /** An empty directory, or one with what a maker left that was killed. */
  | 'free'
  /** A collection. */
  | 'collection'
  /** What is left of a collection whose deletion was cut short. */
  | 'remains'
  | 'store'
  | 'file'
  /** A directory with other things in it. */
  | 'foreign'
  /** A collection with versions of another one. */
  | 'mixed';

/** Looks at the path without changing it. @throws {CairnError} `IO`. */
export async function pathOfCollection({
  storage,
  path,
  versions,
}: CollectionDirectory): Promise<Exclude<CollectionPathState, 'mixed'>> {
  const kind = await storage.kind(path);
  if (kind === undefined) return 'absent';
  if (kind === 'file') return 'file';
  // Only a listing shows what a directory without a definition holds.
  if (!isListable(storage)) return 'absent';
  let hasVersions = false;
  let hasFiles = false;
  let isForeign = false;
  for await (const entry of storage.list(path)) {
    if (isBystander(entry.name)) continue;
    if (entry.kind === 'file') {
      if (entry.name === DEFINITION_NAME) return 'collection';
      if (entry.name === MANIFEST_NAME) return 'store';
      if (entry.name === LATEST_NAME) hasVersions = true;
      else if (!TEMPORARY_FILE.test(entry.name)) isForeign = true;
    } else if (entry.name === VERSIONS_DIRECTORY) hasVersions = true;
    else if (entry.name === 'data') hasFiles = true;
    else isForeign = true;
  }
  if (isForeign) return 'foreign';
  if (hasVersions) {
    for await (const { name } of storage.list(versions))
      if (!isBeginName(name) && !TEMPORARY_FILE.test(name)) return 'remains';
    return hasFiles ? 'remains' : 'free';
  }
  // Partition files alone are those of a store that is being written.
  return hasFiles ? 'foreign' : 'free';
}

/** Returns the error for a path that holds no collection. */
export function notACollection({ uri }: CollectionDirectory, state: CollectionPathState): CairnError {
  if (state === 'absent' || state === 'free')
    return new CairnError('NOT_FOUND', `there is no collection at ${uri}`, { uri });
  const what = {
    collection: 'a collection',
    store: 'a store, not a collection: open it with openStore',
    file: 'a file, not a collection',
    foreign: 'a directory with other things in it, not a collection: choose another place',
    remains: 'what is left of a collection whose deletion was cut short: end it with deleteCollection',
    mixed: 'a collection with version files of another one: restore it from a good copy',
  }[state];
  return new CairnError('NOT_A_STORE', `${uri} is ${what}`, { uri });
}

/** Returns the error for a collection that is not the one that was opened at its place. */
export function replacedCollection({ uri }: CollectionDirectory): CairnError {
  return new CairnError(
    'NOT_FOUND',
    `the collection at ${uri} was deleted since it was opened; open it again, or make another one`,
    { uri },
  );
}
