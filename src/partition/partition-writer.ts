import { ByteWriter } from '../bytes/byte-writer.ts';
import type { Checksum } from '../bytes/checksum.ts';
import { compareBytes, sharedPrefixLength } from '../bytes/compare.ts';
import { EntryDigest } from '../bytes/entry-digest.ts';
import type { KeyBuffer } from '../bytes/key-buffer.ts';
import { varintLength, writeVarint } from '../bytes/varint.ts';
import { littleEndianBytes } from '../bytes/words.ts';
import type { Compressor } from '../compression/compressor.ts';
import { RESTART_INTERVAL, restartBytes, restartCount, restartWidth } from '../format/block.ts';
import { encodeProperties, MAX_PROPERTIES_BYTES } from '../format/encode-properties.ts';
import { buildHashIndex, homeSlots, mostHashBytes } from '../format/hash-index.ts';
import { encodeHeader } from '../format/header.ts';
import { encodeFooter, FOOTER, HEADER } from '../format/layout.ts';
import { MAX_DATA_BYTES } from '../format/limits.ts';
import { indexBytes, SparseIndexWriter } from '../format/sparse-index.ts';
import type { ByteSink } from '../io/byte-sink.ts';
import { type EntryTable, MAX_ENTRIES } from './entry-table.ts';
import type { PartitionRecord } from './partition-record.ts';

/** What all partitions of a store have in common, and memory that they use one after the other. */
export interface PartitionShape {
  readonly keyEncoding: string;
  readonly valueEncoding: string;
  readonly compressor: Compressor | undefined;
  readonly blockBytes: number;
  readonly partitionBytes: number;
  readonly hashIndex: boolean;
  readonly checksum: Checksum;
  readonly table: EntryTable;
  /** Memory for a block; see {@link blockMemory}. */
  readonly digest: EntryDigest;
}

/** Memory in which the blocks of a store can be composed. */
export function blockMemory(blockBytes: number): Promise<EntryDigest> {
  // An entry takes at least three bytes.
  return EntryDigest.create(blockBytes, Math.ceil(blockBytes / 3) + 1);
}

/** Bytes that every partition has besides its entries, keys and indexes. */
function fixedBytes(shape: PartitionShape): number {
  const names = 3 * (shape.keyEncoding.length + shape.valueEncoding.length);
  return HEADER.length + FOOTER.length + MAX_PROPERTIES_BYTES + names;
}

/** The most bytes that an otherwise empty partition with one such entry takes. */
export function soleEntryBytes(shape: PartitionShape, keyLength: number, valueLength: number): number {
  const entry = varintLength(keyLength) + varintLength(valueLength) + keyLength + valueLength;
  const hash = shape.hashIndex ? mostHashBytes(1) : 0;
  return fixedBytes(shape) + entry + hash + indexBytes(1, 0) + 2 * keyLength;
}

/** A block is kept compressed when that saves at least an eighth; else decoding it would cost more than it saves. */
const WORTHWHILE = 7 / 8;

/** Writes one partition file: entries in, blocks and indexes out. It never holds more than one block. */
export class PartitionWriter {
  readonly #shape: PartitionShape;
  readonly #sink: ByteSink;
  readonly #name: string;
  readonly #index = new SparseIndexWriter();
  /** Upper bound of everything in the file that doesn't grow with entries. */
  readonly #fixed: number;

  /** The shared memory, or one of its own for an entry that is larger than a block. */
  #block: Uint8Array;
  #view: DataView;
  #blockUsed = 0;
  #blockEntries = 0;
  readonly #entryStarts: Int32Array;
  #separator: Uint8Array = new Uint8Array(64);
  #separatorLength = 0;

  #firstKey: Uint8Array = new Uint8Array(0);
  #entries = 0;
  #contentSum = 0n;
  /** Hash of the key of an entry that is larger than a block. */
  #soleHash = 0;

  constructor(name: string, sink: ByteSink, shape: PartitionShape) {
    this.#name = name;
    this.#sink = sink;
    this.#shape = shape;
    this.#fixed = fixedBytes(shape);
    this.#block = shape.digest.bytes;
    this.#view = shape.digest.view;
    this.#entryStarts = shape.table.starts(shape.digest.hashes.length);
    shape.table.clear();
  }

  /** Writes what comes before the first block. @throws {CairnError} `IO`. */
  begin(): void {
    this.#sink.write(encodeHeader(this.#shape.checksum));
  }

  /** Whether the partition, closed with this entry in it, stays within its cap. A few nanoseconds. */
  fits(keyLength: number, valueLength: number): boolean {
    const shape = this.#shape;
    const entry = varintLength(keyLength) + varintLength(valueLength) + keyLength + valueLength;
    const data = this.#index.dataEnd + this.#blockUsed + entry;
    const entries = this.#entries + 1;
    const hash = shape.hashIndex ? mostHashBytes(entries) : 0;
    // Two blocks may still come: the current one, and one that this entry begins.
    const index = this.#index.bytes + indexBytes(3, this.#separatorLength + keyLength);
    const restarts = 4 * (restartCount(this.#blockEntries + 1) + 1);
    const keys = this.#firstKey.length + keyLength;
    return (
      this.#fixed + data + restarts + hash + index + keys <= shape.partitionBytes &&
      data + restarts <= MAX_DATA_BYTES &&
      entries <= MAX_ENTRIES
    );
  }

  /**
   * Adds an entry that {@link fits} and whose key is greater than `previous`, the key before it. Copies both.
   * Returns a promise when the sink asks to wait.
   */
  add(key: KeyBuffer, previous: KeyBuffer, value: Uint8Array): Promise<void> | undefined {
    const keyLength = key.length;
    const valueLength = value.length;
    const entry = varintLength(keyLength) + varintLength(valueLength) + keyLength + valueLength;
    let waiting: Promise<void> | undefined;
    if (this.#blockEntries > 0) {
      const used = this.#blockUsed + entry;
      if (used + restartBytes(this.#blockEntries + 1, used) > this.#shape.blockBytes)
        waiting = this.#closeBlock();
    }
    if (this.#blockEntries === 0) this.#beginBlock(key, previous, entry);

    const block = this.#block;
    const start = this.#blockUsed;
    this.#entryStarts[this.#blockEntries++] = start;
    let at = writeVarint(block, start, keyLength);
    at = writeVarint(block, at, valueLength);
    at = copyKey(block, this.#view, at, key);
    this.#blockUsed = copyValue(block, at, value);
    this.#entries++;
    if (this.#block !== this.#shape.digest.bytes) this.#soleHash = key.hash();
    return waiting;
  }

  /**
   * Closes the partition: last block, indexes, footer. The work in memory is done before it returns, so that
   * the next partition may use the shared memory; the promise is for the bytes to be durable.
   *
   * @throws {Error} for a last key that can't be the last one.
   */
  finish(lastKey: KeyBuffer): Promise<PartitionRecord> {
    const { checksum, hashIndex, table } = this.#shape;
    const last = lastKey.copy();
    const order = compareBytes(this.#firstKey, last);
    if (last.length === 0 || order > 0 || (order === 0) !== (this.#entries === 1)) throw outOfOrder();
    const waiting = [this.#closeBlock()];
    const hashOffset = this.#index.fileEnd;
    const dataBytes = this.#index.dataEnd;
    const slots = hashIndex
      ? buildHashIndex(table.hashes, table.offsets, this.#entries, dataBytes)
      : undefined;
    const hash = slots === undefined ? new Uint8Array(0) : littleEndianBytes(slots);
    const index = this.#index.finish();
    const indexOffset = hashOffset + hash.length;
    const properties = encodeProperties({
      keyEncoding: this.#shape.keyEncoding,
      valueEncoding: this.#shape.valueEncoding,
      compression: this.#shape.compressor?.name ?? 'none',
      blockBytes: this.#shape.blockBytes,
      firstKey: this.#firstKey,
      lastKey: last,
      contentSum: this.#contentSum,
    });
    const footer = encodeFooter(
      {
        hashOffset,
        hashLength: hash.length,
        hashChecksum: checksum.hash(hash),
        indexOffset,
        indexLength: index.length,
        indexChecksum: checksum.hash(index),
        propertiesOffset: indexOffset + index.length,
        propertiesLength: properties.length,
        propertiesChecksum: checksum.hash(properties),
        entries: this.#entries,
        blocks: this.#index.count,
        dataBytes,
        hashSlots: slots === undefined ? 0 : homeSlots(this.#entries),
      },
      checksum,
    );
    const tail = new ByteWriter(index.length + properties.length + footer.length);
    for (const section of [index, properties, footer]) tail.bytes(section);
    waiting.push(this.#sink.write(hash), this.#sink.write(tail.view()));
    const record: PartitionRecord = {
      name: this.#name,
      bytes: indexOffset + tail.length,
      compression: this.#shape.compressor?.name ?? 'none',
      count: this.#entries,
      dataBytes,
      hashBytes: hash.length,
      tailBytes: tail.length,
      tailChecksum: checksum.hash(tail.view()),
      contentSum: this.#contentSum,
      firstKey: this.#firstKey,
      lastKey: last,
    };
    return Promise.all(waiting)
      .then(() => this.#sink.finish())
      .then(() => record);
  }

  /** Removes the file. */
  abort(): Promise<void> {
    return this.#sink.abort();
  }

  #beginBlock(key: KeyBuffer, previous: KeyBuffer, entryBytes: number): void {
    const { bytes, view } = this.#shape.digest;
    if (entryBytes <= bytes.length) {
      this.#block = bytes;
      this.#view = view;
    } else {
      this.#block = new Uint8Array(entryBytes);
      this.#view = new DataView(this.#block.buffer);
    }
    if (this.#entries === 0) {
      this.#firstKey = key.copy();
      this.#separatorLength = 0;
      return;
    }
    const shared = sharedPrefixLength(previous.bytes, previous.length, key.bytes, key.length);
    const isAfter = shared === previous.length || previous.bytes[shared] < key.bytes[shared];
    if (previous.length === 0 || shared === key.length || !isAfter) throw outOfOrder();
    // The shortest byte string after every earlier key and not after this one.
    const length = shared + 1;
    if (this.#separator.length < length) this.#separator = new Uint8Array(length * 2);
    this.#separator.set(key.bytes.subarray(0, length));
    this.#separatorLength = length;
  }

  #closeBlock(): Promise<void> | undefined {
    const { checksum, compressor, digest } = this.#shape;
    const entries = this.#blockEntries;
    const shared = this.#block === digest.bytes;
    if (shared) this.#digestEntries();
    else this.#digestSoleEntry();
    const length = this.#writeRestarts();
    const data = this.#block.subarray(0, length);
    let stored = data;
    if (compressor !== undefined) {
      const compressed = compressor.compress(data);
      if (compressed.length <= length * WORTHWHILE) stored = compressed;
    }
    this.#index.add(this.#separator, this.#separatorLength, {
      storedLength: stored.length,
      dataLength: length,
      entries,
      checksum: shared && stored === data ? digest.checksum(length) : checksum.hash(stored),
    });
    this.#blockUsed = 0;
    this.#blockEntries = 0;
    return this.#sink.write(stored);
  }

  /** Appends the restarts to the entries; returns the block's length. */
  #writeRestarts(): number {
    const entries = this.#blockEntries;
    const length = this.#blockUsed + restartBytes(entries, this.#blockUsed);
    const width = restartWidth(length);
    let at = this.#blockUsed;
    for (let i = RESTART_INTERVAL; i < entries; i += RESTART_INTERVAL) {
      const offset = this.#entryStarts[i];
      for (let byte = 0; byte < width; byte++) this.#block[at++] = offset >>> (8 * byte);
    }
    return length;
  }

  #digestEntries(): void {
    const { digest, hashIndex, table } = this.#shape;
    this.#contentSum = BigInt.asUintN(64, this.#contentSum + digest.digest(this.#blockUsed));
    if (hashIndex) table.append(digest.hashes, this.#entryStarts, this.#blockEntries, this.#index.dataEnd);
  }

  #digestSoleEntry(): void {
    const { checksum, hashIndex, table } = this.#shape;
    const sum = this.#contentSum + checksum.hash(this.#block.subarray(0, this.#blockUsed));
    this.#contentSum = BigInt.asUintN(64, sum);
    if (hashIndex) table.append([this.#soleHash], [0], 1, this.#index.dataEnd);
  }
}

/** A file with such keys could not be read: it must not be finished, whatever led to it. */
function outOfOrder(): Error {
  return new Error('the keys of a partition are out of order: this is a bug of cairnkv');
}

/** Copies a key to `target[at…)`, word by word where there is room behind; returns the offset behind it. */
function copyKey(target: Uint8Array, view: DataView, at: number, key: KeyBuffer): number {
  const { bytes, words, length } = key;
  const end = at + length;
  if (length > 64) {
    target.set(bytes.subarray(0, length), at);
  } else if (end + 4 <= target.length) {
    // The last word may write up to three bytes too many: the value, or the restarts, come over them.
    for (let i = 0, to = at; to < end; i++, to += 4) view.setInt32(to, words[i], true);
  } else {
    for (let i = 0; i < length; i++) target[at + i] = bytes[i];
  }
  return end;
}

/** Copies a value to `target[at…)` and returns the offset behind it. A loop beats `set` for a few bytes. */
function copyValue(target: Uint8Array, at: number, value: Uint8Array): number {
  if (value.length <= 16) for (let i = 0; i < value.length; i++) target[at + i] = value[i];
  else target.set(value, at);
  return at + value.length;
}
