import { BlockCursor, EntrySpans } from '../../format/block.ts';
import type { SparseIndex } from '../../format/sparse-index.ts';
import type { BlockStream } from '../../partition/block-stream.ts';
import { MISSING } from '../../partition/cache/outcome.ts';
import type { PartitionReader, Readahead } from '../../partition/cache/partition-reader.ts';
import { unlessAborted } from '../../wait-options.ts';
import type { PartitionSet } from './partition-set.ts';
import type { EncodedRange } from './range.ts';

/** The stream of the next partition is opened when this many bytes of the current one are left. */
const NEXT_STREAM_BYTES = 1 << 23;

/** Each step may have so many times the entries of the one before. */
const CHUNK_GROWTH = 4;

/** The result of a step that lacks something. */
const MISSING_STEP = 'missing';

/**
 * Walks the blocks of a range in order. After each step, {@link spans} has the positions in {@link bytes} of
 * those entries of the block that belong to the range, in the order of the range.
 */
export class RangeScan {
  /** The memory of the current block. It changes with the next step, unless {@link viewsStayValid}. */
  bytes: Uint8Array = new Uint8Array(0);
  readonly spans: EntrySpans = new EntrySpans();
  /** The partition and block of the current step. */
  partition: PartitionReader | undefined;
  block = 0;

  readonly #set: PartitionSet;
  readonly #range: EncodedRange;
  readonly #cursor = new BlockCursor();
  readonly #ahead: Readahead;
  /** Reads the first blocks of the next partition before they are needed. */
  #nextStream: BlockStream | undefined;
  /** Partitions still to be walked: `#number` is the next or current one. */
  #number: number;
  readonly #lastNumber: number;
  /** Blocks of the current partition still to be walked. */
  #nextBlock = -1;
  #lastBlock = -1;
  /** The blocks of the current partition in which the bounds may cut. */
  #lowBlock = 0;
  #highBlock = 0;
  #remaining: number;
  /** The most entries of the next step. */
  #chunk: number;
  /** Where the current block goes on, by its entries; −1 at a new block. */
  #resume = -1;

  /**
   * @param chunk the most entries of the first step, and a quarter of those of the second: for those who may not want more.
   */
  constructor(set: PartitionSet, range: EncodedRange, chunk: number = Number.POSITIVE_INFINITY) {
    this.#set = set;
    this.#range = range;
    this.#remaining = range.limit;
    this.#chunk = chunk;
    this.#ahead = {
      partition: undefined,
      first: 0,
      end: 0,
      bytes: new Uint8Array(0),
      stream: undefined,
      signal: range.signal,
    };
    const { lower, upper } = range;
    const lowest = lower === undefined ? 0 : Math.max(0, set.find(lower.key, lower.key.length));
    const highest = upper === undefined ? set.partitions.length - 1 : set.find(upper.key, upper.key.length);
    if (lowest > highest) this.#remaining = 0;
    this.#number = range.reverse ? highest : lowest;
    this.#lastNumber = range.reverse ? lowest : highest;
  }

  /** Whether views of the current block's memory stay valid as long as they are kept. */
  get viewsStayValid(): boolean {
    return (this.partition as PartitionReader).viewsStayValid;
  }

  /** Goes to the next block with entries; false at the end. */
  nextSync(): boolean {
    for (;;) {
      const step = this.#step();
      if (step !== MISSING_STEP) return step;
      const partition = this.partition as PartitionReader;
      if (partition.index === undefined) partition.loadSync();
      else partition.readAheadSync(this.#nextBlock, this.#lastNeeded(partition), this.#ahead);
    }
  }

  /** The same, waiting only if something must be read. */
  next(): boolean | Promise<boolean> {
    const step = this.#step();
    return step === MISSING_STEP ? this.#nextLater() : step;
  }

  /** Drops what was read ahead. */
  close(): void {
    this.#remaining = 0;
    this.#ahead.partition = undefined;
    this.#ahead.bytes = new Uint8Array(0);
    this.#ahead.stream?.close();
    this.#ahead.stream = undefined;
    this.#nextStream?.close();
    this.#nextStream = undefined;
  }

  async #nextLater(): Promise<boolean> {
    const { signal } = this.#range;
    for (;;) {
      const partition = this.partition as PartitionReader;
      if (partition.index === undefined) await partition.load(signal);
      // Not every source stops reading when the signal is aborted.
      else await unlessAborted(this.#readAhead(partition), signal);
      const step = this.#step();
      if (step !== MISSING_STEP) return step;
    }
  }

  async #readAhead(partition: PartitionReader): Promise<void> {
    const ahead = this.#ahead;
    if (this.#nextStream?.file === partition.file) {
      ahead.stream?.close();
      ahead.stream = this.#nextStream;
      this.#nextStream = undefined;
    }
    if (partition.file.isRemote) this.#prepareNext(partition);
    await partition.readAhead(this.#nextBlock, this.#lastNeeded(partition), ahead);
  }

  /** The last block of the scan in this partition, estimated from bounds and limit. */
  #lastNeeded(partition: PartitionReader): number {
    const last = this.#lastBlock;
    const index = partition.index as SparseIndex;
    const { reverse } = this.#range;
    if (reverse || this.#remaining >= index.entriesBefore(index.blocks)) return last;
    // Any number of the current block's entries may lie before the range.
    const entry = index.entriesBefore(this.#nextBlock + 1) + this.#remaining;
    return entry >= index.entriesBefore(last) ? last : index.blockAtEntry(entry);
  }

  /** Starts reading the next partition, so that the scan need not wait when it gets there. */
  #prepareNext(partition: PartitionReader): void {
    const { reverse, upper, signal } = this.#range;
    const number = this.#number + (reverse ? -1 : 1);
    const more = reverse ? number >= this.#lastNumber : number <= this.#lastNumber;
    if (!more || this.#nextStream !== undefined || this.#lastNeeded(partition) !== this.#lastBlock) return;
    const next = this.#set.partitions[number];
    if (!next.hasIndex()) {
      // A failure is reported by the step that needs the bytes.
      next.load(signal).catch(() => undefined);
      return;
    }
    if (reverse) return;
    const index = partition.index as SparseIndex;
    const left = index.dataStart(this.#lastBlock + 1) - index.dataStart(this.#nextBlock);
    if (left > NEXT_STREAM_BYTES) return;
    const nextIndex = next.index as SparseIndex;
    const last =
      upper === undefined ? nextIndex.blocks - 1 : nextIndex.findBlock(upper.key, upper.key.length);
    this.#nextStream = next.beginStream(0, last, signal);
  }

  #step(): boolean | typeof MISSING_STEP {
    this.#range.signal?.throwIfAborted();
    while (this.#remaining > 0) {
      if (this.#nextBlock < 0 && !this.#beginPartition())
        return this.partition === undefined ? false : MISSING_STEP;
      const partition = this.partition as PartitionReader;
      const block = this.#nextBlock;
      if (partition.openAhead(block, this.#cursor, this.#ahead) === MISSING) return MISSING_STEP;
      this.block = block;
      const count = this.#readSpans(partition, block);
      if (this.#resume < 0) this.#advance(block);
      if (count > 0) return true;
    }
    return false;
  }

  /**
   * Finds the blocks of the next partition; false when there is none, or (with a partition) its tail is
   * missing.
   */
  #beginPartition(): boolean {
    const { reverse, lower, upper } = this.#range;
    const left = reverse ? this.#number >= this.#lastNumber : this.#number <= this.#lastNumber;
    if (!left) {
      this.partition = undefined;
      this.#remaining = 0;
      return false;
    }
    const partition = this.#set.partitions[this.#number];
    this.partition = partition;
    if (!partition.hasIndex()) return false;
    const index = partition.index as SparseIndex;
    // Bounds outside the partition find its first or last block.
    const first = lower === undefined ? 0 : index.findBlock(lower.key, lower.key.length);
    const last = upper === undefined ? index.blocks - 1 : index.findBlock(upper.key, upper.key.length);
    this.#lowBlock = first;
    this.#highBlock = last;
    this.#nextBlock = reverse ? last : first;
    this.#lastBlock = reverse ? first : last;
    if (first > last) {
      this.#nextBlock = -1;
      this.#remaining = 0;
      this.partition = undefined;
      return false;
    }
    return true;
  }

  #advance(block: number): void {
    if (block !== this.#lastBlock) {
      this.#nextBlock = this.#range.reverse ? block - 1 : block + 1;
      return;
    }
    this.#nextBlock = -1;
    this.#number += this.#range.reverse ? -1 : 1;
  }

  /** Notes the entries of the block that belong to the range; returns their number. */
  #readSpans(partition: PartitionReader, block: number): number {
    const cursor = this.#cursor;
    const { lower, upper, reverse } = this.#range;
    let from = 0;
    let to = cursor.count;
    // Only the blocks at the ends have entries outside the bounds.
    if (lower !== undefined && block === this.#lowBlock) {
      from = cursor.lowerBound(lower.key, lower.key.length);
      if (from < 0) throw partition.damagedBlock(block);
      if (!lower.inclusive && cursor.found) from++;
    }
    if (upper !== undefined && block === this.#highBlock) {
      to = cursor.lowerBound(upper.key, upper.key.length);
      if (to < 0) throw partition.damagedBlock(block);
      if (upper.inclusive && cursor.found) to++;
    }
    if (this.#resume >= 0) {
      if (reverse) to = this.#resume;
      else from = this.#resume;
    }
    const available = Math.max(0, to - from);
    const count = Math.min(available, this.#remaining, this.#chunk);
    this.spans.count = 0;
    this.#resume = -1;
    if (count === 0) return 0;
    if (reverse) from = to - count;
    this.#remaining -= count;
    if (count < available && this.#remaining > 0) this.#resume = reverse ? from : from + count;
    this.#chunk *= CHUNK_GROWTH;
    const at = from === 0 ? cursor.start : cursor.seekOrdinal(from);
    if (at < 0 || !this.spans.read(cursor.bytes, at, cursor.entriesEnd, count))
      throw partition.damagedBlock(block);
    if (reverse) this.spans.reverse();
    this.bytes = cursor.bytes;
    return count;
  }
}
