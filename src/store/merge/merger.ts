import type { Checksum } from '../../bytes/checksum.ts';
import { compareBytes } from '../../bytes/compare.ts';
import { loadCompressor, loadDecompressors } from '../../compression/compressions.ts';
import { invalidArgument, notLoaded } from '../../errors.ts';
import type { Host } from '../../io/host.ts';
import type { Storage, WritableStorage } from '../../io/storage.ts';
import type { Location } from '../../io/uri.ts';
import { PagedPartition } from '../../partition/cache/paged-partition.ts';
import type { PartitionReader } from '../../partition/cache/partition-reader.ts';
import { PartitionFile } from '../../partition/partition-file.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import { ReadCounter } from '../../partition/read-counter.ts';
import { DATA_DIRECTORY, MANIFEST_NAME, type Manifest } from '../manifest/manifest.ts';
import { inspectPath, notComplete, readManifest } from '../manifest/store-directory.ts';
import type { OnDuplicate } from '../write/on-duplicate.ts';
import type { StoreBuilder } from '../write/store-builder.ts';
import { checkWriteOptions } from '../write/write-options.ts';
import { mergeEntries } from './merge-entries.ts';

/** How stores are merged. */
export interface MergeOptions {
  /** What happens to equal keys: `'error'` (unless given) refuses the merge with everything intact. */
  readonly onDuplicate?: OnDuplicate | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A partition that goes into a merged store, and the store it comes from. */
interface Piece {
  readonly record: PartitionRecord;
  readonly source: number;
}

/** Brings the partitions of several stores into the data directory of one. */
export class Merger {
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
    const { StoreBuilder } = await import('../write/store-builder.ts').catch(notLoaded);
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
    pieces.sort((a, b) => compareBytes(a.record.firstKey, b.record.firstKey));
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
    return [...placed, ...built].sort((a, b) => compareBytes(a.firstKey, b.firstKey));
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
    if (last !== undefined && compareBytes(firstKey, last) <= 0) {
      groups[groups.length - 1].push(piece);
      if (compareBytes(lastKey, last) > 0) last = lastKey;
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
