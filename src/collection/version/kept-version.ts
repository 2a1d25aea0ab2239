import { CairnError } from '../../errors.ts';
import type { VersionState } from '../version/version-state.ts';
import type { CollectionDirectory } from './collection-directory.ts';

/** Reads a kept version. @throws {CairnError} (as a rejection) `NOT_FOUND` if it is none, `CORRUPTION`, `IO`. */
export async function keptVersion(
  directory: CollectionDirectory,
  newest: VersionState | undefined,
  number: number,
): Promise<VersionState> {
  if (newest === undefined || number > newest.number || number < 1) {
    throw new CairnError(
      'NOT_FOUND',
      `${directory.uri} has no version ${number}: they go from 1 to ${newest?.number ?? 0}`,
      { uri: directory.uri },
    );
  }
  const state = number < newest.oldest ? undefined : await directory.readVersion(number);
  if (state === undefined) throw notKept(directory.uri, number);
  return state;
}

/** The error for a version that was compacted away. */
export function notKept(uri: string, number: number): CairnError {
  return new CairnError(
    'NOT_FOUND',
    `version ${number} of ${uri} is not kept any more: a compaction has removed it. Keep more of them (keepVersions)`,
    { uri },
  );
}
