import type { Storage } from '../../io/storage.ts';
import type { CollectionDirectory } from '../version/collection-directory.ts';
import { isBeginName, versionNumber } from '../version/version-name.ts';
import type { VersionState } from '../version/version-state.ts';
import { putHint } from './put-hint.ts';

/**
 * The newest version files stay, whether their versions are kept or not: a writer that slept since it read one finds its
 * next number taken, instead of a gap.
 */
const MIN_VERSION_FILES = 256;

/** Files are removed from a storage where readers don't keep them open once they have been dropped for so long: a day. */
export const READERS_AGE_MS: number = 24 * 60 * 60 * 1000;

/**
 * Removes the files that no kept version of a collection names, and the files of versions that are long past. Returns the
 * names of the partition files that are gone.
 *
 * @param newest the newest version.
 * @param ageMs spares what was dropped since.
 * @param keepsVersionFiles leaves the files of versions, however old: then nothing is listed if `ageMs` is 0.
 * @param firstFile the oldest version that may have a file, if it is known: then nothing is listed either.
 * @throws {CairnError} (as a rejection) `IO`.
 */
export async function removeDropped(
  directory: CollectionDirectory<Storage>,
  newest: VersionState,
  {
    ageMs,
    nowMs,
    keepsVersionFiles = false,
    firstFile,
    signal,
  }: {
    readonly ageMs: number;
    readonly nowMs: number;
    readonly keepsVersionFiles?: boolean | undefined;
    readonly firstFile?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<string[]> {
  const { storage, files, versions } = directory;
  const changedMs = new Map<number, number>();
  const end = endOfOldFiles(newest);
  if (firstFile !== undefined && ageMs === 0) {
    for (let number = firstFile; number < end && !keepsVersionFiles; number++) changedMs.set(number, 0);
  } else if (!keepsVersionFiles || ageMs > 0) {
    for await (const { kind, name, modifiedMs } of storage.list(versions)) {
      const number = kind === 'file' ? (isBeginName(name) ? 0 : versionNumber(name)) : undefined;
      if (number !== undefined) changedMs.set(number, modifiedMs);
    }
  }
  const isOld = (since: number): boolean => {
    const modifiedMs = changedMs.get(since);
    return ageMs === 0 || modifiedMs === undefined || nowMs - modifiedMs >= ageMs;
  };
  const removed: string[] = [];
  for (const { name, since } of newest.dropped) {
    if (since > newest.oldest || !isOld(since)) continue;
    signal?.throwIfAborted();
    await storage.remove(files.partition(name));
    removed.push(name);
  }
  if (keepsVersionFiles) return removed;
  // Oldest first: so a version is valid if the one before it is there.
  let isHinted = false;
  for (const number of [...changedMs.keys()].sort((a, b) => a - b)) {
    if (number >= end || !isOld(number + 1)) break;
    signal?.throwIfAborted();
    // Readers without listings begin with the version in the hint: it must not be one whose file goes.
    if (!isHinted) await putHint(directory, newest.number, false);
    isHinted = true;
    await storage.remove(number === 0 ? directory.begin(newest.id) : directory.version(number));
  }
  return removed;
}

/** The first version whose file stays. */
export function endOfOldFiles({ oldest, number }: VersionState): number {
  return Math.min(oldest, number - MIN_VERSION_FILES);
}
