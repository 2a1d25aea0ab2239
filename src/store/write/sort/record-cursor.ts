import type { MergeInput } from '../merge-queue.ts';
import { compareRecords, RECORD_HEADER_BYTES, recordBytes } from './record.ts';

/** Records are passed on in chunks of this many bytes; a larger record is a chunk of its own. */
export const CHUNK_BYTES: number = 1 << 17;

/** Sorted records in pieces. */
export interface ChunkReader {
  /** The next records, valid until the next call; `undefined` at the end. */
  next(): Uint8Array<ArrayBuffer> | undefined | Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** Walks sorted records of memory and files alike, so that merges see one kind of object. */
export class RecordCursor implements MergeInput {
  bytes: Uint8Array = new Uint8Array(0);
  /** The same memory as `bytes`. */
  words: Int32Array = new Int32Array(0);
  /** Where the current record begins in `words`. */
  record = 0;
  keyStart = 0;
  keyEnd = 0;
  valueEnd = 0;
  readonly #reader: ChunkReader;
  /** Where the next record begins, and where the chunk ends, in words. */
  #at = 0;
  #end = 0;

  constructor(reader: ChunkReader) {
    this.#reader = reader;
  }

  next(): boolean | Promise<boolean> {
    if (this.#at === this.#end) return this.#nextChunk();
    this.#enter();
    return true;
  }

  compareKey(other: RecordCursor): number {
    return compareRecords(this.words, this.record, other.words, other.record);
  }

  #enter(): void {
    const record = this.#at;
    const keyLength = this.words[record];
    const valueLength = this.words[record + 1];
    this.record = record;
    this.keyStart = record * 4 + RECORD_HEADER_BYTES;
    this.keyEnd = this.keyStart + keyLength;
    this.valueEnd = this.keyEnd + valueLength;
    this.#at = record + (recordBytes(keyLength, valueLength) >>> 2);
  }

  async #nextChunk(): Promise<boolean> {
    const bytes = await this.#reader.next();
    if (bytes === undefined) return false;
    this.bytes = bytes;
    this.words = new Int32Array(bytes.buffer, 0, bytes.length >>> 2);
    this.#at = 0;
    this.#end = this.words.length;
    this.#enter();
    return true;
  }
}
