import { CairnError } from '../../errors.ts';
import { isListable } from '../../io/narrow-storage.ts';
import type { StorageEntry } from '../../io/storage.ts';
import type { Location } from '../../io/uri.ts';
import { DATA_DIRECTORY, MANIFEST_NAME } from './manifest.ts';

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
  /** A single file. */
  | 'file'
  /** A directory with other things in it. */
  | 'foreign';

/** The names that partition files may have. */
export const PARTITION_FILE: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]*\.cairn$/;

/** The names that a storage gives a manifest until it is in place. */
export const TEMPORARY_MANIFEST: RegExp = new RegExp(
  `^${MANIFEST_NAME.replace('.', '\\.')}\\.[A-Za-z0-9]+\\.tmp$`,
);

/**
 * Looks at the directory of a store: see `StoreDirectory.state`. It is a module of its own because who reads needs it only
 * where no store is.
 */
export async function pathState({
  storage,
  path,
  data,
}: Location & { readonly data: string }): Promise<PathState> {
  const kind = await storage.kind(path);
  if (kind === undefined) return 'absent';
  if (kind === 'file') return 'file';
  // Only a listing shows what a directory without a manifest holds.
  if (!isListable(storage)) return 'absent';
  let seen = 0;
  let foreign = false;
  let complete = false;
  for await (const entry of storage.list(path)) {
    seen++;
    if (entry.name === MANIFEST_NAME && entry.kind === 'file') complete = true;
    else if (!isOurs(entry)) foreign = true;
  }
  if (complete) return 'complete';
  if (foreign) return 'foreign';
  if (seen === 0) return 'empty';
  for await (const entry of storage.list(data)) {
    if (entry.kind !== 'file' || !PARTITION_FILE.test(entry.name)) return 'foreign';
  }
  return 'incomplete';
}

function isOurs(entry: StorageEntry): boolean {
  return entry.kind === 'directory' ? entry.name === DATA_DIRECTORY : TEMPORARY_MANIFEST.test(entry.name);
}

/** Returns the error for a path that holds no complete store. */
export function notComplete({ uri }: Pick<Location, 'uri'>, state: PathState): CairnError {
  if (state === 'absent') return new CairnError('NOT_FOUND', `there is no store at ${uri}`, { uri });
  if (state === 'incomplete' || state === 'complete') {
    return new CairnError(
      'INCOMPLETE',
      `the store at ${uri} is incomplete: its writer has not closed it, or was killed. Wait for it, or delete the ` +
        'store and write it again',
      { uri },
    );
  }
  const what =
    state === 'file'
      ? 'a file that is no cairn partition'
      : state === 'empty'
        ? 'an empty directory'
        : 'something else';
  return new CairnError('NOT_A_STORE', `${uri} is not a store but ${what}`, { uri });
}
