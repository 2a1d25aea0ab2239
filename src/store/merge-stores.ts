import type { Checksum } from '../bytes/checksum.ts';
import { compareKeys } from '../bytes/compare.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import { checkOptions } from '../check-options.ts';
import { loadCompressor } from '../compression/compressor.ts';
import { CairnError, invalidArgument } from '../errors.ts';
import { HOST, type Host } from '../io/host.ts';
import { narrowStorage, REMOVAL_MEMBERS, STORAGE_MEMBERS } from '../io/narrow-storage.ts';
import type { Storage, WritableStorage } from '../io/storage.ts';
import { type Location, locate } from '../io/uri.ts';
import { PagedPartition } from '../partition/cache/paged-partition.ts';
import type { PartitionReader } from '../partition/cache/partition-reader.ts';
import { loadDecompressors, PartitionFile } from '../partition/partition-file.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import { commitManifest, replaceManifest } from './manifest/commit.ts';
import type { StoreInfo } from './manifest/describe-store.ts';
import { DATA_DIRECTORY, MANIFEST_NAME, type Manifest, type PartitionRecord } from './manifest/manifest.ts';
import { inspectPath, notComplete, readManifest } from './manifest/store-directory.ts';
import { mergeEntries } from './merge/merge-entries.ts';
import { deleteStore, isWithin, storeInfo } from './store-info.ts';
import { checkOnDuplicate, type OnDuplicate } from './write/on-duplicate.ts';
import { StoreBuilder } from './write/store-builder.ts';
import { checkWriteOptions } from './write/write-options.ts';

/** How stores are merged. */
export interface MergeOptions {
  /** What happens to equal keys: `'error'` (unless given) refuses the merge with everything intact. */
  readonly onDuplicate?: OnDuplicate;
  readonly signal?: AbortSignal;
}

/** A partition that goes into a merged store, and the store it comes from. */
interface Piece {
  readonly record: PartitionRecord;
  readonly source: number;
}

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
  checkOnDuplicate('onDuplicate', options.onDuplicate ?? 'error');
}

/** Brings the partitions of several stores into the data directory of one. */
class Merger {
  readonly manifests: readonly Manifest[];
  readonly #locations: readonly Location[];
  readonly #target: Location<Storage>;
  readonly #checksum: Checksum;
  readonly #options: MergeOptions;
  readonly #host: Host;
  readonly #builder: StoreBuilder;
  /** Whether the target's directory was made here, and goes when the merge fails. */
  readonly #created: boolean;
  readonly #placed: string[] = [];
  readonly #opened: PartitionFile[] = [];
  readonly #counter = new ReadCounter();
  #kept = false;

  private constructor(
    locations: readonly Location[],
    manifests: readonly Manifest[],
    target: Location<Storage>,
    builder: StoreBuilder,
    checksum: Checksum,
    options: MergeOptions,
    host: Host,
    created: boolean,
  ) {
    this.#locations = locations;
    this.manifests = manifests;
    this.#target = target;
    this.#builder = builder;
    this.#checksum = checksum;
    this.#options = options;
    this.#host = host;
    this.#created = created;
  }

  static async open(
    locations: readonly Location[],
    target: Location<Storage>,
    checksum: Checksum,
    options: MergeOptions,
    host: Host,
  ): Promise<Merger> {
    const manifests: Manifest[] = [];
    for (const location of locations) {
      const state = await inspectPath(location);
      if (state !== 'complete') throw notComplete(location, state);
      manifests.push(await readManifest(location, checksum, options.signal));
    }
    const { keyEncoding, valueEncoding, compression } = manifests[0];
    for (const [i, manifest] of manifests.entries()) {
      if (manifest.keyEncoding === keyEncoding && manifest.valueEncoding === valueEncoding) continue;
      throw invalidArgument(
        'sources',
        `${locations[i].uri} has ${manifest.keyEncoding} keys and ${manifest.valueEncoding} values, but ` +
          `${locations[0].uri} has ${keyEncoding} keys and ${valueEncoding} values: write it again with these`,
      );
    }
    const { storage, path } = target;
    await storage.prepareCommit?.(storage.join(path, MANIFEST_NAME));
    const created = await storage.makeDirectory(path);
    await storage.makeDirectory(storage.join(path, DATA_DIRECTORY));
    const { partitionBytes, blockBytes, hashIndex } = checkWriteOptions({});
    const builder = await StoreBuilder.create(
      storage,
      path,
      {
        keyEncoding,
        valueEncoding,
        compressor: await loadCompressor(compression),
        partitionBytes,
        blockBytes,
        hashIndex,
        uid: host.uniqueName(),
      },
      checksum,
    );
    return new Merger(locations, manifests, target, builder, checksum, options, host, created);
  }

  /** Puts all partitions into place and makes them durable; returns their records in key order. */
  async build(): Promise<PartitionRecord[]> {
    const pieces = this.manifests.flatMap(({ partitions }, source) =>
      partitions.map((record) => ({ record, source })),
    );
    pieces.sort((a, b) => compareKeys(a.record.firstKey, b.record.firstKey));
    const uid = this.#host.uniqueName();
    const placed: PartitionRecord[] = [];
    for (const group of overlapping(pieces)) {
      this.#options.signal?.throwIfAborted();
      if (group.length === 1)
        placed.push(
          await this.#place(group[0], `part-${String(placed.length).padStart(5, '0')}-${uid}.cairn`),
        );
      else await this.#merge(group);
    }
    const built = await this.#builder.finish();
    const { storage, path } = this.#target;
    if (placed.length > 0) await storage.syncDirectory(storage.join(path, DATA_DIRECTORY));
    return [...placed, ...built].sort((a, b) => compareKeys(a.firstKey, b.firstKey));
  }

  /** The merge has been committed: its files stay. */
  keep(): void {
    this.#kept = true;
  }

  /** Removes partitions of the target that its new manifest doesn't name any more. */
  async removeReplaced(partitions: readonly PartitionRecord[]): Promise<void> {
    const { storage, path } = this.#target;
    const names = new Set(partitions.map(({ name }) => name));
    for (const { name } of this.manifests[0].partitions) {
      if (!names.has(name)) await storage.remove(storage.join(storage.join(path, DATA_DIRECTORY), name));
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map(({ source }) => source.close()));
    if (this.#kept) return;
    const { storage, path } = this.#target;
    await this.#builder.abort();
    for (const file of this.#placed) await storage.remove(file);
    if (!this.#created) return;
    await storage.removeDirectory(storage.join(path, DATA_DIRECTORY));
    await storage.removeDirectory(path);
  }

  /** Gives a partition a place in the target: none is needed for its own, a link or a copy for another's. */
  async #place({ record, source }: Piece, name: string): Promise<PartitionRecord> {
    const from = this.#locations[source];
    const { storage, path } = this.#target;
    if (from.storage === storage && from.path === path) return record;
    const original = from.storage.join(from.storage.join(from.path, DATA_DIRECTORY), record.name);
    const copy = storage.join(storage.join(path, DATA_DIRECTORY), name);
    this.#placed.push(copy);
    if (from.storage !== storage || !(await storage.link?.(original, copy))) {
      await copyFile(from, original, this.#target, copy, this.#options.signal);
    }
    return { ...record, name };
  }

  async #merge(group: readonly Piece[]): Promise<void> {
    const sources = new Map<number, PartitionReader[]>();
    for (const { record, source } of group) {
      const { storage, path } = this.#locations[source];
      const file = storage.join(storage.join(path, DATA_DIRECTORY), record.name);
      const decompressors = await loadDecompressors([record.compression]);
      const partition = new PartitionFile(
        await storage.open(file, record),
        record,
        this.#checksum,
        decompressors,
        this.#counter,
      );
      this.#opened.push(partition);
      const readers = sources.get(source) ?? [];
      readers.push(
        new PagedPartition(partition, false, { always: true, cacheFor: noCache, counter: this.#counter }),
      );
      sources.set(source, readers);
    }
    const inOrder = [...sources].sort(([a], [b]) => a - b).map(([, readers]) => readers);
    await mergeEntries(inOrder, this.#builder, this.#options.onDuplicate ?? 'error', this.#options.signal);
    // What comes next may be a partition that is not rewritten: this one must not reach over it.
    await this.#builder.roll();
  }
}

function noCache(): never {
  throw new Error('a merge reads each block once');
}

/** Groups pieces, sorted by their first keys, so that key ranges overlap within a group only. */
function overlapping(pieces: readonly Piece[]): Piece[][] {
  const groups: Piece[][] = [];
  let last: Uint8Array | undefined;
  for (const piece of pieces) {
    const { firstKey, lastKey } = piece.record;
    if (last !== undefined && compareKeys(firstKey, last) <= 0) {
      groups[groups.length - 1].push(piece);
      if (compareKeys(lastKey, last) > 0) last = lastKey;
    } else {
      groups.push([piece]);
      last = lastKey;
    }
  }
  return groups;
}

const COPY_BYTES = 1 << 20;

async function copyFile(
  from: Location,
  original: string,
  to: Location<WritableStorage>,
  copy: string,
  signal?: AbortSignal,
): Promise<void> {
  const source = await from.storage.open(original);
  try {
    const sink = to.storage.create(copy);
    try {
      for (let at = 0; at < source.size; at += COPY_BYTES) {
        const piece = new Uint8Array(Math.min(COPY_BYTES, source.size - at));
        await source.read(at, piece, signal);
        await sink.write(piece);
      }
      await sink.finish();
    } catch (error) {
      await sink.abort();
      throw error;
    }
  } finally {
    await source.close();
  }
}
