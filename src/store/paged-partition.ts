import type { KeyBuffer } from '../bytes/key-buffer.ts';
import type { BlockCursor } from '../format/block.ts';
import type { SparseIndex } from '../format/sparse-index.ts';
import type { BlockCache } from './block-cache.ts';
import type { PartitionFile, PartitionTail } from './partition-file.ts';
import { ABSENT, type BlockRun, FOUND, findHeld, type HeldBlock, MISSING, type Outcome, PartitionReader } from './partition-reader.ts';

/** What the paged partitions of a store share. */
export interface Paging {
  /** Made when the first tail tells the size of blocks. */
  cacheFor(blockBytes: number): BlockCache;
  /** Whether each use of a block reads and checks it anew. */
  readonly always: boolean;
}

/** Bytes read to see an entry whose length is not known yet; longer ones take a second read. */
const GLANCE_BYTES = 512;

/** Data that a scan reads at once. */
const RUN_BYTES = 1 << 18;

/** Every so many uses of a block outside the cache, it competes for a frame. */
const USES_PER_BID = 8;

/**
 * A partition of a store that is larger than its cache. The hash index is in memory (where it fits), the blocks
 * are not: a look-up reads just the entry, once the block around it has been checked; blocks that are used more
 * than others move into the cache.
 */
export class PagedPartition extends PartitionReader {
  readonly lendsForEver: boolean = false;
  readonly #paging: Paging;
  /** Frame of each block in the cache; −1 for none. */
  #frames: Int32Array = new Int32Array(0);
  /** 1 for each block whose checksum has been found right. */
  #checked: Uint8Array = new Uint8Array(0);
  /** How often each block was used, fading. */
  #uses: Uint8Array = new Uint8Array(0);
  #bid = 0;
  #cache: BlockCache | undefined;
  #glance: Uint8Array = new Uint8Array(GLANCE_BYTES);
  #plain = false;
  readonly #canReadEntries: boolean;
  readonly #loading = new Map<number, Promise<HeldBlock>>();

  constructor(file: PartitionFile, useHashIndex: boolean, paging: Paging) {
    super(file, useHashIndex && !paging.always);
    this.#paging = paging;
    this.#canReadEntries = file.source.readSync !== undefined;
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
      const outcome = this.#compareAt((word & offsetMask) - 1, key, held, mayRead);
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
    this.#checked.fill(1, first, end);
  }

  /** The blocks that a scan at `block`, on its way to `last`, should read at once. */
  #stretch(block: number, last: number): [first: number, end: number] {
    const index = this.index as SparseIndex;
    let first = block;
    let end = block + 1;
    while (end <= last && index.dataStart(end + 1) - index.dataStart(first) <= RUN_BYTES) end++;
    while (first > last && index.dataStart(end) - index.dataStart(first - 1) <= RUN_BYTES) first--;
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

  protected loadBlockSync(block: number): HeldBlock {
    const length = (this.index as SparseIndex).dataLength(block);
    const frame = this.#bidForFrame(block, length);
    if (frame < 0) {
      const bytes = new Uint8Array(length);
      this.file.readBlocksSync(block, 1, bytes, 0);
      this.#checked[block] = 1;
      return { partition: this, block, bytes, start: 0 };
    }
    const bytes = (this.#cache as BlockCache).frame(frame);
    this.file.readBlocksSync(block, 1, bytes, 0);
    this.#checked[block] = 1;
    this.#frames[block] = frame;
    return { partition: this, block, bytes, start: 0 };
  }

  protected override prepare(tail: PartitionTail): void {
    const { index } = tail;
    this.#frames = new Int32Array(index.blocks).fill(-1);
    this.#checked = new Uint8Array(index.blocks);
    this.#uses = new Uint8Array(index.blocks);
    this.#plain = this.file.isPlain;
    if (!this.#paging.always) this.#cache = this.#paging.cacheFor(tail.properties.blockBytes);
  }

  /** The frame of a block was given to another. */
  evict(block: number): void {
    this.#frames[block] = -1;
  }

  async #load(block: number): Promise<HeldBlock> {
    const data = await this.file.readBlocks(block, 1);
    this.#checked[block] = 1;
    // No frame is touched before the block has been checked, and none while a reading is under way.
    const frame = this.#frames[block] < 0 ? this.#bidForFrame(block, data.length) : -1;
    if (frame >= 0) {
      (this.#cache as BlockCache).frame(frame).set(data);
      this.#frames[block] = frame;
    }
    return { partition: this, block, bytes: data, start: 0 };
  }

  /** Compares the entry at `at` with the key: in the cache, in a held block, or with a read of its own. */
  #compareAt(at: number, key: KeyBuffer, held: readonly HeldBlock[] | undefined, mayRead: boolean): Outcome {
    const index = this.index as SparseIndex;
    const block = index.blockAtData(at);
    const own = findHeld(held, this, block);
    if (own !== undefined) return this.#compare(own.bytes, own.start + at - index.dataStart(block), key);
    const frame = this.#frames[block];
    if (frame >= 0) {
      const bytes = (this.#cache as BlockCache).frame(frame);
      return this.#compare(bytes, at - index.dataStart(block), key);
    }
    const readable = mayRead && this.#plain && this.#canReadEntries && this.#checked[block] === 1;
    if (!readable || this.#deservesFrame(block)) return this.miss(block);
    return this.#compareInFile(at, index.dataStart(block + 1), key);
  }

  #compareInFile(at: number, blockEnd: number, key: KeyBuffer): Outcome {
    const most = blockEnd - at;
    const glance = this.#glance;
    const length = most < GLANCE_BYTES ? most : GLANCE_BYTES;
    const seen = length === GLANCE_BYTES ? glance : glance.subarray(0, length);
    this.file.readDataSync(at, seen);
    if (this.cursor.readAnywhere(seen, 0) >= 0) return this.#compare(seen, 0, key);
    // It goes on behind the glance: ask the lengths how far.
    const needed = this.cursor.valueEnd;
    if (!(needed > length && needed <= most)) throw this.damagedBlock((this.index as SparseIndex).blockAtData(at));
    const entry = new Uint8Array(needed);
    this.file.readDataSync(at, entry);
    return this.#compare(entry, 0, key);
  }

  #compare(bytes: Uint8Array, at: number, key: KeyBuffer): Outcome {
    const { cursor } = this;
    if (cursor.readAnywhere(bytes, at) < 0) throw this.damagedBlock(0);
    if (cursor.compare(key.bytes, key.length) !== 0) return ABSENT;
    this.bytes = bytes;
    this.valueStart = cursor.keyEnd;
    this.valueEnd = cursor.valueEnd;
    return FOUND;
  }

  /** Whether a block that is not in the cache has been used so much that it should be. */
  #deservesFrame(block: number): boolean {
    const cache = this.#cache as BlockCache;
    const uses = ++this.#uses[block];
    if (uses === 255) for (let i = 0; i < this.#uses.length; i++) this.#uses[i] >>>= 1;
    if (cache.hasRoom) return uses > 1;
    if (++this.#bid % USES_PER_BID !== 0) return false;
    const victim = cache.victim();
    if (victim === undefined || (this.index as SparseIndex).dataLength(block) > cache.frameBytes) return false;
    return (victim.owner as PagedPartition).outbid(victim.block, uses);
  }

  /** Whether another block with so many uses is worth more than this one; if not, this one fades a little. */
  outbid(block: number, uses: number): boolean {
    if (uses > this.#uses[block] + 1) return true;
    if (this.#uses[block] > 0) this.#uses[block]--;
    return false;
  }

  #bidForFrame(block: number, length: number): number {
    const cache = this.#cache;
    if (cache === undefined || length > cache.frameBytes) return -1;
    const victim = cache.victim();
    const frame = cache.take(this, block);
    if (victim !== undefined && frame >= 0) (victim.owner as PagedPartition).evict(victim.block);
    return frame;
  }
}
