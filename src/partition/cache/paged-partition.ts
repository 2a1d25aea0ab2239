import type { KeyBuffer } from '../../bytes/key-buffer.ts';
import type { BlockCursor } from '../../format/block.ts';
import { decodeProperties } from '../../format/properties.ts';
import type { SparseIndex } from '../../format/sparse-index.ts';
import type { PartitionFile } from '../partition-file.ts';
import type { PartitionTail } from '../partition-tail.ts';
import type { ReadCounter } from '../read-counter.ts';
import type { BlockCache, FrameOwner } from './block-cache.ts';
import {
  ABSENT,
  type BlockRun,
  FOUND,
  findHeld,
  type HeldBlock,
  MISSING,
  type Outcome,
  PartitionReader,
  viewOf,
} from './partition-reader.ts';

/** What the paged partitions of a store share. */
export interface Paging {
  /** Made when the first tail tells the size of blocks. */
  cacheFor(blockBytes: number): BlockCache;
  /** Whether each use of a block reads and checks it anew. */
  readonly always: boolean;
  readonly counter: ReadCounter;
}

/** Bounds of the bytes read to see an entry whose length is not known yet; a longer one takes a second read. */
const LEAST_GLANCE_BYTES = 128;
const MOST_GLANCE_BYTES = 1 << 14;

/** Data that a scan reads at once. */
const RUN_BYTES = 1 << 18;
/** The same where a request takes long. */
const REMOTE_RUN_BYTES = 1 << 22;

/** One in so many look-ups outside the cache is counted, and lets its block compete for a frame. */
const LOOKUPS_PER_COUNT = 16;

const PAGE_SHIFT = 12;

/** What is known of the blocks that a 4 KiB page of the data belongs to. */
const UNKNOWN = 0;
/** All have been checked, and none is in the cache: entries can be read from the file. */
const CHECKED = 1;

/**
 * A partition of a store that is larger than its cache. The hash index is in memory (where it fits), the blocks
 * are not: a look-up reads just the entry, once the block around it has been checked; blocks that are used more
 * than others move into the cache.
 */
export class PagedPartition extends PartitionReader implements FrameOwner {
  readonly lendsForEver: boolean = false;
  readonly #paging: Paging;
  /** Frame of each block in the cache; −1 for none. */
  #frames: Int32Array = new Int32Array(0);
  /** 1 for each block whose checksum has been found right. */
  #checked: Uint8Array = new Uint8Array(0);
  /** `CHECKED` or `UNKNOWN` for each page: spares most look-ups the search for their block. */
  #pages: Uint8Array = new Uint8Array(0);
  /** How often each block was used, as counted, fading. */
  #uses: Uint8Array = new Uint8Array(0);
  #lookupsToCount = 0;
  /** The block that has won a frame and is to be loaded into it. */
  #winner = -1;
  #cache: BlockCache | undefined;
  #glance: Uint8Array = new Uint8Array(0);
  #glanceView: DataView = new DataView(this.#glance.buffer);
  readonly #canReadEntries: boolean;
  readonly #loading = new Map<number, Promise<HeldBlock>>();

  constructor(file: PartitionFile, useHashIndex: boolean, paging: Paging) {
    super(file, useHashIndex && !paging.always);
    this.#paging = paging;
    this.#canReadEntries = file.source.readSync !== undefined && file.isPlain;
  }

  lookup(key: KeyBuffer, hash: number, held: readonly HeldBlock[] | undefined, mayRead: boolean): Outcome {
    const slots = this.slots;
    if (slots === undefined) {
      if (!this.hasIndex()) return MISSING;
      return this.lookupInBlock(key, held);
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
        mayRead && this.#pages[at >>> PAGE_SHIFT] === CHECKED && --this.#lookupsToCount > 0
          ? this.#compareInFile(at, key)
          : this.#compareAt(at, key, held, mayRead);
      if (outcome !== ABSENT) return outcome;
    }
  }

  openBlock(block: number, cursor: BlockCursor, held: readonly HeldBlock[] | undefined): Outcome {
    const own = findHeld(held, this, block);
    if (own !== undefined) return this.openAt(block, cursor, own.bytes, own.start);
    const frame = this.#frames[block];
    if (frame < 0) return this.miss(block);
    return this.openAt(block, cursor, (this.#cache as BlockCache).frame(frame), 0);
  }

  openInRun(block: number, cursor: BlockCursor, run: BlockRun): Outcome {
    if (run.partition !== this || block < run.first || block >= run.end) return this.miss(block);
    const index = this.index as SparseIndex;
    return this.openAt(block, cursor, run.bytes, index.dataStart(block) - index.dataStart(run.first));
  }

  async loadRun(block: number, last: number, run: BlockRun): Promise<void> {
    const streamed = await this.readFromStream(block, last, run);
    if (streamed !== undefined) {
      run.bytes = streamed.data;
      this.#noteRun(run, block, streamed.end);
      return;
    }
    const [first, end] = this.#stretch(block, last);
    run.bytes = await this.file.readBlocks(first, end - first);
    this.#noteRun(run, first, end);
  }

  loadRunSync(block: number, last: number, run: BlockRun): void {
    const [first, end] = this.#stretch(block, last);
    const index = this.index as SparseIndex;
    const length = index.dataStart(end) - index.dataStart(first);
    run.partition = undefined;
    if (run.bytes.length < length) run.bytes = new Uint8Array(Math.max(length, RUN_BYTES));
    this.file.readBlocksSync(first, end - first, run.bytes, 0);
    this.#noteRun(run, first, end);
  }

  #noteRun(run: BlockRun, first: number, end: number): void {
    run.partition = this;
    run.first = first;
    run.end = end;
    for (let block = first; block < end; block++) this.#noteChecked(block);
  }

  /** The blocks that a scan at `block`, on its way to `last`, should read at once. */
  #stretch(block: number, last: number): [first: number, end: number] {
    const index = this.index as SparseIndex;
    let first = block;
    let end = block + 1;
    const most = this.file.isRemote ? REMOTE_RUN_BYTES : RUN_BYTES;
    while (end <= last && index.dataStart(end + 1) - index.dataStart(first) <= most) end++;
    while (first > last && index.dataStart(end) - index.dataStart(first - 1) <= most) first--;
    return [first, end];
  }

  protected loadBlock(block: number): Promise<HeldBlock> {
    if (this.#paging.always) return this.#load(block);
    // However many wait for a block, it is read once.
    let loading = this.#loading.get(block);
    if (loading === undefined) {
      loading = this.#load(block).finally(() => this.#loading.delete(block));
      this.#loading.set(block, loading);
    }
    return loading;
  }

  protected loadBlockSync(block: number): HeldBlock | undefined {
    const length = (this.index as SparseIndex).dataLength(block);
    const frame = this.#takeFrame(block, length);
    const bytes = frame < 0 ? new Uint8Array(length) : (this.#cache as BlockCache).frame(frame);
    this.file.readBlocksSync(block, 1, bytes, 0);
    this.#noteChecked(block);
    if (frame < 0) return { partition: this, block, bytes, start: 0 };
    // Found there when the step is taken again. It must not be held: the frame may go to the operation's next block.
    this.#setFrame(block, frame);
    return undefined;
  }

  protected override prepare(tail: PartitionTail): void {
    const { index, footer } = tail;
    this.#frames = new Int32Array(index.blocks).fill(-1);
    this.#checked = new Uint8Array(index.blocks);
    this.#pages = new Uint8Array((footer.dataBytes >>> PAGE_SHIFT) + 1);
    this.#uses = new Uint8Array(index.blocks);
    // Half more than the average entry: most are seen whole at the first glance.
    const usual = Math.ceil((footer.dataBytes / footer.entries) * 1.5);
    this.#glance = new Uint8Array(Math.min(MOST_GLANCE_BYTES, Math.max(LEAST_GLANCE_BYTES, usual)));
    this.#glanceView = viewOf(this.#glance);
    if (this.#paging.always) return;
    const { blockBytes } = decodeProperties(tail.properties, tail.propertiesPlace);
    this.#cache = this.#paging.cacheFor(blockBytes);
  }

  async #load(block: number): Promise<HeldBlock> {
    const bytes = await this.file.readBlocks(block, 1);
    this.#noteChecked(block);
    // No frame is touched before the block has been checked, and none while a reading is under way.
    const frame = this.#frames[block] < 0 ? this.#takeFrame(block, bytes.length) : -1;
    if (frame >= 0) {
      (this.#cache as BlockCache).frame(frame).set(bytes);
      this.#setFrame(block, frame);
    }
    return { partition: this, block, bytes, start: 0 };
  }

  /** Compares the entry at `at` with the key: in a held block, in the cache, or with a read of its own. */
  #compareAt(at: number, key: KeyBuffer, held: readonly HeldBlock[] | undefined, mayRead: boolean): Outcome {
    const index = this.index as SparseIndex;
    const block = index.blockAtData(at);
    const own = findHeld(held, this, block);
    if (own !== undefined) return this.#compare(own.bytes, own.start + at - index.dataStart(block), at, key);
    const frame = this.#frames[block];
    if (frame >= 0) {
      const position = at - index.dataStart(block);
      const outcome = this.#compare((this.#cache as BlockCache).frame(frame), position, at, key);
      // Behind its end, the frame holds what was there before.
      if (outcome === FOUND && this.valueEnd > index.dataLength(block)) throw this.damagedBlock(block);
      return outcome;
    }
    if (!mayRead || !this.#canReadEntries || this.#checked[block] !== 1) return this.miss(block);
    if (--this.#lookupsToCount <= 0) {
      this.#lookupsToCount = LOOKUPS_PER_COUNT;
      if (this.#wins(block)) {
        this.#winner = block;
        return this.miss(block);
      }
    }
    return this.#compareInFile(at, key);
  }

  /** Reads the entry at `at`, whose block has been checked, and compares its key. */
  #compareInFile(at: number, key: KeyBuffer): Outcome {
    const { cursor } = this;
    const most = this.file.record.dataBytes - at;
    // A hash index that somebody forged leads anywhere.
    if (at < 0 || most <= 0) throw this.damagedBlock((this.index as SparseIndex).blockAtData(at));
    const glance = most < this.#glance.length ? this.#glance.subarray(0, most) : this.#glance;
    this.file.readDataSync(at, glance);
    this.#paging.counter.misses++;
    if (cursor.readAnywhere(glance, 0) >= 0) return this.#compare(glance, 0, at, key);
    // It goes on behind the glance: its lengths say how far.
    const needed = cursor.valueEnd;
    if (!(needed > glance.length && needed <= most)) {
      throw this.damagedBlock((this.index as SparseIndex).blockAtData(at));
    }
    const entry = new Uint8Array(needed);
    this.file.readDataSync(at, entry);
    return this.#compare(entry, 0, at, key);
  }

  /** Compares the entry at `position` of some memory, which is at `at` in the data, with the key. */
  #compare(bytes: Uint8Array, position: number, at: number, key: KeyBuffer): Outcome {
    const { cursor } = this;
    if (cursor.readAnywhere(bytes, position) < 0) {
      throw this.damagedBlock((this.index as SparseIndex).blockAtData(at));
    }
    if (cursor.compare(key.bytes, key.length) !== 0) return ABSENT;
    this.bytes = bytes;
    this.view = bytes === this.#glance ? this.#glanceView : viewOf(bytes);
    this.valueStart = cursor.keyEnd;
    this.valueEnd = cursor.valueEnd;
    return FOUND;
  }

  /** Whether a block that is not in the cache has been used more than one that is. */
  #wins(block: number): boolean {
    const cache = this.#cache as BlockCache;
    if ((this.index as SparseIndex).dataLength(block) > cache.frameBytes) return false;
    const uses = ++this.#uses[block];
    if (uses === 255) for (let i = 0; i < this.#uses.length; i++) this.#uses[i] >>>= 1;
    const victim = cache.victim();
    return victim === undefined ? cache.hasRoom : victim.owner.yields(victim.block, uses);
  }

  /** Whether a cached block makes way for one with so many uses; if not, it fades a little. */
  yields(block: number, uses: number): boolean {
    if (uses > this.#uses[block] + 2) return true;
    if (this.#uses[block] > 0) this.#uses[block]--;
    return false;
  }

  /** The frame of a block was given to another. */
  evict(block: number): void {
    this.#frames[block] = -1;
    this.#refreshPages(block);
  }

  /** A frame for a block that is being loaded, or −1: where single entries can be read, it must have won one. */
  #takeFrame(block: number, length: number): number {
    const cache = this.#cache;
    if (cache === undefined || length > cache.frameBytes) return -1;
    const mustWin = this.slots !== undefined && this.#canReadEntries;
    if (mustWin && this.#winner !== block && !cache.hasRoom) return -1;
    this.#winner = -1;
    const victim = cache.victim();
    const frame = cache.take(this, block);
    if (victim !== undefined && frame >= 0) victim.owner.evict(victim.block);
    return frame;
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

  /** Sees anew what is known of the pages that a block lies in. */
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
