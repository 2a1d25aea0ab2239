import { loadChecksum } from '../bytes/xxh64.ts';
import { checkFlag, checkOptions } from '../check-options.ts';
import { CairnError, invalidArgument, isCairnError } from '../errors.ts';
import { HOST, type Host } from '../io/host.ts';
import { narrowStorage, REMOVAL_MEMBERS } from '../io/narrow-storage.ts';
import type { Storage } from '../io/storage.ts';
import type { Location } from '../io/uri.ts';
import { deleteStore } from './delete-store.ts';
import type { StoreInfo } from './manifest/describe-store.ts';
import { describeStoreAt } from './manifest/describe-store-at.ts';
import { withId } from './manifest/manifest.ts';
import { refuseLink } from './manifest/refuse-link.ts';
import { refuseShared } from './manifest/shared-files.ts';
import { StoreDirectory } from './manifest/store-directory.ts';
import { isSame, refuseChanged, refuseWithin, StoreDraft, targetDirectory } from './manifest/store-draft.ts';
import { commonMetadata, readSources } from './merge/merge-sources.ts';
import { type MergeOptions, Merger } from './merge/merger.ts';
import { checkOnDuplicate } from './write/on-duplicate.ts';

/**
 * Moves the entries of one store into another: `to` gains them, `from` is gone.
 *
 * Partitions whose key ranges don't overlap are not rewritten: they get a second name (a hard link), or are copied by
 * the storage. The rest is merged. `to` changes in one step, when its manifest is replaced; a crash leaves both stores
 * or the merged one. Readers keep the stores that they opened. Don't merge into the same store twice at once. `to` keeps
 * its metadata.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `INVALID_ARGUMENT` (a store
 *   into itself, other encodings, other metadata.keyFormat or metadata.log, which say what keys mean; IPv4 and IPv6
 *   addresses), `DUPLICATE_KEY` with both intact, `CONFLICT` (the target changed meanwhile),
 *   `CORRUPTION`, `IO`.
 */
export function mergeStore(from: string | URL, to: string | URL, options?: MergeOptions): Promise<StoreInfo>;
/** @internal With a clock and randomness of its own, for tests. */
export function mergeStore(
  from: string | URL,
  to: string | URL,
  options: MergeOptions | undefined,
  host: Host,
): Promise<StoreInfo>;
export async function mergeStore(
  from: string | URL,
  to: string | URL,
  given: MergeOptions = {},
  host: Host = HOST,
): Promise<StoreInfo> {
  const source = StoreDirectory.at(from, 'from');
  const target = targetDirectory(to, 'to');
  const removable = narrowStorage(source, 'merged and deleted', REMOVAL_MEMBERS);
  const options = checkMergeOptions(given);
  if (isSame(source, target)) throw invalidArgument('to', `${target.uri} can't be merged into itself`);
  refuseWithin(target, source);
  options.signal?.throwIfAborted();
  await refuseLink(removable, 'merged and deleted');
  const checksum = await loadChecksum();
  const place = new StoreDirectory(removable);
  await refuseShared(place, await place.state(), 'merged and deleted', checksum);
  const sources = await readSources([target, source], checksum, options.signal);
  if (source.storage === target.storage && (await isSamePlace(target, source.path)))
    throw invalidArgument('to', `${target.uri} leads to ${source.uri}, which can't be merged into itself`);
  const [{ manifest: before }] = sources;
  const draft = await StoreDraft.beginChange(target, checksum);
  const merged = await draft.complete(async () => {
    const partitions = await Merger.run(sources, draft, options, host);
    options.signal?.throwIfAborted();
    const manifest = withId({ ...before, partitions }, checksum);
    await draft.replace(before, manifest);
    return manifest;
  });
  await deleteMerged(from, source, target);
  return describeStoreAt(target, merged);
}

/**
 * Deletes a store that has been merged into another. Files of it that can't be removed are left to sweep once it is no
 * store any more.
 */
async function deleteMerged(
  from: string | URL,
  source: StoreDirectory,
  target: Pick<Location, 'uri'>,
): Promise<void> {
  try {
    await deleteStore(from);
  } catch (error) {
    if (!isCairnError(error)) throw error;
    if ((await source.state().catch(() => 'complete')) !== 'complete') return;
    throw new CairnError(
      'IO',
      `the entries of ${source.uri} are in ${target.uri}, but ${source.uri} could not be deleted: ${error.message}. ` +
        'Delete it; merging it again would find every key twice',
      { uri: source.uri, operation: 'delete', transient: error.transient, cause: error },
    );
  }
}

/** Whether a path is that of a directory, by way of symbolic links. */
async function isSamePlace({ storage, path }: Location<Storage>, other: string): Promise<boolean> {
  if (storage.realPath === undefined) return false;
  return (await storage.realPath(path)) === (await storage.realPath(other));
}

/** How stores are merged into a new one. */
export interface MergeStoresOptions extends MergeOptions {
  /** Takes the place of the store that is at the target: see `replace` of `createStore`. Default: false. */
  readonly replace?: boolean | undefined;
}

/**
 * Makes a new store of the entries of several, which stay as they are. Sources and target may lie in different
 * storages. Partitions that don't overlap are linked, or copied whole where that can't be. The members of the metadata on
 * which all sources agree are kept, others are left out.
 *
 * With `replace`, the target may be a store, also one of the sources, which the merged one replaces in one step.
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
export function mergeStores(
  sources: readonly (string | URL)[],
  to: string | URL,
  options?: MergeStoresOptions,
): Promise<StoreInfo>;
/** @internal With a clock and randomness of its own, for tests. */
export function mergeStores(
  sources: readonly (string | URL)[],
  to: string | URL,
  options: MergeStoresOptions | undefined,
  host: Host,
): Promise<StoreInfo>;
export async function mergeStores(
  sources: readonly (string | URL)[],
  to: string | URL,
  given: MergeStoresOptions = {},
  host: Host = HOST,
): Promise<StoreInfo> {
  const options = checkMergeOptions(given, ['replace']);
  const { replace = false } = options;
  checkFlag('replace', replace);
  if (!Array.isArray(sources) || sources.length === 0) {
    throw invalidArgument('sources', 'sources must be an array of at least one URI');
  }
  const directories = sources.map((uri) => StoreDirectory.readWhole(uri, 'sources'));
  const target = targetDirectory(to, 'to');
  for (const [i, directory] of directories.entries()) {
    if (directories.findIndex((other) => isSame(other, directory)) !== i)
      throw invalidArgument('sources', `${directory.uri} is named twice`);
    refuseWithin(target, directory);
  }
  options.signal?.throwIfAborted();
  const checksum = await loadChecksum();
  const opened = await readSources(directories, checksum, options.signal);
  const draft = await StoreDraft.begin(target, {
    checksum,
    signal: options.signal,
    replace,
    precheck: async (replaced) => {
      // Partitions that the target has are not written again: they must be those of the store that is replaced.
      const own = opened.find(({ directory }) => isSame(directory, target));
      if (own !== undefined) refuseChanged(target, own.manifest, replaced);
    },
  });
  const merged = await draft.complete(async () => {
    const partitions = await Merger.run(opened, draft, options, host);
    options.signal?.throwIfAborted();
    const manifest = withId(
      { ...opened[0].manifest, metadata: commonMetadata(opened), partitions },
      checksum,
    );
    await draft.commit(manifest);
    return manifest;
  });
  return describeStoreAt(target, merged);
}

function checkMergeOptions<O extends MergeOptions>(options: O, more: readonly string[] = []): O {
  const own = checkOptions(options, ['onDuplicate', ...more, 'onProgress', 'signal']);
  checkOnDuplicate(own.onDuplicate ?? 'error');
  return own;
}
