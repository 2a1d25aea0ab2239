import type { KeyBuffer } from '../../bytes/key-buffer.ts';
import { viewOf } from '../../bytes/view-of.ts';
import type { BlockCursor } from '../../format/block.ts';
import { decodeProperties } from '../../format/properties.ts';
import type { SparseIndex } from '../../format/sparse-index.ts';
import { unlessAborted } from '../../wait-options.ts';
import type { PartitionFile } from '../partition-file.ts';
import type { PartitionTail } from '../partition-tail.ts';
import type { ReadCounter } from '../read-counter.ts';
import type { BlockCache, FrameOwner } from './block-cache.ts';
import { ABSENT, FOUND, MISSING, type Outcome } from './outcome.ts';
import { findPinned, type PinnedBlock, type Readahead } from './partition-reader.ts';
import { ReadPace } from './read-pace.ts';
import { UncachedPartition } from './uncached-partition.ts';

/** What the paged partitions of a store share. */
export interface Paging {
  /** Made after the first tail was read, which states the size of blocks. */
  cacheFor(blockBytes: number): BlockCache;
  /** Whether each use of a block reads and checks it again. */
  readonly always: boolean;
  readonly counter: ReadCounter;
}

/** The state of reads that the partitions of a store share. */
export class SharedReads {
  readonly pace: ReadPace = new ReadPace();
  /** Checked blocks around the last entry whose block had not been checked before. */
  readonly ahead: Readahead = {
    partition: undefined,
    first: 0,
    end: 0,
    bytes: new Uint8Array(0),
    stream: undefined,
    signal: undefined,
  };
}

/**
 * Bounds of the first read of an entry whose length is not known, in bytes; a longer entry takes a second
 * read.
 */
const MIN_PROBE_BYTES = 128;
const MAX_PROBE_BYTES = 1 << 15;
/** Memory for entries that is kept for the next look-up. */
const MAX_KEPT_BYTES = 1 << 17;
/** Longer probes read the whole block, which the sparse index finds. */
const MIN_SEARCHED_BYTES = 1024;

/** A block of up to this many bytes may be read without waiting by calls that can wait. */
const MAX_BYTES_AT_ONCE = 1 << 16;

/** One in this many look-ups outside the cache counts as a use of its block. */
const LOOKUPS_PER_COUNT = 16;

/** Blocks that are checked together for an entry of the first, and loads after which one more is checked. */
const MAX_BLOCKS_AHEAD = 4;
const LOADS_PER_AHEAD = 8;

const PAGE_SHIFT = 12;

/** What is known of the blocks that a 4 KiB page of the data belongs to. */
const UNKNOWN = 0;
/** All have been checked, and none is cached: entries can be read from the file. */
const CHECKED = 1;

/**
 * A partition of a store that is larger than its cache. The hash index is in memory if it fits, the blocks
 * are not: a look-up reads only the entry once the block around it has been checked; blocks that are used
 * more than others are admitted to the cache.
 */
export class PagedPartition extends UncachedPartition implements FrameOwner {
  readonly #paging: Paging;
  readonly #reads: SharedReads;
  /** Frame of each block in the cache; −1 for none. */
  #frames: Int32Array = new Int32Array(0);
  /** 1 for each block whose checksum was right. */
  #checked: Uint8Array = new Uint8Array(0);
  /** `CHECKED` or `UNKNOWN` for each page, so that most look-ups need not search for their block. */
  #pages: Uint8Array = new Uint8Array(0);
  uses: Uint8Array = new Uint8Array(0);
  #lookupsToCount = 0;
  /** The block of which only an entry is missing; −1 for none. */
  #missedEntryOf = -1;
  /** Blocks loaded for single entries. */
  #entryLoads = 0;
  #cache: BlockCache | undefined;
  /** The memory that entries are read into, and the bytes that are read of one whose length is not known. */
  #probe: Uint8Array = new Uint8Array(0);
  #probeBytes = 0;
  readonly #canReadEntries: boolean;

  constructor(
    file: PartitionFile,
    useHashIndex: boolean,
    paging: Paging,
    reads: SharedReads = new SharedReads(),
  ) {
    super(file, useHashIndex && !paging.always);
    this.#paging = paging;
    this.#reads = reads;
    this.#canReadEntries = file.source.readSync !== undefined && file.isPlain;
  }

  override lookup(
    key: KeyBuffer,
    hash: number,
    pinned: readonly PinnedBlock[] | undefined,
    mayRead: boolean,
  ): Outcome {
    const slots = this.slots;
    if (slots === undefined) {
      if (!this.hasIndex()) return MISSING;
      return this.lookupInBlock(key, pinned);
    }
    const bits = this.offsetBits;
    const tag = hash & this.tagMask;
    const offsetMask = (1 << bits) - 1;
    for (let slot = this.home(hash); ; slot++) {
      const word = slots[slot];
      if (word === 0) return ABSENT;
      if (word >>> bits !== tag) continue;
      const at = (word & offsetMask) - 1;
      const outcome =
        mayRead &&
        pinned === undefined &&
        this.#pages[at >>> PAGE_SHIFT] === CHECKED &&
        --this.#lookupsToCount > 0
          ? this.#compareInFile(at, key)
          : this.#compareAt(at, key, pinned, mayRead);
      if (outcome !== ABSENT) return outcome;
    }
  }

  override openBlock(
    block: number,
    cursor: BlockCursor,
    pinned: readonly PinnedBlock[] | undefined,
  ): Outcome {
    const own = findPinned(pinned, this, block);
    if (own !== undefined) return this.openAt(block, cursor, own.bytes, own.start);
    const frame = this.#frames[block];
    if (frame < 0) {
      this.#missedEntryOf = -1;
      return this.miss(block);
    }
    return this.openAt(block, cursor, (this.#cache as BlockCache).frame(frame), 0);
  }

  protected override noteRead(first: number, end: number): void {
    for (let block = first; block < end; block++) this.#noteChecked(block);
  }

  protected override loadBlock(block: number, signal?: AbortSignal): Promise<PinnedBlock | undefined> {
    if (this.#paging.always) return unlessAborted(this.#load(block, signal), signal);
    return this.loadOnce(block, signal, (ended) => this.#load(block, ended));
  }

  protected override loadBlockSync(block: number): PinnedBlock | undefined {
    const length = (this.index as SparseIndex).dataLength(block);
    const frame = this.#admit(block, length);
    if (frame < 0 && this.#missedEntryOf === block) {
      // Found there when the step is repeated; if another block's load comes between, the entry is read
      // again.
      this.#missedEntryOf = -1;
      this.#checkAhead(block);
      return undefined;
    }
    const bytes = frame < 0 ? new Uint8Array(length) : (this.#cache as BlockCache).frame(frame);
    this.file.readBlocksSync(block, 1, bytes, 0);
    this.#noteChecked(block);
    if (frame < 0) return { partition: this, block, bytes, start: 0 };
    // Found there when the step is repeated. It must not be pinned: the operation's next block may replace it
    // in the frame.
    this.#setFrame(block, frame);
    return undefined;
  }

  protected override prepare(tail: PartitionTail): void {
    const { index, footer } = tail;
    this.#frames = new Int32Array(index.blocks).fill(-1);
    this.#checked = new Uint8Array(index.blocks);
    this.#pages = new Uint8Array((footer.dataBytes >>> PAGE_SHIFT) + 1);
    this.uses = new Uint8Array(index.blocks);
    // Half more than the average entry: most are read whole at once.
    const usual = Math.ceil((footer.dataBytes / footer.entries) * 1.5);
    this.#probeBytes = Math.min(MAX_PROBE_BYTES, Math.max(MIN_PROBE_BYTES, usual));
    this.#probe = new Uint8Array(this.#probeBytes);
    if (this.#paging.always) return;
    const { blockBytes } = decodeProperties(tail.properties, tail.propertiesRegion);
    this.#cache = this.#paging.cacheFor(blockBytes);
  }

  #missEntry(block: number): typeof MISSING {
    this.#missedEntryOf = block;
    return this.miss(block);
  }

  /**
   * Reads and checks a block of which one entry is wanted, and some unchecked ones after it, because that
   * takes little longer: only one at first, so that a few look-ups don't read many blocks.
   */
  #checkAhead(block: number): void {
    const index = this.index as SparseIndex;
    const blocks = Math.min(1 + Math.floor(this.#entryLoads++ / LOADS_PER_AHEAD), MAX_BLOCKS_AHEAD);
    let end = block + 1;
    while (end < index.blocks && end - block < blocks && this.#checked[end] !== 1) end++;
    const { ahead } = this.#reads;
    const length = index.dataStart(end) - index.dataStart(block);
    ahead.partition = undefined;
    if (ahead.bytes.length < length) ahead.bytes = new Uint8Array(length);
    this.file.readBlocksSync(block, end - block, ahead.bytes, 0);
    this.noteAhead(ahead, block, end);
  }

  /** Whether a call that can wait reads a block without waiting. */
  #readsNow(block: number): boolean {
    const length = (this.index as SparseIndex).dataLength(block);
    return this.#canReadEntries && length <= MAX_BYTES_AT_ONCE && this.#reads.pace.readsNow();
  }

  #readNow(block: number): Uint8Array {
    const bytes = new Uint8Array((this.index as SparseIndex).dataLength(block));
    this.#reads.pace.time(() => this.file.readBlocksSync(block, 1, bytes, 0));
    return bytes;
  }

  async #load(block: number, signal: AbortSignal | undefined): Promise<PinnedBlock | undefined> {
    const now = this.#readsNow(block);
    if (now && this.#missedEntryOf === block) {
      return this.#reads.pace.time(() => this.loadBlockSync(block));
    }
    const bytes = now ? this.#readNow(block) : await this.file.readBlocks(block, 1, signal);
    this.#noteChecked(block);
    // No frame is touched before the block has been checked, and none while a reading is under way.
    const frame = this.#frames[block] < 0 ? this.#admit(block, bytes.length) : -1;
    if (frame >= 0) {
      (this.#cache as BlockCache).frame(frame).set(bytes);
      this.#setFrame(block, frame);
    }
    return { partition: this, block, bytes, start: 0 };
  }

  /** Compares the entry at `at` with the key: in a pinned block, in the cache, or with a read of its own. */
  #compareAt(
    at: number,
    key: KeyBuffer,
    pinned: readonly PinnedBlock[] | undefined,
    mayRead: boolean,
  ): Outcome {
    const index = this.index as SparseIndex;
    const block = index.blockAtData(at);
    const own = findPinned(pinned, this, block);
    if (own !== undefined) return this.#compare(own.bytes, own.start + at - index.dataStart(block), at, key);
    const frame = this.#frames[block];
    if (frame >= 0) {
      const position = at - index.dataStart(block);
      const outcome = this.#compare((this.#cache as BlockCache).frame(frame), position, at, key);
      // After its end, the frame still holds another block's bytes.
      if (outcome === FOUND && this.valueEnd > index.dataLength(block)) throw this.damagedBlock(block);
      return outcome;
    }
    const { ahead } = this.#reads;
    if (ahead.partition === this && block >= ahead.first && block < ahead.end) {
      const start = index.dataStart(ahead.first);
      const outcome = this.#compare(ahead.bytes, at - start, at, key);
      if (outcome === FOUND && this.valueEnd > index.dataStart(block + 1) - start)
        throw this.damagedBlock(block);
      return outcome;
    }
    if (!this.#canReadEntries) return this.miss(block);
    if (this.#checked[block] !== 1) return this.#missEntry(block);
    if (!mayRead && !this.#reads.pace.readsNow()) return this.miss(block);
    // A repeated step has been counted, and gets the entry even if the frame was reused meanwhile.
    if (pinned === undefined && --this.#lookupsToCount <= 0) {
      this.#lookupsToCount = LOOKUPS_PER_COUNT;
      const cache = this.#cache as BlockCache;
      if (cache.countUse(this, block, index.dataLength(block))) return this.#missEntry(block);
    }
    if (mayRead) return this.#compareInFile(at, key);
    return this.#reads.pace.time(() => this.#compareInFile(at, key));
  }

  /** Reads the entry at `at`, whose block has been checked, and compares its key. */
  #compareInFile(at: number, key: KeyBuffer): Outcome {
    const { cursor } = this;
    const index = this.index as SparseIndex;
    const available = this.file.record.dataBytes - at;
    // A forged hash index leads anywhere.
    if (at < 0 || available <= 0) throw this.damagedBlock(index.blockAtData(at));
    let length = Math.min(this.#probeBytes, available);
    // An entry ends within its block, and finding the block takes less time than reading beyond it.
    if (length > MIN_SEARCHED_BYTES)
      length = Math.min(length, index.dataStart(index.blockAtData(at) + 1) - at);
    const probe = length === this.#probe.length ? this.#probe : this.#probe.subarray(0, length);
    this.file.readDataSync(at, probe);
    this.#paging.counter.misses++;
    if (cursor.readAnywhere(probe, 0) >= 0) return this.#compare(probe, 0, at, key);
    // The entry is longer than what was read: its lengths say how long.
    const needed = cursor.valueEnd;
    if (!(needed > length && needed <= available)) throw this.damagedBlock(index.blockAtData(at));
    let entry = this.#probe.subarray(0, needed);
    if (entry.length < needed) {
      entry = new Uint8Array(needed);
      entry.set(probe);
      if (needed <= MAX_KEPT_BYTES) this.#probe = entry;
    }
    this.file.readDataSync(at + length, entry.subarray(length));
    return this.#compare(entry, 0, at, key);
  }

  /** Compares the entry at `position` of some memory, which is at `at` in the data, with the key. */
  #compare(bytes: Uint8Array, position: number, at: number, key: KeyBuffer): Outcome {
    const { cursor } = this;
    if (cursor.readAnywhere(bytes, position) < 0) {
      throw this.damagedBlock((this.index as SparseIndex).blockAtData(at));
    }
    if (cursor.compare(key.bytes, key.length) !== 0) return ABSENT;
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = viewOf(bytes);
    }
    this.valueStart = cursor.keyEnd;
    this.valueEnd = cursor.valueEnd;
    return FOUND;
  }

  /** Called after a block was evicted. */
  evict(block: number): void {
    this.#frames[block] = -1;
    this.#refreshPages(block);
  }

  /**
   * A frame for a block that is being loaded, or −1: if single entries can be read, only for a block that is
   * used often.
   */
  #admit(block: number, length: number): number {
    const mustEarn = this.slots !== undefined && this.#canReadEntries;
    return this.#cache === undefined ? -1 : this.#cache.admit(this, block, length, mustEarn);
  }

  #setFrame(block: number, frame: number): void {
    this.#frames[block] = frame;
    this.#refreshPages(block);
  }

  #noteChecked(block: number): void {
    if (this.#checked[block] === 1) return;
    this.#checked[block] = 1;
    this.#refreshPages(block);
  }

  /** Updates what is known of the pages that a block lies in. */
  #refreshPages(block: number): void {
    const index = this.index as SparseIndex;
    const firstPage = index.dataStart(block) >>> PAGE_SHIFT;
    const lastPage = (index.dataStart(block + 1) - 1) >>> PAGE_SHIFT;
    const end = index.dataStart(index.blocks) - 1;
    for (let page = firstPage; page <= lastPage; page++) {
      const last = index.blockAtData(Math.min(((page + 1) << PAGE_SHIFT) - 1, end));
      let state = CHECKED;
      for (let other = index.blockAtData(page << PAGE_SHIFT); other <= last; other++) {
        if (this.#checked[other] !== 1 || this.#frames[other] >= 0) state = UNKNOWN;
      }
      this.#pages[page] = state;
    }
  }
}
