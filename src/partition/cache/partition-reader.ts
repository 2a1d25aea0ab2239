import { corruption } from '../../bytes/corruption.ts';
import type { KeyBuffer } from '../../bytes/key-buffer.ts';
import { viewOf } from '../../bytes/view-of.ts';
import type { CairnError } from '../../errors.ts';
import { BlockCursor } from '../../format/block.ts';
import { HOME_RANGE, HOME_SHIFT, offsetBitsOf } from '../../format/hash-index.ts';
import type { SparseIndex } from '../../format/sparse-index.ts';
import { BlockStream } from '../block-stream.ts';
import type { PartitionFile } from '../partition-file.ts';
import type { PartitionTail } from '../partition-tail.ts';
import { ABSENT, FOUND, MISSING, type Outcome } from './outcome.ts';
import { SharedLoads } from './shared-loads.ts';

/** A block that one operation keeps while it runs, so that it makes progress whatever the cache evicts. */
export interface PinnedBlock {
  readonly partition: PartitionReader;
  readonly block: number;
  readonly bytes: Uint8Array;
  /** Where the block starts in `bytes`. */
  readonly start: number;
}

/** The blocks that a scan has read ahead, if they are not kept in the partition's own memory. */
export interface Readahead {
  partition: PartitionReader | undefined;
  /** The blocks are `first…end − 1`. */
  first: number;
  end: number;
  bytes: Uint8Array;
  /** The stream of the blocks that follow, if the source is remote. */
  stream: BlockStream | undefined;
  /** Ends the reading for this scan alone. */
  readonly signal: AbortSignal | undefined;
}

/** Look-ups by the sparse index before the hash index, of megabytes, is worth a request. */
const LOOKUPS_BEFORE_HASH_INDEX = 8;

/** Data that a scan takes from a stream at once, in bytes. */
const STREAM_STEP_BYTES = 1 << 18;

/**
 * One partition while it is read. A step over what is in memory is synchronous and notes what it lacks;
 * another call, waiting or synchronous, loads that. So every operation is written once.
 *
 * The subclasses differ in where blocks are kept.
 */
export abstract class PartitionReader {
  readonly file: PartitionFile;
  /** Set once the tail is read. */
  index: SparseIndex | undefined;
  /** The memory in which {@link lookup} found an entry, and the position of its value. */
  bytes: Uint8Array = new Uint8Array(0);
  /** `bytes.buffer`, because that is a call; `bytes` starts at its first byte if {@link viewsStayValid}. */
  buffer: ArrayBufferLike = this.bytes.buffer;
  /** The same memory as `bytes`. */
  view: DataView = new DataView(this.buffer);
  valueStart = 0;
  valueEnd = 0;

  /** The hash index, once it is read. */
  slots: Int32Array | undefined;
  protected useHashIndex = false;
  protected readonly cursor: BlockCursor = new BlockCursor();
  protected homeScale = 0;
  protected offsetBits = 0;
  protected tagMask = 0;
  /** The block that is missing, or −1 for a section: the tail, then the hash index. */
  protected missingBlock = -1;
  #lookups = 0;
  /** By block; the missing section has the number −1. */
  readonly #loads = new SharedLoads<PinnedBlock | undefined>();

  constructor(file: PartitionFile, useHashIndex: boolean) {
    this.file = file;
    this.keepHashIndex(useHashIndex);
  }

  /** Switches look-ups by the hash index on or off; off, its memory is freed. */
  keepHashIndex(keeps: boolean): void {
    const { record, isRemote } = this.file;
    // A remote hash index takes much longer to read than the block whose read it saves.
    this.useHashIndex = keeps && record.hashBytes > 0 && !isRemote;
    if (!this.useHashIndex) this.slots = undefined;
  }

  /**
   * Finds the value of the key in the buffer; `hash` is the key's. After FOUND, {@link bytes}, `valueStart`
   * and `valueEnd` are its position. `mayRead` allows synchronous reads of single entries instead of MISSING.
   */
  abstract lookup(
    key: KeyBuffer,
    hash: number,
    pinned: readonly PinnedBlock[] | undefined,
    mayRead: boolean,
  ): Outcome;

  /** Moves a cursor to a block, if it is in memory or pinned; else MISSING. */
  abstract openBlock(block: number, cursor: BlockCursor, pinned: readonly PinnedBlock[] | undefined): Outcome;

  /**
   * Moves a scan's cursor to a block; else MISSING, and {@link readAhead} reads it with those that follow it
   * up to `last` (which is before `block` if the scan is reversed).
   */
  abstract openAhead(block: number, cursor: BlockCursor, ahead: Readahead): Outcome;
  abstract readAhead(block: number, last: number, ahead: Readahead): Promise<void>;
  abstract readAheadSync(block: number, last: number, ahead: Readahead): void;

  /**
   * Reads one block for the current operation, which the signal ends. The caller must not assume that it is
   * cached.
   */
  protected abstract loadBlock(block: number, signal?: AbortSignal): Promise<PinnedBlock | undefined>;
  /** Returns undefined if the block is in memory now, where it stays while one other block is loaded. */
  protected abstract loadBlockSync(block: number): PinnedBlock | undefined;

  /** Whether views of {@link bytes} stay valid as long as they are kept. */
  abstract readonly viewsStayValid: boolean;

  /**
   * Reads the slot where a probe for this hash begins, so that it is in the processor's cache for the
   * look-up.
   */
  touchSlot(hash: number): number {
    return this.slots === undefined ? 0 : this.slots[this.home(hash)];
  }

  /** Where the entry lies that a look-up for this hash will most likely compare, for {@link touchData}. */
  candidate(_hash: number): number {
    return 0;
  }

  /** Reads a byte of the data in memory, so that it is in the processor's cache for the look-up. */
  touchData(_at: number): number {
    return 0;
  }

  /** Whether the tail is in memory; if not, {@link load} reads it next. */
  hasIndex(): boolean {
    if (this.index !== undefined) return true;
    this.missingBlock = -1;
    return false;
  }

  /**
   * Loads what the last step lacked. A block is returned, to be pinned; a section is kept. If the signal is
   * aborted, rejects with its reason at once; a request that others wait for continues.
   */
  load(signal?: AbortSignal): Promise<PinnedBlock | undefined> {
    if (this.missingBlock >= 0) return this.loadBlock(this.missingBlock, signal);
    return this.loadOnce(this.missingBlock, signal, (ended) => this.#loadSection(ended));
  }

  /** Reads a block once for all operations that wait for it; {@link SharedLoads.wait}. */
  protected loadOnce(
    block: number,
    signal: AbortSignal | undefined,
    begin: (signal: AbortSignal | undefined) => Promise<PinnedBlock | undefined>,
  ): Promise<PinnedBlock | undefined> {
    return this.#loads.wait(block, signal, begin);
  }

  loadSync(): PinnedBlock | undefined {
    if (this.missingBlock >= 0) return this.loadBlockSync(this.missingBlock);
    if (this.index === undefined) this.#acceptTail(this.file.readTailSync());
    else this.slots = this.file.readHashIndexSync();
    return undefined;
  }

  /** Looks up without the hash index: in the sparse index, then in the block. */
  protected lookupInBlock(key: KeyBuffer, pinned: readonly PinnedBlock[] | undefined): Outcome {
    const index = this.index as SparseIndex;
    if (this.useHashIndex && this.slots === undefined && ++this.#lookups > LOOKUPS_BEFORE_HASH_INDEX) {
      this.missingBlock = -1;
      return MISSING;
    }
    const block = index.findBlock(key.bytes, key.length);
    const { cursor } = this;
    if (this.openBlock(block, cursor, pinned) === MISSING) return MISSING;
    const ordinal = cursor.lowerBound(key.bytes, key.length);
    if (ordinal < 0) throw this.damagedBlock(block);
    if (!cursor.found) return ABSENT;
    this.bytes = cursor.bytes;
    this.buffer = cursor.bytes.buffer;
    this.view = viewOf(cursor.bytes);
    this.valueStart = cursor.keyEnd;
    this.valueEnd = cursor.valueEnd;
    return FOUND;
  }

  /** Moves a cursor to a block whose bytes are in memory. */
  protected openAt(block: number, cursor: BlockCursor, bytes: Uint8Array, start: number): Outcome {
    const index = this.index as SparseIndex;
    // It fits: the sparse index refuses blocks with less than three bytes an entry.
    cursor.open(bytes, start, index.dataLength(block), index.entries(block));
    return FOUND;
  }

  /** The error for a block whose checksum is right and whose entries are malformed nevertheless. */
  damagedBlock(block: number): CairnError {
    return corruption(this.file.blockRegion(block), 'the entries do not fit their block');
  }

  protected miss(block: number): typeof MISSING {
    this.missingBlock = block;
    return MISSING;
  }

  /**
   * Starts to read blocks from `block` to `last`, if the missing ones are among them; otherwise returns
   * undefined.
   */
  beginStream(block: number, last: number, signal: AbortSignal | undefined): BlockStream | undefined {
    return last < block ? undefined : BlockStream.begin(this.file, block, last + 1, signal);
  }

  /**
   * The next blocks of a scan at `block`, on its way to `last`, by its stream, which is begun if need be;
   * their data and the block behind them. Undefined where a stream gains nothing.
   */
  protected async readFromStream(
    block: number,
    last: number,
    ahead: Readahead,
  ): Promise<{ readonly data: Uint8Array; readonly end: number } | undefined> {
    const index = this.index as SparseIndex;
    let { stream } = ahead;
    if (stream === undefined || stream.file !== this.file || stream.next !== block || stream.end <= block) {
      stream?.close();
      stream = this.beginStream(block, last, ahead.signal);
      ahead.stream = stream;
    }
    if (stream === undefined) return undefined;
    let end = block + 1;
    while (end < stream.end && index.dataStart(end + 1) - index.dataStart(block) <= STREAM_STEP_BYTES) end++;
    return { data: await stream.read(end - block), end };
  }

  /** Called when the tail has been read. */
  protected prepare(_tail: PartitionTail): void {}

  async #loadSection(signal: AbortSignal | undefined): Promise<undefined> {
    if (this.index === undefined) {
      this.#acceptTail(await this.file.readTail(signal));
      return;
    }
    const slots = await this.file.readHashIndex(signal);
    // The cache may have become smaller meanwhile.
    if (this.useHashIndex) this.slots ??= slots;
  }

  #acceptTail(tail: PartitionTail): void {
    // Another call may have read it meanwhile, and what is known of the blocks must be kept.
    if (this.index !== undefined) return;
    this.prepare(tail);
    this.index = tail.index;
    this.homeScale = tail.footer.hashSlots / HOME_RANGE;
    this.offsetBits = offsetBitsOf(tail.footer.dataBytes);
    this.tagMask = 0xffffffff >>> this.offsetBits;
  }

  protected home(hash: number): number {
    return Math.floor((hash >>> HOME_SHIFT) * this.homeScale);
  }
}

/** The pinned block of a partition, if the operation has it. */
export function findPinned(
  pinned: readonly PinnedBlock[] | undefined,
  partition: PartitionReader,
  block: number,
): PinnedBlock | undefined {
  if (pinned === undefined) return undefined;
  for (const one of pinned) if (one.block === block && one.partition === partition) return one;
  return undefined;
}
