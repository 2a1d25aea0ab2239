import { loadChecksum } from '../bytes/xxh64.ts';
import { checkOptions } from '../check-options.ts';
import { HOST, type Host } from '../io/host.ts';
import { narrowStorage, STORAGE_MEMBERS } from '../io/narrow-storage.ts';
import { locate } from '../io/uri.ts';
import { incompleteUploads } from '../store/manifest/orphan-files.ts';
import { checkSweep, type OrphanFile, type SweepOptions } from '../store/sweep-stores.ts';
import { requireDefinition } from './collection-info.ts';
import { READERS_AGE_MS, removeDropped } from './compact/remove-dropped.ts';
import { CollectionDirectory } from './version/collection-directory.ts';
import { partitionFilesOf, temporaryFilesOf } from './version/collection-files.ts';
import { filesOf } from './version/version-state.ts';

/** What a sweep of a collection removes: as that of stores, but it skips nothing. */
export type SweepCollectionOptions = Omit<SweepOptions, 'onSkip'>;

/**
 * Removes, and returns, the files of a collection that no kept version names: those of commits and compactions that were
 * killed. With `dryRun`, only returns them.
 *
 * @param options `olderThanMs`: keeps younger files; default: a day. A commit that takes longer loses its files.
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `NOT_A_STORE`, `CORRUPTION`, `UNSUPPORTED`, `IO`.
 */
export function sweepCollection(uri: string | URL, options?: SweepCollectionOptions): Promise<OrphanFile[]>;
/** @internal With a clock of its own, for tests. */
export function sweepCollection(
  uri: string | URL,
  options: SweepCollectionOptions | undefined,
  host: Host,
): Promise<OrphanFile[]>;
export async function sweepCollection(
  uri: string | URL,
  options: SweepCollectionOptions = {},
  host: Host = HOST,
): Promise<OrphanFile[]> {
  const own = checkOptions(options, ['olderThanMs', 'dryRun', 'signal']);
  const { olderThanMs, dryRun } = checkSweep(own);
  const { signal } = own;
  signal?.throwIfAborted();
  const location = narrowStorage(locate(uri), 'swept', STORAGE_MEMBERS);
  const directory = new CollectionDirectory(location, await loadChecksum());
  const { storage } = directory;
  const definition = await requireDefinition(directory, signal);
  // Files are looked at before versions: what a commit names meanwhile is not among them, or is young.
  const found: OrphanFile[] = [];
  const paths: string[] = [];
  const partitions = new Map<string, OrphanFile>();
  for await (const { name, path, bytes, modifiedMs } of partitionFilesOf(directory)) {
    partitions.set(name, { uri: storage.uri(path), bytes, ageMs: host.now() - modifiedMs });
  }
  for await (const { path, bytes, modifiedMs } of temporaryFilesOf(directory, definition.id)) {
    const ageMs = host.now() - modifiedMs;
    if (ageMs < olderThanMs) continue;
    found.push({ uri: storage.uri(path), bytes, ageMs });
    paths.push(path);
  }
  const newest = await directory.newest(definition, undefined, signal);
  const named = new Set<string>();
  for (let state = newest; state !== undefined; ) {
    for (const name of filesOf(state.generations).keys()) named.add(name);
    const number = state.number - 1;
    if (number < (newest?.oldest ?? 1)) break;
    state = await directory.readVersion(number, signal);
    // Without it nothing says which files it names, and which those before it.
    if (state === undefined && ((await directory.newest(definition, newest, signal))?.oldest ?? 1) <= number)
      throw directory.missingVersion(number, definition.id);
  }
  // Readers elsewhere may have these open: their time begins when they are dropped, which is not when they were written.
  for (const { name } of newest?.dropped ?? []) named.add(name);
  for (const [name, file] of partitions) {
    if (named.has(name) || file.ageMs < olderThanMs) continue;
    found.push(file);
    paths.push(directory.files.partition(name));
  }
  for (const upload of await incompleteUploads(directory.files)) {
    const ageMs = host.now() - upload.startedMs;
    if (ageMs < olderThanMs) continue;
    found.push({ uri: storage.uri(upload.path), bytes: upload.bytes, ageMs });
    if (!dryRun) await storage.removeIncompleteUpload?.(upload);
  }
  if (dryRun) return found;
  for (const path of paths) {
    signal?.throwIfAborted();
    await storage.remove(path);
  }
  if (newest !== undefined) {
    const ageMs = storage.keepsRemoved === true ? 0 : Math.max(READERS_AGE_MS, olderThanMs);
    await removeDropped(directory, newest, { ageMs, nowMs: host.now(), signal });
  }
  return found;
}
