import { loadChecksum } from '../bytes/xxh64.ts';
import { checkOptions } from '../check-options.ts';
import { CairnError, invalidArgument } from '../errors.ts';
import { HOST, type Host } from '../io/host.ts';
import { narrowStorage, REMOVAL_MEMBERS, STORAGE_MEMBERS } from '../io/narrow-storage.ts';
import { type Location, locate } from '../io/uri.ts';
import { deleteStore } from './delete-store.ts';
import { commitManifest, replaceManifest } from './manifest/commit.ts';
import type { StoreInfo } from './manifest/describe-store.ts';
import type { Manifest } from './manifest/manifest.ts';
import { inspectPath, isWithin, readManifest } from './manifest/store-directory.ts';
import type { MergeOptions } from './merge/merger.ts';
import { Merger } from './merge/merger.ts';
import { storeInfo } from './store-info.ts';
import { checkOnDuplicate } from './write/on-duplicate.ts';

/**
 * Moves the entries of one store into another: `to` gains them, `from` is gone.
 *
 * Partitions whose key ranges don't overlap are not rewritten: they get a second name (a hard link), or are copied by
 * the storage. The rest is merged. `to` changes in one step, when its manifest is replaced; a crash leaves both stores
 * or the merged one. Readers keep the stores that they opened. Don't merge into the same store twice at once.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `INVALID_ARGUMENT` (a store
 *   into itself, other encodings), `DUPLICATE_KEY` with both intact, `CONFLICT` (the target changed meanwhile),
 *   `CORRUPTION`, `IO`.
 */
export async function mergeStore(
  from: string | URL,
  to: string | URL,
  options: MergeOptions = {},
  host: Host = HOST,
): Promise<StoreInfo> {
  const source = narrowStorage(locate(from, 'from'), 'merged and deleted', REMOVAL_MEMBERS);
  const target = narrowStorage(locate(to, 'to'), 'written to', STORAGE_MEMBERS);
  checkMergeOptions(options);
  if (source.storage === target.storage && source.path === target.path) {
    throw invalidArgument('to', `${target.uri} can't be merged into itself`);
  }
  if (isWithin(target, source)) throw invalidArgument('to', `${target.uri} lies within ${source.uri}`);
  const checksum = await loadChecksum();
  const merger = await Merger.open([target, source], target, checksum, options, host);
  try {
    const partitions = await merger.build();
    const unchanged = (current: Manifest): void => refuseChanged(target, merger.manifests[0], current);
    unchanged(await readManifest(target, checksum));
    options.signal?.throwIfAborted();
    const merged = { ...merger.manifests[0], partitions };
    const { state, error } = await replaceManifest(target, merged, checksum, unchanged);
    if (state !== 'lost') merger.keep();
    if (state !== 'done') throw error;
    await merger.removeReplaced(partitions);
  } finally {
    await merger.close();
  }
  await deleteStore(from);
  return storeInfo(to);
}

/**
 * Makes a new store of the entries of several, which stay as they are. Sources and target may lie in different
 * storages. Partitions that don't overlap are linked, or copied whole where that can't be.
 *
 * @throws {CairnError} (as a rejection) what `mergeStore` throws, and `ALREADY_EXISTS`.
 *
 * @example
 * ```ts
 * import { createStore, mergeStores, openStore } from 'cairnkv';
 *
 * await createStore('memory:monday').put('a', 1).put('b', 2).close();
 * await createStore('memory:tuesday').put('b', 3).put('c', 4).close();
 * const info = await mergeStores(['memory:monday', 'memory:tuesday'], 'memory:both', { onDuplicate: 'last' });
 * console.log(info.count, await openStore('memory:both').get('b')); // 3 3
 * ```
 */
export async function mergeStores(
  sources: readonly (string | URL)[],
  to: string | URL,
  options: MergeOptions = {},
  host: Host = HOST,
): Promise<StoreInfo> {
  checkMergeOptions(options);
  if (!Array.isArray(sources) || sources.length === 0) {
    throw invalidArgument('sources', 'sources must be an array of at least one URI');
  }
  const locations = sources.map((uri) => locate(uri, 'sources'));
  const target = narrowStorage(locate(to, 'to'), 'written to', STORAGE_MEMBERS);
  for (const [i, location] of locations.entries()) {
    const again = locations.findIndex(
      ({ storage, path }) => storage === location.storage && path === location.path,
    );
    if (again !== i) throw invalidArgument('sources', `${location.uri} is named twice`);
    if (isWithin(target, location)) throw invalidArgument('to', `${target.uri} lies within ${location.uri}`);
  }
  const state = await inspectPath(target);
  if (state === 'complete' || state === 'file' || state === 'foreign') {
    throw new CairnError('ALREADY_EXISTS', `${target.uri} exists already; choose another path`, {
      uri: target.uri,
    });
  }
  const checksum = await loadChecksum();
  const merger = await Merger.open(locations, target, checksum, options, host);
  try {
    const partitions = await merger.build();
    options.signal?.throwIfAborted();
    const { state, error } = await commitManifest(
      target,
      { ...merger.manifests[0], metadata: {}, partitions },
      checksum,
    );
    if (state !== 'lost') merger.keep();
    if (error !== undefined) throw error;
    if (state === 'lost') {
      throw new CairnError('ALREADY_EXISTS', `another writer was first at ${target.uri}`, {
        uri: target.uri,
      });
    }
  } finally {
    await merger.close();
  }
  return storeInfo(to);
}

function refuseChanged({ uri }: Location, before: Manifest, now: Manifest): void {
  const namesOf = ({ partitions }: Manifest): string => partitions.map(({ name }) => name).join('/');
  if (now.id === before.id && namesOf(now) === namesOf(before)) return;
  throw new CairnError('CONFLICT', `${uri} was changed by another merge meanwhile; merge again`, { uri });
}

function checkMergeOptions(options: MergeOptions): void {
  checkOptions(options, ['onDuplicate', 'signal']);
  checkOnDuplicate(options.onDuplicate ?? 'error');
}
