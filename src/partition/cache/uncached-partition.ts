import type { KeyBuffer } from '../../bytes/key-buffer.ts';
import type { BlockCursor } from '../../format/block.ts';
import type { SparseIndex } from '../../format/sparse-index.ts';
import { unlessAborted } from '../../wait-options.ts';
import type { PartitionFile } from '../partition-file.ts';
import { MISSING, type Outcome } from './outcome.ts';
import { findPinned, PartitionReader, type PinnedBlock, type Readahead } from './partition-reader.ts';

/** Data that a scan reads at once, in bytes. */
const READAHEAD_BYTES = 1 << 18;
/** The same for remote files. */
const REMOTE_READAHEAD_BYTES = 1 << 22;

/** A partition of which only the tail stays in memory: each use of a block reads and checks it. */
export class UncachedPartition extends PartitionReader {
  readonly viewsStayValid: boolean = false;

  constructor(file: PartitionFile, useHashIndex = false) {
    super(file, useHashIndex);
  }

  lookup(
    key: KeyBuffer,
    _hash: number,
    pinned: readonly PinnedBlock[] | undefined,
    _mayRead: boolean,
  ): Outcome {
    return this.hasIndex() ? this.lookupInBlock(key, pinned) : MISSING;
  }

  openBlock(block: number, cursor: BlockCursor, pinned: readonly PinnedBlock[] | undefined): Outcome {
    const own = findPinned(pinned, this, block);
    return own === undefined ? this.miss(block) : this.openAt(block, cursor, own.bytes, own.start);
  }

  openAhead(block: number, cursor: BlockCursor, ahead: Readahead): Outcome {
    if (ahead.partition !== this || block < ahead.first || block >= ahead.end) return this.miss(block);
    const index = this.index as SparseIndex;
    return this.openAt(block, cursor, ahead.bytes, index.dataStart(block) - index.dataStart(ahead.first));
  }

  async readAhead(block: number, last: number, ahead: Readahead): Promise<void> {
    const streamed = await this.readFromStream(block, last, ahead);
    if (streamed !== undefined) {
      ahead.bytes = streamed.data;
      this.noteAhead(ahead, block, streamed.end);
      return;
    }
    const [first, end] = this.#chunk(block, last);
    ahead.bytes = await this.file.readBlocks(first, end - first, ahead.signal);
    this.noteAhead(ahead, first, end);
  }

  readAheadSync(block: number, last: number, ahead: Readahead): void {
    const [first, end] = this.#chunk(block, last);
    const index = this.index as SparseIndex;
    const length = index.dataStart(end) - index.dataStart(first);
    ahead.partition = undefined;
    if (ahead.bytes.length < length) ahead.bytes = new Uint8Array(Math.max(length, READAHEAD_BYTES));
    this.file.readBlocksSync(first, end - first, ahead.bytes, 0);
    this.noteAhead(ahead, first, end);
  }

  protected noteAhead(ahead: Readahead, first: number, end: number): void {
    ahead.partition = this;
    ahead.first = first;
    ahead.end = end;
    this.noteRead(first, end);
  }

  /** The blocks that a scan at `block`, on its way to `last`, should read at once. */
  #chunk(block: number, last: number): [first: number, end: number] {
    const index = this.index as SparseIndex;
    let first = block;
    let end = block + 1;
    const most = this.file.isRemote ? REMOTE_READAHEAD_BYTES : READAHEAD_BYTES;
    while (end <= last && index.dataStart(end + 1) - index.dataStart(first) <= most) end++;
    while (first > last && index.dataStart(end) - index.dataStart(first - 1) <= most) first--;
    return [first, end];
  }

  /** Called when blocks `first…end − 1` have been read and checked. */
  protected noteRead(_first: number, _end: number): void {}

  protected async loadBlock(block: number, signal?: AbortSignal): Promise<PinnedBlock | undefined> {
    const bytes = await unlessAborted(this.file.readBlocks(block, 1, signal), signal);
    return { partition: this, block, bytes, start: 0 };
  }

  protected loadBlockSync(block: number): PinnedBlock | undefined {
    const bytes = new Uint8Array((this.index as SparseIndex).dataLength(block));
    this.file.readBlocksSync(block, 1, bytes, 0);
    return { partition: this, block, bytes, start: 0 };
  }
}
