import { loadChecksum } from '../bytes/xxh64.ts';
import { checkOptions } from '../check-options.ts';
import { invalidArgument, isCairnError } from '../errors.ts';
import { HOST, type Host } from '../io/host.ts';
import { narrowStorage, REMOVAL_MEMBERS } from '../io/narrow-storage.ts';
import type { ListableStorage } from '../io/storage.ts';
import { type Location, locate } from '../io/uri.ts';
import { DATA_DIRECTORY, type Manifest } from './manifest/manifest.ts';
import {
  inspectPath,
  leftovers,
  notComplete,
  readManifest,
  unfinishedBelow,
} from './manifest/store-directory.ts';

/** One file that crashed writers or cut-short deletions left behind, or began to send to a storage far away. */
export interface Leftover {
  readonly uri: string;
  readonly bytes: number;
  /** Milliseconds since its last change, or since it was begun. */
  readonly ageMs: number;
}

/** Leftovers younger than a day may belong to a writer at work. */
const OLD_MS = 24 * 60 * 60 * 1000;

/**
 * Finds what crashed writers left behind in a store, or in the stores directly below a root, and removes it
 * unless `dryRun`. Complete stores keep all that their manifest names. In a bucket, also finds what writers began to send,
 * which nothing else shows and which takes room all the same.
 *
 * @param options `olderThanMs`: spares files changed since; a day unless given.
 */
export async function sweepStores(
  rootUri: string | URL,
  options: { readonly olderThanMs?: number | undefined; readonly dryRun?: boolean | undefined } = {},
  host: Host = HOST,
): Promise<Leftover[]> {
  checkOptions(options, ['olderThanMs', 'dryRun']);
  const { olderThanMs = OLD_MS, dryRun = false } = options;
  if (typeof olderThanMs !== 'number' || !(olderThanMs >= 0)) {
    throw invalidArgument('olderThanMs', 'olderThanMs must be a non-negative number');
  }
  const root = narrowStorage(locate(rootUri, 'rootUri'), 'swept', REMOVAL_MEMBERS);
  const { storage } = root;
  const checksum = await loadChecksum();
  const swept: Leftover[] = [];
  const sweep = async (location: typeof root): Promise<void> => {
    const state = await inspectPath(location);
    if (state !== 'complete' && state !== 'incomplete') return;
    let manifest: Manifest | undefined;
    try {
      if (state === 'complete') manifest = await readManifest(location, checksum);
    } catch (error) {
      // Which of its files are leftovers can't be known.
      if (isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT')) return;
      throw error;
    }
    // Looked at before anything is removed, which makes it young.
    const idle = await isOlder(location, host.now() - olderThanMs);
    for await (const { path, bytes, modifiedMs } of leftovers(location, manifest)) {
      const ageMs = host.now() - modifiedMs;
      if (ageMs < olderThanMs) continue;
      swept.push({ uri: storage.uri(path), bytes, ageMs });
      if (!dryRun) await storage.remove(path);
    }
    // A writer that has put nothing yet needs its directories.
    if (dryRun || state === 'complete' || !idle) return;
    if (await storage.removeDirectory(storage.join(location.path, DATA_DIRECTORY))) {
      await storage.removeDirectory(location.path);
    }
  };
  const begun = await unfinishedBelow(root);
  if (begun.length === 0 && (await storage.kind(root.path)) === undefined) throw notComplete(root, 'absent');
  for (const file of begun) {
    const ageMs = host.now() - file.startedMs;
    if (ageMs < olderThanMs) continue;
    swept.push({ uri: storage.uri(file.path), bytes: file.bytes, ageMs });
    if (!dryRun) await storage.removeIncompleteUpload?.(file);
  }
  await sweep(root);
  for await (const { kind, name } of storage.list(root.path)) {
    if (kind !== 'directory' || name === DATA_DIRECTORY) continue;
    const path = storage.join(root.path, name);
    await sweep({ storage, path, uri: storage.uri(path) });
  }
  return swept;
}

/** Whether nothing was made or removed in a store's data directory since a time. */
async function isOlder({ storage, path }: Location<ListableStorage>, sinceMs: number): Promise<boolean> {
  for await (const { name, modifiedMs } of storage.list(path)) {
    if (name === DATA_DIRECTORY) return modifiedMs <= sinceMs;
  }
  return true;
}
