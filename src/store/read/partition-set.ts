import { SortedKeys } from '../../bytes/sorted-keys.ts';
import { BlockCursor } from '../../format/block.ts';
import type { SparseIndex } from '../../format/sparse-index.ts';
import { FOUND, MISSING, type Outcome } from '../../partition/cache/outcome.ts';
import type { PartitionReader, PinnedBlock } from '../../partition/cache/partition-reader.ts';

/** The result of a step that lacks something: `partition` must load it before the step is repeated. */
export const INCOMPLETE_STEP = -1;

/**
 * The partitions of a store in key order, and the steps of order queries: the number of entries before a key,
 * and the n-th entry. A step uses what is in memory or pinned, and reports what is missing.
 */
export class PartitionSet {
  readonly partitions: readonly PartitionReader[];
  /** Entries in the store. */
  readonly count: number;
  /** The partition of the last step: the one that answered, or that lacks something. */
  partition: PartitionReader | undefined;
  /** The entry that {@link entryAt} moved to. */
  readonly cursor: BlockCursor = new BlockCursor();
  readonly #firstKeys: SortedKeys;
  /** Entries before each partition. */
  readonly #before: Float64Array;

  readonly #release: (() => void) | undefined;

  /** `release` returns the partitions' share of the process's memory; it is called when they are closed. */
  constructor(partitions: readonly PartitionReader[], release?: () => void) {
    this.partitions = partitions;
    this.#release = release;
    this.#firstKeys = SortedKeys.from(partitions.map(({ file }) => file.record.firstKey));
    this.#before = new Float64Array(partitions.length + 1);
    for (let i = 0; i < partitions.length; i++)
      this.#before[i + 1] = this.#before[i] + partitions[i].file.record.count;
    this.count = this.#before[partitions.length];
  }

  /** The only partition that may have `key[0…length)`; −1 if all keys are greater. */
  find(key: Uint8Array, length: number): number {
    // A single partition handles every key, those before its first included.
    if (this.partitions.length === 1) return 0;
    return this.#firstKeys.find(key, length);
  }

  /**
   * Returns the number of entries before a key, or with `inclusive` up to it; {@link INCOMPLETE_STEP} if
   * something is missing.
   */
  rank(key: Uint8Array, inclusive: boolean, pinned: readonly PinnedBlock[]): number {
    const number = this.find(key, key.length);
    if (number < 0) return 0;
    const partition = this.partitions[number];
    this.partition = partition;
    if (!partition.hasIndex()) return INCOMPLETE_STEP;
    const index = partition.index as SparseIndex;
    const block = index.findBlock(key, key.length);
    const { cursor } = this;
    if (partition.openBlock(block, cursor, pinned) === MISSING) return INCOMPLETE_STEP;
    const ordinal = cursor.lowerBound(key, key.length);
    if (ordinal < 0) throw partition.damagedBlock(block);
    return this.#before[number] + index.entriesBefore(block) + ordinal + (inclusive && cursor.found ? 1 : 0);
  }

  /** Moves {@link cursor} to the entry at `rank`, which must be less than {@link count}. */
  entryAt(rank: number, pinned: readonly PinnedBlock[]): Outcome {
    let number = 0;
    for (let size = this.partitions.length; size > 1; ) {
      const half = size >>> 1;
      if (this.#before[number + half] <= rank) number += half;
      size -= half;
    }
    const partition = this.partitions[number];
    this.partition = partition;
    if (!partition.hasIndex()) return MISSING;
    const index = partition.index as SparseIndex;
    const ordinal = rank - this.#before[number];
    const block = index.blockAtEntry(ordinal);
    if (partition.openBlock(block, this.cursor, pinned) === MISSING) return MISSING;
    if (this.cursor.seekOrdinal(ordinal - index.entriesBefore(block)) < 0)
      throw partition.damagedBlock(block);
    return FOUND;
  }

  async close(): Promise<void> {
    this.#release?.();
    await Promise.all(this.partitions.map(({ file }) => file.source.close()));
  }
}
