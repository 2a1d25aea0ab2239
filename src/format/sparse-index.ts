import { ByteReader, corruption, type Place } from '../bytes/byte-reader.ts';
import type { ByteWriter } from '../bytes/byte-writer.ts';
import { sharedPrefixLength } from '../bytes/compare.ts';
import { SortedKeys } from '../bytes/sorted-keys.ts';
import { HEADER } from './layout.ts';

/**
 * The sparse index has one record for each block, in order.
 *
 * ```
 * record:  shared (varint) | suffix length (varint) | suffix        the separator, front-coded
 *          stored length × 2 + compressed (varint)                  bytes in the file
 *          [ uncompressed length (varint) ]                         only when compressed = 1
 *          entries (varint)
 *          checksum (u64)                                           XXH64 of the bytes in the file
 * ```
 * The separator is a shortest byte string that is greater than every key before the block and not greater
 * than its first key; the first block's is empty. Blocks lie one after the other from offset 16, so their
 * places follow from their lengths, and a checksum belongs to its place: a block that is moved, or that comes
 * from another file, is found out.
 *
 * Spec: FORMAT.md §5
 */
export interface BlockRecord {
  readonly storedLength: number;
  /** Equal to `storedLength` when the block is stored raw. */
  readonly dataLength: number;
  readonly compressed: boolean;
  readonly entries: number;
  readonly checksum: bigint;
}

/** Bytes that one record takes at most, besides its separator. */
export const MOST_RECORD_BYTES: number = 3 + 3 + 5 + 5 + 5 + 8;

/** Appends records to a section, coding each separator against the one before. */
export class SparseIndexWriter {
  readonly #out: ByteWriter;
  #previous: Uint8Array = new Uint8Array(64);
  #previousLength = 0;
  /** Records written. */
  count = 0;

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  /** The separator is `separator[0…length)`; it is copied. */
  add(separator: Uint8Array, length: number, record: BlockRecord): void {
    const out = this.#out;
    const shared = sharedPrefixLength(this.#previous, this.#previousLength, separator, length);
    out.varint(shared);
    out.varint(length - shared);
    out.bytes(separator, shared, length);
    out.varint(record.storedLength * 2 + (record.compressed ? 1 : 0));
    if (record.compressed) out.varint(record.dataLength);
    out.varint(record.entries);
    out.u64(record.checksum);
    if (this.#previous.length < length) this.#previous = new Uint8Array(length * 2);
    this.#previous.set(separator.subarray(0, length));
    this.#previousLength = length;
    this.count++;
  }
}

/** What a section must agree with: taken from the checked footer and properties. */
export interface SparseIndexBounds {
  readonly blocks: number;
  readonly entries: number;
  /** Uncompressed bytes of all blocks. */
  readonly dataBytes: number;
  /** Where the blocks end in the file. */
  readonly blocksEnd: number;
}

/** A sparse index in memory: typed arrays, each with an element for every block. */
export class SparseIndex {
  readonly blocks: number;
  /** Separators of the blocks from the second on. */
  readonly separators: SortedKeys;
  /** Where each block starts in the file; one more element for the end. */
  readonly fileStarts: Float64Array;
  /** Where each block starts in the uncompressed data; one more element for the end. */
  readonly dataStarts: Int32Array;
  /** Entries before each block; one more element for all of them. */
  readonly entriesBefore: Int32Array;
  readonly checksums: BigUint64Array;
  readonly compressed: Uint8Array;
  /** Bytes that the index itself takes in memory, about. */
  readonly memoryBytes: number;

  /**
   * Decodes a section whose checksum has been checked; about 150 ns a block.
   *
   * @throws {CairnError} `CORRUPTION` when lengths, order or sums don't fit the bounds.
   */
  constructor(bytes: Uint8Array, bounds: SparseIndexBounds, place: Place) {
    const { blocks } = bounds;
    // A record takes at least 12 bytes: a count that lies cannot make us allocate more than the section's size.
    if (blocks * 12 > bytes.length) {
      throw corruption(place, 0, 'the index is too short for its blocks', `${blocks * 12} bytes`, `${bytes.length}`);
    }
    this.blocks = blocks;
    this.fileStarts = new Float64Array(blocks + 1);
    this.dataStarts = new Int32Array(blocks + 1);
    this.entriesBefore = new Int32Array(blocks + 1);
    this.checksums = new BigUint64Array(blocks);
    this.compressed = new Uint8Array(blocks);
    const keys = new SeparatorList(Math.max(0, blocks - 1), bytes.length);
    const reader = new ByteReader(bytes, place);
    let file = HEADER.length;
    let data = 0;
    let entries = 0;
    for (let block = 0; block < blocks; block++) {
      this.fileStarts[block] = file;
      this.dataStarts[block] = data;
      this.entriesBefore[block] = entries;
      const at = reader.position;
      const shared = reader.varint();
      const suffix = reader.bytes(reader.varint());
      if (block === 0) {
        if (shared !== 0 || suffix.length !== 0) throw corruption(place, at, "the first block's separator is not empty");
      } else if (!keys.add(shared, suffix)) {
        throw corruption(place, at, 'the separators do not ascend');
      }
      const storedAndFlag = reader.varint();
      const compressed = storedAndFlag % 2;
      const stored = (storedAndFlag - compressed) / 2;
      const length = compressed === 1 ? reader.varint() : stored;
      const count = reader.varint();
      this.compressed[block] = compressed;
      this.checksums[block] = reader.u64();
      file += stored;
      data += length;
      entries += count;
      // Every entry takes at least three bytes: two lengths and one byte of key.
      if (stored === 0 || count === 0 || count * 3 > length || file > bounds.blocksEnd || data > bounds.dataBytes) {
        throw corruption(place, at, 'the lengths of a block do not fit the file');
      }
    }
    reader.end();
    if (file !== bounds.blocksEnd || data !== bounds.dataBytes || entries !== bounds.entries) {
      throw corruption(
        place,
        0,
        'the blocks do not add up to the file',
        `${bounds.entries} entries in ${bounds.dataBytes} bytes`,
        `${entries} in ${data}`,
      );
    }
    this.fileStarts[blocks] = file;
    this.dataStarts[blocks] = data;
    this.entriesBefore[blocks] = entries;
    this.separators = keys.finish();
    this.memoryBytes = blocks * 60 + keys.bytes;
  }

  /** The block in which `key[0…length)` lies if it is present. */
  findBlock(key: Uint8Array, length: number): number {
    return this.separators.find(key, length) + 1;
  }

  /** The block with the byte `offset` of the uncompressed data. */
  blockAtData(offset: number): number {
    return lastAtMost(this.dataStarts, offset, this.blocks);
  }

  /** The block with entry `ordinal` of the partition. */
  blockAtEntry(ordinal: number): number {
    return lastAtMost(this.entriesBefore, ordinal, this.blocks);
  }

  storedLength(block: number): number {
    return this.fileStarts[block + 1] - this.fileStarts[block];
  }

  dataLength(block: number): number {
    return this.dataStarts[block + 1] - this.dataStarts[block];
  }

  entries(block: number): number {
    return this.entriesBefore[block + 1] - this.entriesBefore[block];
  }
}

/** The last index below `count` whose element is ≤ `value`; the first element is. */
function lastAtMost(ascending: Int32Array, value: number, count: number): number {
  let base = 0;
  for (let size = count; size > 1; ) {
    const half = size >>> 1;
    if (ascending[base + half] <= value) base += half;
    size -= half;
  }
  return base;
}

/** Front-coded separators, decoded one after the other into one array that grows as they prove true. */
class SeparatorList {
  #bytes: Uint8Array;
  readonly #starts: Uint32Array;
  #count = 0;

  constructor(count: number, sectionBytes: number) {
    this.#bytes = new Uint8Array(sectionBytes);
    this.#starts = new Uint32Array(count + 1);
  }

  get bytes(): number {
    return this.#bytes.length;
  }

  /** False unless the new separator is greater than the one before. */
  add(shared: number, suffix: Uint8Array): boolean {
    const start = this.#starts[this.#count];
    const before = this.#count === 0 ? start : this.#starts[this.#count - 1];
    const previousLength = start - before;
    if (shared > previousLength || suffix.length === 0 || shared + suffix.length > 0xffff) return false;
    // What follows the shared part must be greater; a longer shared part would not be the shortest coding.
    if (shared < previousLength && suffix[0] <= this.#bytes[before + shared]) return false;
    const end = start + shared + suffix.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes = grown;
    }
    this.#bytes.copyWithin(start, before, before + shared);
    this.#bytes.set(suffix, start + shared);
    this.#starts[++this.#count] = end;
    return true;
  }

  finish(): SortedKeys {
    const used = this.#starts[this.#count];
    // The section also holds lengths and checksums: give back what the separators did not need.
    this.#bytes = this.#bytes.slice(0, used);
    return new SortedKeys(this.#bytes, this.#starts);
  }
}
