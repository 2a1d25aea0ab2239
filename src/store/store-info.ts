import { loadChecksum } from '../bytes/xxh64.ts';
import { checkOptions } from '../check-options.ts';
import { isKeyEncodingName } from '../codec/encoding-names.ts';
import { type KeyCodec, type KeyEncoding, keyCodecFor } from '../codec/keys/key-codec.ts';
import { CairnError, invalidArgument, isCairnError } from '../errors.ts';
import { HOST, type Host } from '../io/host.ts';
import { narrowStorage, REMOVAL_MEMBERS } from '../io/narrow-storage.ts';
import type { ListableStorage } from '../io/storage.ts';
import { type Location, locate } from '../io/uri.ts';
import { describedKeys, storeInfo as describeStore, type StoreInfo } from './manifest/describe-store.ts';
import { DATA_DIRECTORY, MANIFEST_NAME, type Manifest } from './manifest/manifest.ts';
import {
  inspectPath,
  leftovers,
  manifestPlace,
  notComplete,
  readManifest,
  unfinishedBelow,
  unfinishedHere,
} from './manifest/store-directory.ts';
import { openStore } from './open-store.ts';

/**
 * What a complete store says of itself. Reads the manifest only.
 *
 * Keys are decoded where the key encoding is a built-in one, else given as bytes.
 *
 * @throws {CairnError} (as a rejection) what `openStore` throws.
 *
 * @example
 * ```ts
 * import { createStore, storeInfo } from 'cairnkv';
 *
 * await createStore('memory:described').put('a', 1).close();
 * const { count, firstKey } = await storeInfo('memory:described');
 * console.log(count, firstKey); // 1 a
 * ```
 */
export async function storeInfo(uri: string | URL): Promise<StoreInfo> {
  const location = locate(uri);
  const checksum = await loadChecksum();
  try {
    return describe(location, await readManifest(location, checksum));
  } catch (error) {
    if (!isCairnError(error, 'NOT_A_STORE') || (await location.storage.kind(location.path)) !== 'file')
      throw error;
    const reader = await openStore(uri, { cacheBytes: 0 });
    await reader.close();
    return reader.info;
  }
}

function describe(location: Location, manifest: Manifest): StoreInfo {
  const { keyEncoding } = manifest;
  const codec: KeyCodec<unknown> = keyCodecFor<KeyEncoding>(
    isKeyEncodingName(keyEncoding) ? keyEncoding : 'binary',
  );
  return describeStore<unknown>(location.uri, manifest, describedKeys(codec, manifestPlace(location)));
}

/**
 * The complete stores directly below a root, in no particular order. Reads one manifest each.
 *
 * What is incomplete, damaged or something else is passed over; `verifyStore` tells about a damaged one.
 */
export async function* listStores(rootUri: string | URL): AsyncIterableIterator<StoreInfo> {
  const { storage, path } = narrowStorage(locate(rootUri, 'rootUri'), 'listed', ['list']);
  const checksum = await loadChecksum();
  for await (const entry of storage.list(path)) {
    if (entry.kind !== 'directory') continue;
    const child = storage.join(path, entry.name);
    const location: Location = { storage, path: child, uri: storage.uri(child) };
    try {
      yield describe(location, await readManifest(location, checksum));
    } catch (error) {
      if (!isCairnError(error, 'INCOMPLETE', 'NOT_A_STORE', 'NOT_FOUND', 'CORRUPTION', 'UNSUPPORTED_FORMAT'))
        throw error;
    }
  }
}

/**
 * Removes a store, complete or not, leftovers included. The manifest goes first: a deletion that is cut short
 * leaves an incomplete store, which can be deleted again.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `NOT_A_STORE` (and nothing is touched), `IO`.
 */
export async function deleteStore(uri: string | URL): Promise<void> {
  const location = narrowStorage(locate(uri), 'deleted', REMOVAL_MEMBERS);
  const { storage, path } = location;
  const state = await inspectPath(location);
  if (state !== 'complete' && state !== 'incomplete') throw notComplete(location, state);
  if (state === 'complete') {
    await storage.remove(storage.join(path, MANIFEST_NAME));
    await storage.syncDirectory(path);
  }
  for await (const leftover of leftovers(location)) await storage.remove(leftover.path);
  for (const file of await unfinishedHere(location)) await storage.removeIncompleteUpload?.(file);
  await storage.removeDirectory(storage.join(path, DATA_DIRECTORY));
  // Things that aren't ours keep the directory.
  if (await storage.removeDirectory(path)) await storage.syncDirectory(storage.split(path).directory);
}

/**
 * Moves a complete store to a path that does not exist (or is an empty directory), in one step. Readers that have it open go on.
 *
 * In a bucket all objects are copied by the storage, the manifest last, before the old ones are removed: a kill may leave
 * the store at both places, and readers of the old one may miss what they have not read.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `ALREADY_EXISTS`,
 *   `INVALID_ARGUMENT` (into itself), `UNSUPPORTED` (another file system or storage), `IO`.
 */
export async function renameStore(from: string | URL, to: string | URL): Promise<void> {
  const source = narrowStorage(locate(from, 'from'), 'renamed', ['moveDirectory', 'list']);
  const target = locate(to, 'to');
  const state = await inspectPath(source);
  if (state !== 'complete') throw notComplete(source, state);
  if (source.storage !== target.storage) {
    throw new CairnError(
      'UNSUPPORTED',
      `${source.uri} can't be renamed to another storage; copy it by a merge`,
      {
        uri: target.uri,
      },
    );
  }
  if (source.path === target.path) return;
  if (isWithin(target, source)) throw invalidArgument('to', `${target.uri} lies within ${source.uri}`);
  const there = await inspectPath(target);
  if (there !== 'absent' && there !== 'empty') {
    throw new CairnError('ALREADY_EXISTS', `${target.uri} exists already; choose another path`, {
      uri: target.uri,
    });
  }
  await source.storage.moveDirectory(source.path, target.path);
}

/** Whether a location lies below another. */
export function isWithin(inner: Location, outer: Location): boolean {
  if (inner.storage !== outer.storage) return false;
  for (let path = inner.path; ; ) {
    const { directory } = inner.storage.split(path);
    if (directory === outer.path) return true;
    if (directory === path || directory === '') return false;
    path = directory;
  }
}

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
  options: { readonly olderThanMs?: number; readonly dryRun?: boolean } = {},
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
