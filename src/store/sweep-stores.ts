import type { Checksum } from '../bytes/checksum.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import { checkFlag } from '../check-options.ts';
import { invalidArgument, isCairnError } from '../errors.ts';
import { HOST, type Host } from '../io/host.ts';
import { narrowStorage, REMOVAL_MEMBERS } from '../io/narrow-storage.ts';
import type { ConditionalStorage, ListableStorage } from '../io/storage.ts';
import { locate } from '../io/uri.ts';
import { encodeDocument } from './manifest/job-document.ts';
import { DATA_DIRECTORY, type Manifest } from './manifest/manifest.ts';
import {
  incompleteUploadsBelow,
  JOB_DECISION_NAME,
  JOBS_DIRECTORY,
  jobDirectories,
  jobFiles,
  type OpenJob,
  openJobs,
  orphanFiles,
} from './manifest/orphan-files.ts';
import { notComplete, type PathState } from './manifest/path-state.ts';
import { SharedFiles } from './manifest/shared-files.ts';
import { checkSkipOptions, type SkipOptions, skipUnreadable } from './manifest/skipped.ts';
import { StoreDirectory } from './manifest/store-directory.ts';

/** A file of a crashed writer or of a deletion that was cut short, or an incomplete upload: no store names it. */
export interface OrphanFile {
  readonly uri: string;
  readonly bytes: number;
  /** Milliseconds since its last change, or since the upload was started. */
  readonly ageMs: number;
}

/** What a sweep removes, how it is ended, and how it reports what it leaves alone. */
export interface SweepOptions extends SkipOptions {
  /** Keeps files that were changed in this time, in milliseconds; default: a day. */
  readonly olderThanMs?: number | undefined;
  /** Only returns what would be removed; default: false. */
  readonly dryRun?: boolean | undefined;
}

/** Younger files may belong to a writer at work. */
const OLD_MS = 24 * 60 * 60 * 1000;

/**
 * Removes, and returns, the orphan files of crashed writers in a store, or in the stores directly below a root; with
 * `dryRun`, only returns them. Complete stores keep all that their manifest names. In a bucket, also removes incomplete
 * uploads, which no listing of objects shows although they take space.
 *
 * The files of a batch job are removed once it is committed or aborted. A job that is neither, and of which nothing has
 * changed in the time that young files are kept, is aborted first; a store with a younger one stays as it is.
 *
 * A file is removed only if its name is one that writers of this library choose. Symbolic links below the root are not
 * followed: a store is swept where it lies. What the `data` of another store leads to belongs to that store and stays, also
 * in a directory without a manifest, if that store lies beside it; links from elsewhere are not known. A directory to which access is denied is skipped, and `onSkip` is called with
 * it.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INVALID_ARGUMENT`, `UNSUPPORTED`; `IO` for the root, or if a file could
 *   not be removed: all others are, then.
 */
export function sweepStores(rootUri: string | URL, options?: SweepOptions): Promise<OrphanFile[]>;
/** @internal With a clock and randomness of its own, for tests. */
export function sweepStores(
  rootUri: string | URL,
  options: SweepOptions | undefined,
  host: Host,
): Promise<OrphanFile[]>;
export async function sweepStores(
  rootUri: string | URL,
  options: SweepOptions = {},
  host: Host = HOST,
): Promise<OrphanFile[]> {
  const own = checkSkipOptions(options, ['olderThanMs', 'dryRun']);
  const { olderThanMs, dryRun } = checkSweep(own);
  const { signal, onSkip } = own;
  const root = new StoreDirectory(narrowStorage(locate(rootUri, 'rootUri'), 'swept', REMOVAL_MEMBERS));
  const { storage } = root;
  const checksum = await loadChecksum();
  const shared = new SharedFiles(checksum);
  const sweeping: Sweeping = { checksum, sinceMs: host.now() - olderThanMs, dryRun, aborted: new Set() };
  const swept: OrphanFile[] = [];
  const failures: unknown[] = [];
  const remove = async (path: string, bytes: number, ageMs: number, work: () => unknown): Promise<void> => {
    if (ageMs < olderThanMs) return;
    signal?.throwIfAborted();
    try {
      if (!dryRun) await work();
    } catch (error) {
      // Another one that can be removed should be.
      failures.push(error);
      return;
    }
    swept.push({ uri: storage.uri(path), bytes, ageMs });
  };
  const sweep = async (directory: typeof root, state: PathState): Promise<void> => {
    if (state !== 'complete' && state !== 'incomplete') return;
    let manifest: Manifest | undefined;
    try {
      if (state === 'complete') manifest = await directory.readManifest(checksum, signal);
    } catch (error) {
      // Nothing says which of its files are orphans.
      if (isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT')) return;
      throw error;
    }
    // What the tasks of a job have written is named by nothing yet.
    if (state === 'incomplete' && !(await abortOldJobs(directory, sweeping))) return;
    // Looked at before anything is removed, which makes it young.
    const idle = await isOlder(directory, sweeping.sinceMs);
    let ownerOf: ((path: string) => Promise<string | undefined>) | undefined;
    const isShared = async (path: string): Promise<boolean> => {
      // Read only if there is something to remove: a manifest of each store beside this one.
      ownerOf ??= await shared.ownerOf(directory);
      return (await ownerOf(path)) !== undefined;
    };
    for await (const { path, bytes, modifiedMs } of orphanFiles(directory, manifest)) {
      const ageMs = host.now() - modifiedMs;
      if (ageMs < olderThanMs || (await isShared(path))) continue;
      await remove(path, bytes, ageMs, () => storage.remove(path));
    }
    for await (const job of jobDirectories(directory)) {
      if (await isLinkedJob(directory, job)) continue;
      for await (const { name, path, bytes, modifiedMs } of jobFiles(storage, job)) {
        // It is what refuses the tasks that still run.
        if (name === JOB_DECISION_NAME && sweeping.aborted.has(job)) continue;
        await remove(path, bytes, host.now() - modifiedMs, () => storage.remove(path));
      }
      if (!dryRun && (await storage.removeDirectory(job)))
        await storage.removeDirectory(storage.split(job).directory);
    }
    // A writer that has put nothing yet needs its directories.
    if (dryRun || state === 'complete' || !idle || (await isShared(directory.data))) return;
    if (await storage.removeDirectory(directory.data)) await storage.removeDirectory(directory.path);
  };
  const rootState = await root.state();
  if (rootState === 'collection') throw notComplete(root, rootState);
  const uploads = await incompleteUploadsBelow(root);
  if (uploads.length === 0 && (await storage.kind(root.path)) === undefined)
    throw notComplete(root, 'absent');
  for (const file of uploads) {
    const ageMs = host.now() - file.startedMs;
    await remove(file.path, file.bytes, ageMs, () => storage.removeIncompleteUpload?.(file));
  }
  await sweep(root, rootState);
  const isStore = rootState === 'complete' || rootState === 'incomplete';
  for await (const { kind, name } of storage.list(root.path)) {
    // A directory of stores may have one of that name.
    if (kind !== 'directory' || (isStore && name === DATA_DIRECTORY)) continue;
    signal?.throwIfAborted();
    const path = storage.join(root.path, name);
    const uri = storage.uri(path);
    try {
      if ((await storage.readLink?.(path)) !== undefined) continue;
      const directory = new StoreDirectory({ storage, path, uri });
      await sweep(directory, await directory.state());
    } catch (error) {
      skipUnreadable(uri, error, onSkip);
    }
  }
  if (failures.length > 0) throw failures[0];
  return swept;
}

/** Fills in what a sweep removes. @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkSweep({ olderThanMs = OLD_MS, dryRun = false }: SweepOptions): {
  readonly olderThanMs: number;
  readonly dryRun: boolean;
} {
  checkFlag('dryRun', dryRun);
  if (typeof olderThanMs !== 'number' || !(olderThanMs >= 0)) {
    throw invalidArgument('olderThanMs', 'olderThanMs must be a non-negative number');
  }
  return { olderThanMs, dryRun };
}

/** What a sweep goes by. */
interface Sweeping {
  readonly checksum: Checksum;
  /** What was changed since then stays. */
  readonly sinceMs: number;
  readonly dryRun: boolean;
  /** Paths of the batch jobs that this sweep has aborted. */
  readonly aborted: Set<string>;
}

/**
 * Aborts the batch jobs of an incomplete store in which nothing has changed for long: whoever works on them is refused from now
 * on. Returns whether no job is left that may still be committed.
 */
async function abortOldJobs(
  directory: StoreDirectory<ListableStorage>,
  { checksum, sinceMs, dryRun, aborted }: Sweeping,
): Promise<boolean> {
  const jobs = await openJobs(directory);
  if (jobs.length === 0) return true;
  const { storage, data } = directory;
  let changedMs = 0;
  for await (const { modifiedMs } of storage.list(data)) changedMs = Math.max(changedMs, modifiedMs);
  const isOld = ({ isCommitted, modifiedMs }: OpenJob): boolean =>
    !isCommitted && Math.max(modifiedMs, changedMs) <= sinceMs;
  if (!isConditional(storage) || !jobs.every(isOld)) return false;
  if (dryRun) return true;
  const abort = encodeDocument({ decision: 'abort' }, checksum);
  for (const { path } of jobs) {
    if (await storage.putIfAbsent(storage.join(path, JOB_DECISION_NAME), abort)) aborted.add(path);
  }
  // A commit may have been first.
  return (await openJobs(directory)).length === 0;
}

function isConditional(storage: ListableStorage): storage is ListableStorage & ConditionalStorage {
  return typeof (storage as Partial<ConditionalStorage>).putIfAbsent === 'function';
}

/** Whether the files of a batch job lie behind a symbolic link. */
async function isLinkedJob(
  { storage, path }: StoreDirectory<ListableStorage>,
  job: string,
): Promise<boolean> {
  for (const each of [storage.join(path, JOBS_DIRECTORY), job])
    if ((await storage.readLink?.(each)) !== undefined) return true;
  return false;
}

/** Whether no file has been made or removed in a store's data directory since a time. */
async function isOlder(
  { storage, path }: StoreDirectory<ListableStorage>,
  sinceMs: number,
): Promise<boolean> {
  for await (const { name, modifiedMs } of storage.list(path)) {
    if (name === DATA_DIRECTORY) return modifiedMs <= sinceMs;
  }
  return true;
}
