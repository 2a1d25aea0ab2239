import { ByteWriter } from '../bytes/byte-writer.ts';
import { corruption, type Region } from '../bytes/corruption.ts';
import { SortedKeys } from '../bytes/sorted-keys.ts';
import { littleEndianWords } from '../bytes/words.ts';
import { HEADER } from './layout.ts';

/**
 * The sparse index describes the n blocks of a partition, column by column, so that a reader creates arrays
 * over it instead of parsing it.
 *
 * ```
 * checksums       u64 × n        XXH64 of each block's bytes in the file
 * fileEnds        u32 × n        where each block ends in the file; the first starts at 16
 * dataEnds        u32 × n        where each block ends in the uncompressed data; the first starts at 0
 * entriesUpTo     u32 × n        entries in this block and all before
 * separatorEnds   u32 × (n − 1)  where each separator ends in the bytes that follow
 * separators      bytes          of all blocks but the first
 * ```
 * A block is compressed if its length in the file differs from its length in the data. The separator of a
 * block is a shortest byte string that is greater than every key before the block and not greater than its
 * first key. A checksum belongs to a position: a block that was moved, or taken from another file, is
 * detected.
 *
 * Spec: FORMAT.md §5
 */
export interface BlockRecord {
  /** Bytes in the file. */
  readonly storedLength: number;
  /** Bytes when uncompressed: equal to `storedLength` exactly if the block is stored raw. */
  readonly dataLength: number;
  readonly entries: number;
  readonly checksum: bigint;
}

/** Bytes of a block's columns. */
const FIXED_BYTES = 8 + 4 * 4;

/** Bytes of a section for `blocks` blocks with `separatorBytes` bytes of separators. */
export function indexBytes(blocks: number, separatorBytes: number): number {
  return blocks === 0 ? 0 : blocks * FIXED_BYTES - 4 + separatorBytes;
}

/** Collects the blocks of a partition and composes the section. */
export class SparseIndexWriter {
  readonly #checksums = new ByteWriter(1024);
  readonly #fileEnds = new ByteWriter(512);
  readonly #dataEnds = new ByteWriter(512);
  readonly #entriesUpTo = new ByteWriter(512);
  readonly #separatorEnds = new ByteWriter(512);
  readonly #separators = new ByteWriter(1024);
  /** Blocks added. */
  count = 0;
  /** Where the last block ends in the file and in the uncompressed data, and the entries up to there. */
  fileEnd: number = HEADER.length;
  dataEnd = 0;
  entries = 0;

  /** Bytes of the section so far. */
  get bytes(): number {
    return indexBytes(this.count, this.#separators.length);
  }

  /**
   * Adds a block with the separator `separator[0…length)`, which is copied; that of the first block is
   * ignored.
   */
  add(separator: Uint8Array, length: number, record: BlockRecord): void {
    if (this.count > 0) {
      this.#separators.bytes(separator, 0, length);
      this.#separatorEnds.u32(this.#separators.length);
    }
    this.fileEnd += record.storedLength;
    this.dataEnd += record.dataLength;
    this.entries += record.entries;
    this.#checksums.u64(record.checksum);
    this.#fileEnds.u32(this.fileEnd);
    this.#dataEnds.u32(this.dataEnd);
    this.#entriesUpTo.u32(this.entries);
    this.count++;
  }

  finish(): Uint8Array {
    const out = new ByteWriter(this.bytes);
    out.bytes(this.#checksums.view());
    out.bytes(this.#fileEnds.view());
    out.bytes(this.#dataEnds.view());
    out.bytes(this.#entriesUpTo.view());
    out.bytes(this.#separatorEnds.view());
    out.bytes(this.#separators.view());
    return out.view();
  }
}

/** What a section must agree with, from the checked footer and properties. */
export interface SparseIndexBounds {
  readonly blocks: number;
  readonly entries: number;
  /** Uncompressed bytes of all blocks. */
  readonly dataBytes: number;
  /** Where the blocks end in the file. */
  readonly blocksEnd: number;
}

/** A sparse index in memory. */
export class SparseIndex {
  readonly blocks: number;
  /** Separators of the blocks from the second on. */
  readonly separators: SortedKeys;
  readonly #checksums: Uint32Array;
  readonly #fileEnds: Uint32Array;
  readonly #dataEnds: Uint32Array;
  readonly #entriesUpTo: Uint32Array;

  /**
   * Creates arrays over a section whose checksum has been checked; about 10 ns a block. Keeps the section,
   * which must not change.
   *
   * @throws {CairnError} `CORRUPTION` if lengths, order or sums do not fit the bounds.
   */
  constructor(section: Uint8Array, bounds: SparseIndexBounds, region: Region) {
    const { blocks } = bounds;
    const separatorsStart = blocks * FIXED_BYTES - 4;
    if (blocks < 1 || separatorsStart > section.length) {
      throw corruption(region, 'the index is too short for its blocks', {
        expected: `${separatorsStart} bytes`,
        actual: `${section.length}`,
      });
    }
    this.blocks = blocks;
    // Uint32Array requires an aligned start.
    const aligned = section.byteOffset % 4 === 0 ? section : section.slice();
    const column = (start: number, length: number): Uint32Array =>
      littleEndianWords(aligned.buffer, aligned.byteOffset + start, length);
    this.#checksums = column(0, blocks * 2);
    this.#fileEnds = column(blocks * 8, blocks);
    this.#dataEnds = column(blocks * 12, blocks);
    this.#entriesUpTo = column(blocks * 16, blocks);
    const separatorEnds = column(blocks * 20, blocks - 1);
    this.#checkBlocks(bounds, region);
    const separatorBytes = section.length - separatorsStart;
    let end = 0;
    for (let i = 0; i < separatorEnds.length; i++) {
      const next = separatorEnds[i];
      if (next <= end || next > separatorBytes || next - end > 0xffff) {
        throw corruption(region, 'the separators do not fit the index', { at: blocks * 20 + i * 4 });
      }
      end = next;
    }
    if (end !== separatorBytes)
      throw corruption(region, 'the index has bytes too many', { at: separatorsStart + end });
    const starts = new Uint32Array(blocks);
    starts.set(separatorEnds, 1);
    this.separators = new SortedKeys(aligned.subarray(separatorsStart), starts);
    if (!this.separators.ascends())
      throw corruption(region, 'the separators do not ascend', { at: separatorsStart });
  }

  /** The block that holds `key[0…length)` if the key is present. */
  findBlock(key: Uint8Array, length: number): number {
    return this.separators.find(key, length) + 1;
  }

  /** The block with the byte `offset` of the uncompressed data. */
  blockAtData(offset: number): number {
    return firstAbove(this.#dataEnds, offset);
  }

  /** The block with entry `ordinal` of the partition. */
  blockAtEntry(ordinal: number): number {
    return firstAbove(this.#entriesUpTo, ordinal);
  }

  /** Where a block starts in the file; for `block === blocks`, where the last one ends. */
  fileStart(block: number): number {
    return block === 0 ? HEADER.length : this.#fileEnds[block - 1];
  }

  storedLength(block: number): number {
    return this.#fileEnds[block] - this.fileStart(block);
  }

  /** Where a block starts in the uncompressed data; for `block === blocks`, where the last one ends. */
  dataStart(block: number): number {
    return block === 0 ? 0 : this.#dataEnds[block - 1];
  }

  dataLength(block: number): number {
    return this.#dataEnds[block] - this.dataStart(block);
  }

  /** Entries before a block; for `block === blocks`, all entries. */
  entriesBefore(block: number): number {
    return block === 0 ? 0 : this.#entriesUpTo[block - 1];
  }

  entries(block: number): number {
    return this.#entriesUpTo[block] - this.entriesBefore(block);
  }

  /** XXH64 of a block's bytes in the file. */
  checksum(block: number): bigint {
    return (BigInt(this.#checksums[block * 2 + 1]) << 32n) | BigInt(this.#checksums[block * 2]);
  }

  #checkBlocks(bounds: SparseIndexBounds, region: Region): void {
    const { blocks } = this;
    // In locals: this runs once per partition, before the code is optimized.
    const fileEnds = this.#fileEnds;
    const dataEnds = this.#dataEnds;
    const entriesUpTo = this.#entriesUpTo;
    let file = HEADER.length;
    let data = 0;
    let entries = 0;
    for (let block = 0; block < blocks; block++) {
      const fileEnd = fileEnds[block];
      const dataEnd = dataEnds[block];
      const upTo = entriesUpTo[block];
      const length = dataEnd - data;
      // Every entry takes at least three bytes: two lengths and one byte of key.
      if (fileEnd <= file || fileEnd - file > length || upTo <= entries || (upTo - entries) * 3 > length) {
        throw corruption(region, 'the lengths do not fit each other', {
          at: blocks * 8 + block * 4,
        });
      }
      file = fileEnd;
      data = dataEnd;
      entries = upTo;
    }
    if (file !== bounds.blocksEnd || data !== bounds.dataBytes || entries !== bounds.entries) {
      throw corruption(region, 'the blocks do not add up to the file', {
        expected: `${bounds.entries} entries in ${bounds.dataBytes} bytes up to ${bounds.blocksEnd}`,
        actual: `${entries} in ${data} up to ${file}`,
      });
    }
  }
}

/** The first index whose element is greater than `value`; the last element must be. */
function firstAbove(ascending: Uint32Array, value: number): number {
  let base = 0;
  for (let size = ascending.length; size > 1; ) {
    const half = size >>> 1;
    base += half * ((ascending[base + half - 1] <= value) as unknown as number);
    size -= half;
  }
  return base;
}
