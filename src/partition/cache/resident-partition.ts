import type { KeyBuffer } from '../../bytes/key-buffer.ts';
import type { BlockCursor } from '../../format/block.ts';
import type { SparseIndex } from '../../format/sparse-index.ts';
import type { BlockStream } from '../block-stream.ts';
import type { PartitionTail } from '../partition-tail.ts';
import { ABSENT, FOUND, MISSING, type Outcome } from './outcome.ts';
import { findPinned, PartitionReader, type PinnedBlock, type Readahead } from './partition-reader.ts';
import type { SharedMemory } from './shared-memory.ts';

const PAGE_SHIFT = 12;

/**
 * Blocks that are read for one operation each before memory is allocated, so that a single look-up is cheap.
 */
const LOADS_BEFORE_MEMORY = 4;

/**
 * Blocks read at once if one is missing: one at first, then more, so that a store in use is soon in memory.
 */
const LOADS_PER_DOUBLING = 8;
const MAX_BLOCKS_AT_ONCE = 16;
/** The same for remote files: 4 MiB of blocks of the default size. */
const MAX_REMOTE_BLOCKS_AT_ONCE = 256;

/**
 * A partition whose uncompressed data has one place in memory for each byte, filled block by block as they
 * are first needed. An entry's offset is its address: a look-up is a slot of the hash index and the entry
 * itself.
 */
export class ResidentPartition extends PartitionReader {
  readonly viewsStayValid: boolean = true;
  #data: Uint8Array = new Uint8Array(0);
  #buffer: ArrayBufferLike = this.#data.buffer;
  #view: DataView = new DataView(this.#buffer);
  /** 1 for each block that is in memory and checked. */
  #loaded: Uint8Array = new Uint8Array(0);
  /** 1 for each 4 KiB of data within blocks that are in memory. */
  #pages: Uint8Array = new Uint8Array(0);
  /** The same memory, if readers in other threads use it, too: they load blocks that are unknown here. */
  #shared: SharedMemory | undefined;
  #loads = 0;

  /** Switches to memory that other threads use, and that holds all blocks of this one. */
  moveTo(memory: SharedMemory): void {
    this.#useMemory(memory.data);
    this.#shared = memory;
    // Look-ups use the slots as soon as there are any, and need the tail for that.
    if (this.index !== undefined) this.slots = memory.slots;
  }

  lookup(key: KeyBuffer, hash: number, pinned: readonly PinnedBlock[] | undefined): Outcome {
    const slots = this.slots;
    if (slots === undefined) {
      if (!this.hasIndex()) return MISSING;
      return this.lookupInBlock(key, pinned);
    }
    const bits = this.offsetBits;
    const tag = hash & this.tagMask;
    const offsetMask = (1 << bits) - 1;
    const data = this.#data;
    const length = key.length;
    for (let slot = this.home(hash); ; slot++) {
      const word = slots[slot];
      if (word === 0) return ABSENT;
      if (word >>> bits !== tag) continue;
      const at = (word & offsetMask) - 1;
      if (this.#pages[at >>> PAGE_SHIFT] !== 1 && !this.#isLoaded(at)) return MISSING;
      // The common case here, in full: short lengths, and most candidates are the key itself.
      let position = at;
      let keyLength = data[position++];
      let valueLength = data[position++];
      if (keyLength >= 0x80 || valueLength >= 0x80) {
        if (this.cursor.readAnywhere(data, at) < 0)
          throw this.damagedBlock((this.index as SparseIndex).blockAtData(at));
        position = this.cursor.keyStart;
        keyLength = this.cursor.keyEnd - position;
        valueLength = this.cursor.valueEnd - this.cursor.keyEnd;
      }
      if (keyLength !== length || !this.#isKeyAt(position, key)) continue;
      // A forged slot points anywhere, and what looks like an entry there may end after the data.
      if (position + length + valueLength > data.length)
        throw this.damagedBlock((this.index as SparseIndex).blockAtData(at));
      this.bytes = data;
      this.buffer = this.#buffer;
      this.view = this.#view;
      this.valueStart = position + length;
      this.valueEnd = position + length + valueLength;
      return FOUND;
    }
  }

  /** Whether the key in the buffer lies at a place in the data: word by word, then the last bytes. */
  #isKeyAt(position: number, key: KeyBuffer): boolean {
    const { length, words, bytes } = key;
    const view = this.#view;
    const data = this.#data;
    if (position + length > data.length) return false;
    const whole = length >>> 2;
    let i = 0;
    while (i < whole && view.getInt32(position + i * 4, true) === words[i]) i++;
    if (i < whole) return false;
    for (i *= 4; i < length; i++) if (data[position + i] !== bytes[i]) return false;
    return true;
  }

  override candidate(hash: number): number {
    const slots = this.slots;
    if (slots === undefined) return 0;
    const bits = this.offsetBits;
    const tag = hash & this.tagMask;
    for (let slot = this.home(hash); ; slot++) {
      const word = slots[slot];
      if (word === 0) return 0;
      if (word >>> bits === tag) return word & ((1 << bits) - 1);
    }
  }

  override touchData(at: number): number {
    return this.#data[at];
  }

  openBlock(block: number, cursor: BlockCursor, pinned: readonly PinnedBlock[] | undefined): Outcome {
    if (!this.#has(block)) {
      const own = findPinned(pinned, this, block);
      return own === undefined ? this.miss(block) : this.openAt(block, cursor, own.bytes, own.start);
    }
    return this.openAt(block, cursor, this.#data, (this.index as SparseIndex).dataStart(block));
  }

  openAhead(block: number, cursor: BlockCursor): Outcome {
    return this.openBlock(block, cursor, undefined);
  }

  async readAhead(block: number, last: number, ahead: Readahead): Promise<void> {
    const streamed = await this.readFromStream(block, last, ahead);
    if (streamed === undefined) {
      await this.#bring(...this.#chunk(block, last), ahead.signal);
      return;
    }
    this.#reserve();
    this.#place(streamed.data, block, streamed.end);
  }

  readAheadSync(block: number, last: number): void {
    this.#bringSync(...this.#chunk(block, last));
  }

  /** Reads those of blocks `first…last` that are missing. */
  async #bring(first: number, last: number, signal: AbortSignal | undefined): Promise<void> {
    this.#reserve();
    for (let run = this.#nextRun(first, last); run !== undefined; run = this.#nextRun(run.end, last)) {
      // Not directly into place: another call may load a block meanwhile, and loaded blocks must not be
      // written again.
      this.#place(await this.file.readBlocks(run.start, run.end - run.start, signal), run.start, run.end);
    }
  }

  /** Copies the data of those of blocks `first…end − 1` that are missing into place. */
  #place(data: Uint8Array, first: number, end: number): void {
    const origin = this.#at(first);
    for (let block = first; block < end; block++) {
      if (this.#has(block)) continue;
      this.#data.set(data.subarray(this.#at(block) - origin, this.#at(block + 1) - origin), this.#at(block));
    }
    this.#accept(first, end);
  }

  override beginStream(
    block: number,
    last: number,
    signal: AbortSignal | undefined,
  ): BlockStream | undefined {
    let end = block;
    while (end <= last && this.#loaded[end] !== 1) end++;
    return super.beginStream(block, end - 1, signal);
  }

  #bringSync(first: number, last: number): void {
    this.#reserve();
    for (let run = this.#nextRun(first, last); run !== undefined; run = this.#nextRun(run.end, last)) {
      const { start, end } = run;
      if (this.#shared === undefined) {
        this.file.readBlocksSync(start, end - start, this.#data, this.#at(start));
        this.#accept(start, end);
      } else {
        // Not directly into place: another thread may be reading blocks there that it has checked.
        const bytes = new Uint8Array(this.#at(end) - this.#at(start));
        this.file.readBlocksSync(start, end - start, bytes, 0);
        this.#place(bytes, start, end);
      }
    }
  }

  protected loadBlock(block: number, signal?: AbortSignal): Promise<PinnedBlock | undefined> {
    return this.loadOnce(block, signal, (ended) => this.#load(block, ended));
  }

  protected loadBlockSync(block: number): PinnedBlock {
    if (this.#isFirstLoads()) {
      const bytes = new Uint8Array((this.index as SparseIndex).dataLength(block));
      this.file.readBlocksSync(block, 1, bytes, 0);
      return { partition: this, block, bytes, start: 0 };
    }
    this.#bringSync(block, this.#ahead(block));
    return this.#pin(block);
  }

  protected override prepare({ index }: PartitionTail): void {
    this.#loaded = new Uint8Array(index.blocks);
    this.slots = this.#shared?.slots;
  }

  #isFirstLoads(): boolean {
    // Blocks of remote files are kept from the first one on.
    if (this.slots !== undefined || this.#data.length > 0 || this.file.isRemote) return false;
    return ++this.#loads <= LOADS_BEFORE_MEMORY;
  }

  /** Zeroed memory takes no space until it is written, so blocks that are never read cost none. */
  #reserve(): void {
    if (this.#data.length > 0) return;
    this.#useMemory(new Uint8Array(this.file.record.dataBytes));
    this.#loads = 0;
  }

  #useMemory(data: Uint8Array): void {
    this.#data = data;
    this.#buffer = data.buffer;
    this.#view = new DataView(this.#buffer);
    if (this.#pages.length === 0) this.#pages = new Uint8Array((data.length >>> PAGE_SHIFT) + 1);
  }

  /** Whether a block is in memory, loaded by this thread or another. */
  #has(block: number): boolean {
    if (this.#loaded[block] === 1) return true;
    if (this.#shared?.has(block) !== true) return false;
    this.#accept(block, block + 1);
    return true;
  }

  async #load(block: number, signal: AbortSignal | undefined): Promise<PinnedBlock> {
    if (this.#isFirstLoads()) {
      return { partition: this, block, bytes: await this.file.readBlocks(block, 1, signal), start: 0 };
    }
    await this.#bring(block, this.#ahead(block), signal);
    return this.#pin(block);
  }

  #pin(block: number): PinnedBlock {
    return { partition: this, block, bytes: this.#data, start: this.#at(block) };
  }

  #ahead(block: number): number {
    if (this.file.isRemote) return block;
    const more = Math.min(2 ** Math.floor(this.#loads++ / LOADS_PER_DOUBLING), MAX_BLOCKS_AT_ONCE);
    return Math.min(block + more, (this.index as SparseIndex).blocks) - 1;
  }

  #at(block: number): number {
    return (this.index as SparseIndex).dataStart(block);
  }

  /** The next blocks in a row that are missing, at most sixteen. */
  #nextRun(first: number, last: number): { start: number; end: number } | undefined {
    let start = first;
    while (start <= last && this.#has(start)) start++;
    if (start > last) return undefined;
    let end = start + 1;
    const most = this.#maxBlocksAtOnce();
    while (end <= last && end - start < most && !this.#has(end)) end++;
    return { start, end };
  }

  /** The first and last of the blocks that a scan at `block`, on its way to `last`, should read at once. */
  #chunk(block: number, last: number): [first: number, last: number] {
    const most = this.#maxBlocksAtOnce();
    if (last >= block) return [block, Math.min(last, block + most - 1)];
    return [Math.max(last, block - most + 1), block];
  }

  #maxBlocksAtOnce(): number {
    return this.file.isRemote ? MAX_REMOTE_BLOCKS_AT_ONCE : MAX_BLOCKS_AT_ONCE;
  }

  #accept(first: number, end: number): void {
    const index = this.index as SparseIndex;
    this.#loaded.fill(1, first, end);
    this.#shared?.publish(first, end);
    // A page counts if every block in it is in memory; the pages at the ends may be shared with other blocks.
    const firstPage = index.dataStart(first) >>> PAGE_SHIFT;
    const lastPage = (index.dataStart(end) - 1) >>> PAGE_SHIFT;
    for (let page = firstPage; page <= lastPage; page++) {
      const from = Math.max(0, page << PAGE_SHIFT);
      const to = Math.min(((page + 1) << PAGE_SHIFT) - 1, index.dataStart(index.blocks) - 1);
      this.#pages[page] = this.#hasBlocks(index.blockAtData(from), index.blockAtData(to)) ? 1 : 0;
    }
  }

  #hasBlocks(first: number, last: number): boolean {
    for (let block = first; block <= last; block++)
      if (this.#loaded[block] !== 1 && this.#shared?.has(block) !== true) return false;
    return true;
  }

  /** Whether the block with this byte is in memory; if not, notes it as missing. */
  #isLoaded(at: number): boolean {
    const block = (this.index as SparseIndex).blockAtData(at);
    if (this.#has(block)) return true;
    this.miss(block);
    return false;
  }
}
