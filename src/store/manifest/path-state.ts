import { CairnError, isCairnError } from '../../errors.ts';
import { isListable } from '../../io/narrow-storage.ts';
import type { StorageEntry } from '../../io/storage.ts';
import type { Location } from '../../io/uri.ts';
import { DATA_DIRECTORY, MANIFEST_NAME } from './manifest.ts';
import { isBystander, JOBS_DIRECTORY, TEMPORARY_MANIFEST, WRITTEN_FILE } from './orphan-files.ts';

/** The file whose presence makes a directory a collection, which is no store. */
export const COLLECTION_NAME: string = 'COLLECTION.json';

/** What a path holds, as far as stores are concerned. */
export type PathState =
  /** Nothing is there. */
  | 'absent'
  /** A directory without entries. */
  | 'empty'
  /** A store whose writer has not closed, or the orphan files of a crashed one. */
  | 'incomplete'
  /** A directory with a manifest. */
  | 'complete'
  /** A directory with the definition of a collection. */
  | 'collection'
  /** A single file. */
  | 'file'
  /** A directory with other things in it. */
  | 'foreign';

/** What a path holds, and what there is no store's. */
export interface PathReport {
  readonly state: PathState;
  /** The first name that no store has, relative to the path, if the state is `foreign`. */
  readonly foreign?: string;
}

/**
 * Looks at the directory of a store: see `StoreDirectory.state`. It is a module of its own because who reads needs it only
 * where no store is.
 */
export async function pathState(directory: Location & { readonly data: string }): Promise<PathState> {
  return (await reportPath(directory)).state;
}

/**
 * The same, with what is in the way of a store. Looks at the path without changing it: at most two listings, or one request
 * for the definition of a collection where the storage can't list.
 */
export async function reportPath({
  storage,
  path,
  data,
}: Location & { readonly data: string }): Promise<PathReport> {
  const kind = await storage.kind(path);
  if (kind === 'file') return { state: 'file' };
  // Only a listing shows what else a directory without a manifest holds.
  if (!isListable(storage))
    return { state: (await isCollection({ storage, path })) ? 'collection' : 'absent' };
  if (kind === undefined) return { state: 'absent' };
  let seen = 0;
  let hasDefinition = false;
  let foreign: string | undefined;
  for await (const entry of storage.list(path)) {
    if (entry.name === MANIFEST_NAME && entry.kind === 'file') return { state: 'complete' };
    if (entry.name === COLLECTION_NAME && entry.kind === 'file') hasDefinition = true;
    if (isBystander(entry.name)) continue;
    seen++;
    if (!isOurs(entry)) foreign ??= entry.name;
  }
  if (hasDefinition) return { state: 'collection' };
  if (foreign !== undefined) return { state: 'foreign', foreign };
  if (seen === 0) return { state: 'empty' };
  for await (const entry of storage.list(data)) {
    if (isBystander(entry.name) || (entry.kind === 'file' && WRITTEN_FILE.test(entry.name))) continue;
    return { state: 'foreign', foreign: `${DATA_DIRECTORY}/${entry.name}` };
  }
  return { state: 'incomplete' };
}

/** Whether a directory has the definition of a collection. @throws {CairnError} `IO`. */
async function isCollection({ storage, path }: Pick<Location, 'storage' | 'path'>): Promise<boolean> {
  try {
    await (await storage.open(storage.join(path, COLLECTION_NAME))).close();
    return true;
  } catch (error) {
    if (isCairnError(error, 'NOT_FOUND')) return false;
    throw error;
  }
}

function isOurs(entry: StorageEntry): boolean {
  return entry.kind === 'directory'
    ? entry.name === DATA_DIRECTORY || entry.name === JOBS_DIRECTORY
    : TEMPORARY_MANIFEST.test(entry.name);
}

/** Returns the error for a path that holds no complete store. `foreign` names what is there instead, if that is known. */
export function notComplete({ uri }: Pick<Location, 'uri'>, state: PathState, foreign?: string): CairnError {
  if (state === 'absent') return new CairnError('NOT_FOUND', `there is no store at ${uri}`, { uri });
  if (state === 'incomplete' || state === 'complete') {
    return new CairnError(
      'INCOMPLETE',
      `the store at ${uri} is incomplete: its writer has not closed it, or was killed. Wait for it, or delete the ` +
        'store and write it again',
      { uri },
    );
  }
  if (state === 'collection') {
    return new CairnError(
      'NOT_A_STORE',
      `${uri} is a collection, not a store: open it with openCollection of cairnkv/collection`,
      { uri },
    );
  }
  const what =
    state === 'file'
      ? 'a file that is no cairn partition'
      : state === 'empty'
        ? 'an empty directory'
        : foreign === undefined
          ? 'something else'
          : `a directory with other things in it (${foreign})`;
  return new CairnError('NOT_A_STORE', `${uri} is not a store but ${what}`, { uri });
}
