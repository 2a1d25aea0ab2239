import { compareBytes } from '../../bytes/compare.ts';
import { loadCompressor } from '../../compression/compressors.ts';
import { notLoaded } from '../../errors.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import type { Host } from '../../io/host.ts';
import type { PartitionReader } from '../../partition/cache/partition-reader.ts';
import { UncachedPartition } from '../../partition/cache/uncached-partition.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import { ReadCounter } from '../../partition/read-counter.ts';
import type { Progress } from '../../progress.ts';
import { placePartition } from '../manifest/copy-into.ts';
import { partitionFile } from '../manifest/open-files.ts';
import { isSame, type StoreDraft } from '../manifest/store-draft.ts';
import type { OnDuplicate } from '../write/on-duplicate.ts';
import type { StoreBuilder } from '../write/store-builder.ts';
import { checkWriteOptions } from '../write/write-options.ts';
import { mergeEntries } from './merge-entries.ts';
import type { MergeSource } from './merge-sources.ts';
import { overlapping } from './overlapping.ts';

/** How stores are merged. */
export interface MergeOptions {
  /** What happens to equal keys: `'error'` (the default) refuses the merge with everything intact. */
  readonly onDuplicate?: OnDuplicate | undefined;
  /** Called from time to time with the number of entries that are in their place, of those of all stores. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A partition of a source. */
interface Piece {
  readonly record: PartitionRecord;
  readonly source: number;
}

/** Brings the partitions of several stores into a draft. */
export class Merger {
  readonly #sources: readonly MergeSource[];
  readonly #draft: StoreDraft;
  readonly #builder: StoreBuilder;
  readonly #options: MergeOptions;
  readonly #opened: ByteSource[] = [];
  readonly #counter = new ReadCounter();
  readonly #pieces: readonly Piece[];
  readonly #total: number;
  #done = 0;

  private constructor(
    sources: readonly MergeSource[],
    draft: StoreDraft,
    builder: StoreBuilder,
    options: MergeOptions,
  ) {
    this.#sources = sources;
    this.#draft = draft;
    this.#builder = builder;
    this.#options = options;
    this.#pieces = sources.flatMap(({ manifest }, source) =>
      manifest.partitions.map((record) => ({ record, source })),
    );
    this.#total = entriesOf(this.#pieces);
  }

  /**
   * Puts all partitions into the draft and makes them durable; returns their records in key order.
   *
   * @throws {CairnError} (as a rejection) `DUPLICATE_KEY`, `CORRUPTION`, `IO`.
   */
  static async run(
    sources: readonly MergeSource[],
    draft: StoreDraft,
    options: MergeOptions,
    host: Host,
  ): Promise<PartitionRecord[]> {
    const { StoreBuilder } = await import('../write/store-builder.ts').catch(notLoaded);
    const { keyEncoding, valueEncoding, compression } = sources[0].manifest;
    const { partitionBytes, blockBytes, hashIndex } = checkWriteOptions({});
    const builder = await StoreBuilder.create(draft, {
      keyEncoding,
      valueEncoding,
      compressor: await loadCompressor(compression),
      partitionBytes,
      blockBytes,
      hashIndex,
      attemptId: host.uniqueName(),
    });
    const merger = new Merger(sources, draft, builder, options);
    try {
      return await merger.#run(host.uniqueName());
    } finally {
      await Promise.all(merger.#opened.map((source) => source.close()));
    }
  }

  async #run(attemptId: string): Promise<PartitionRecord[]> {
    const pieces = [...this.#pieces].sort((a, b) => compareBytes(a.record.firstKey, b.record.firstKey));
    const placed: PartitionRecord[] = [];
    for (const group of overlapping(pieces)) {
      this.#options.signal?.throwIfAborted();
      if (group.length === 1)
        placed.push(
          await this.#place(group[0], `part-${String(placed.length).padStart(5, '0')}-${attemptId}.cairn`),
        );
      else await this.#merge(group);
      this.#done += entriesOf(group);
      this.#report(0);
    }
    const built = await this.#builder.finish();
    return [...placed, ...built].sort((a, b) => compareBytes(a.firstKey, b.firstKey));
  }

  /** Puts a partition into the target: its own stay where they are, others are linked or, failing that, copied. */
  async #place({ record, source }: Piece, name: string): Promise<PartitionRecord> {
    const from = this.#sources[source].directory;
    const to = this.#draft.directory;
    if (isSame(from, to)) {
      this.#draft.keepReplaced();
      return record;
    }
    return placePartition(this.#draft, name, from, record, this.#options.signal);
  }

  async #merge(group: readonly Piece[]): Promise<void> {
    const sources = new Map<number, PartitionReader[]>();
    for (const { record, source } of group) {
      const { directory } = this.#sources[source];
      const path = directory.partition(record.name);
      const opened = await directory.storage.open(path, record, this.#options.signal);
      this.#opened.push(opened);
      const tools = { checksum: this.#draft.checksum, counter: this.#counter };
      const partition = await partitionFile(opened, record, tools, directory);
      const readers = sources.get(source) ?? [];
      readers.push(new UncachedPartition(partition));
      sources.set(source, readers);
    }
    const inOrder = [...sources].sort(([a], [b]) => a - b).map(([, readers]) => readers);
    await mergeEntries(inOrder, this.#builder, this.#options.onDuplicate ?? 'error', {
      signal: this.#options.signal,
      onProgress: (done) => this.#report(done),
    });
    // The next partition may be one that is not rewritten: this one must not reach over it.
    await this.#builder.roll();
  }

  /** Reports the entries of the groups that are in their place, and `more`. */
  #report(more: number): void {
    const { onProgress } = this.#options;
    onProgress?.({ unit: 'entries', done: this.#done + more, total: this.#total });
  }
}

function entriesOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { record }) => sum + record.count, 0);
}
