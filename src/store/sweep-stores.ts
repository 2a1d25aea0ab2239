import { loadChecksum } from '../bytes/xxh64.ts';
import { checkOptions } from '../check-options.ts';
import { invalidArgument, isCairnError } from '../errors.ts';
import { HOST, type Host } from '../io/host.ts';
import { narrowStorage, REMOVAL_MEMBERS } from '../io/narrow-storage.ts';
import type { ListableStorage } from '../io/storage.ts';
import { locate } from '../io/uri.ts';
import { DATA_DIRECTORY, type Manifest } from './manifest/manifest.ts';
import { incompleteUploadsBelow, orphanFiles } from './manifest/orphan-files.ts';
import { notComplete } from './manifest/path-state.ts';
import { StoreDirectory } from './manifest/store-directory.ts';

/** A file of a crashed writer or of a deletion that was cut short, or an incomplete upload: no store names it. */
export interface OrphanFile {
  readonly uri: string;
  readonly bytes: number;
  /** Milliseconds since its last change, or since the upload was started. */
  readonly ageMs: number;
}

/** What a sweep removes, and how it is ended. */
export interface SweepOptions {
  /** Spares files that were changed in this time, in milliseconds. Default: a day. */
  readonly olderThanMs?: number | undefined;
  /** Removes nothing: only lists. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** Ends the sweep; what is removed by then is gone, and the rest is found by the next one. */
  readonly signal?: AbortSignal | undefined;
}

/** Younger files may belong to a writer at work. */
const OLD_MS = 24 * 60 * 60 * 1000;

/**
 * Removes, and returns, the orphan files of crashed writers in a store, or in the stores directly below a root; with
 * `dryRun`, only returns them. Complete stores keep all that their manifest names. In a bucket, also removes incomplete
 * uploads, which no listing of objects shows although they take space.
 *
 * @param options `olderThanMs`: keeps younger files; default: a day.
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
  checkOptions(options, ['olderThanMs', 'dryRun', 'signal']);
  const { olderThanMs = OLD_MS, dryRun = false, signal } = options;
  signal?.throwIfAborted();
  if (typeof dryRun !== 'boolean') throw invalidArgument('dryRun', 'dryRun must be true or false');
  if (typeof olderThanMs !== 'number' || !(olderThanMs >= 0)) {
    throw invalidArgument('olderThanMs', 'olderThanMs must be a non-negative number');
  }
  const root = new StoreDirectory(narrowStorage(locate(rootUri, 'rootUri'), 'swept', REMOVAL_MEMBERS));
  const { storage } = root;
  const checksum = await loadChecksum();
  const swept: OrphanFile[] = [];
  const sweep = async (directory: typeof root): Promise<void> => {
    const state = await directory.state();
    if (state !== 'complete' && state !== 'incomplete') return;
    let manifest: Manifest | undefined;
    try {
      if (state === 'complete') manifest = await directory.readManifest(checksum, signal);
    } catch (error) {
      // Nothing says which of its files are orphans.
      if (isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT')) return;
      throw error;
    }
    // Looked at before anything is removed, which makes it young.
    const idle = await isOlder(directory, host.now() - olderThanMs);
    for await (const { path, bytes, modifiedMs } of orphanFiles(directory, manifest)) {
      const ageMs = host.now() - modifiedMs;
      if (ageMs < olderThanMs) continue;
      signal?.throwIfAborted();
      swept.push({ uri: storage.uri(path), bytes, ageMs });
      if (!dryRun) await storage.remove(path);
    }
    // A writer that has put nothing yet needs its directories.
    if (dryRun || state === 'complete' || !idle) return;
    if (await storage.removeDirectory(directory.data)) await storage.removeDirectory(directory.path);
  };
  const uploads = await incompleteUploadsBelow(root);
  if (uploads.length === 0 && (await storage.kind(root.path)) === undefined)
    throw notComplete(root, 'absent');
  for (const file of uploads) {
    const ageMs = host.now() - file.startedMs;
    if (ageMs < olderThanMs) continue;
    signal?.throwIfAborted();
    swept.push({ uri: storage.uri(file.path), bytes: file.bytes, ageMs });
    if (!dryRun) await storage.removeIncompleteUpload?.(file);
  }
  await sweep(root);
  for await (const { kind, name } of storage.list(root.path)) {
    if (kind !== 'directory' || name === DATA_DIRECTORY) continue;
    signal?.throwIfAborted();
    const path = storage.join(root.path, name);
    await sweep(new StoreDirectory({ storage, path, uri: storage.uri(path) }));
  }
  return swept;
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
