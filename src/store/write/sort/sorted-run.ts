import { type Checksum, hex64 } from '../../../bytes/checksum.ts';
import { corruption } from '../../../bytes/corruption.ts';
import type { ByteSink } from '../../../io/byte-sink.ts';
import type { ByteSource } from '../../../io/byte-source.ts';
import type { OnDuplicate } from '../on-duplicate.ts';
import { compareRecords, recordBytes, recordKey } from './record.ts';
import { CHUNK_BYTES, type ChunkReader } from './record-cursor.ts';

/** Writes sorted records to a file that lives as long as the sorting. */
export class RunWriter {
  /** Bytes that were written, or are in the current chunk. */
  length = 0;
  readonly #sink: ByteSink;
  readonly #checksum: Checksum;
  readonly #onDuplicate: OnDuplicate;
  readonly #refuse: (key: Uint8Array) => Error;
  readonly #lengths: number[] = [];
  readonly #checksums: bigint[] = [];
  #bytes: Uint8Array = new Uint8Array(CHUNK_BYTES);
  #words: Int32Array = new Int32Array(this.#bytes.buffer);
  #used = 0;
  /** Where the record added last begins, in words; −1 before the first. */
  #last = -1;

  /** @param refuse returns the error for a repeated key, if equal keys are refused */
  constructor(
    sink: ByteSink,
    checksum: Checksum,
    onDuplicate: OnDuplicate,
    refuse: (key: Uint8Array) => Error,
  ) {
    this.#sink = sink;
    this.#checksum = checksum;
    this.#onDuplicate = onDuplicate;
    this.#refuse = refuse;
  }

  /**
   * Adds a copy of the record at `words[record…]`, whose key does not come before the last one's. Waits like
   * a sink.
   */
  add(words: Int32Array, record: number): Promise<void> | undefined {
    const length = recordBytes(words[record], words[record + 1]);
    if (this.#last >= 0 && compareRecords(this.#words, this.#last, words, record) === 0) {
      if (this.#onDuplicate === 'error') throw this.#refuse(recordKey(words, record));
      if (this.#onDuplicate === 'first') return undefined;
      this.length -= this.#used - this.#last * 4;
      this.#used = this.#last * 4;
    }
    const waiting = this.#used > 0 && this.#used + length > CHUNK_BYTES ? this.#flush() : undefined;
    if (this.#used + length > this.#bytes.length) this.#allocate(this.#used + length);
    const to = this.#used >>> 2;
    const target = this.#words;
    if (length > 256) target.set(words.subarray(record, record + (length >>> 2)), to);
    else for (let i = 0; i < length >>> 2; i++) target[to + i] = words[record + i];
    this.#last = to;
    this.#used += length;
    this.length += length;
    return waiting;
  }

  /**
   * Ends the file, which has at least one record, without a sync: it need not survive a crash.
   *
   * @throws {CairnError} `IO`.
   */
  async finish(): Promise<RunChunks> {
    await this.#flush();
    await this.#sink.finish(false);
    return { lengths: this.#lengths, checksums: this.#checksums };
  }

  /** Removes the file. */
  abort(): Promise<void> {
    return this.#sink.abort();
  }

  /** Writes the chunk to the sink, which copies it. */
  #flush(): Promise<void> | undefined {
    const chunk = this.#bytes.subarray(0, this.#used);
    this.#lengths.push(chunk.length);
    this.#checksums.push(this.#checksum.hash(chunk));
    const waiting = this.#sink.write(chunk);
    this.#used = 0;
    this.#last = -1;
    if (this.#bytes.length > CHUNK_BYTES) this.#allocate(CHUNK_BYTES);
    return waiting;
  }

  #allocate(length: number): void {
    const kept = this.#bytes.subarray(0, this.#used);
    this.#bytes = new Uint8Array(length);
    this.#bytes.set(kept);
    this.#words = new Int32Array(this.#bytes.buffer);
  }
}

/** The chunks of a run, in order. Only the process that wrote the run has this table, and can read it. */
export interface RunChunks {
  readonly lengths: readonly number[];
  readonly checksums: readonly bigint[];
}

/** Reads the chunks of a run as they are needed, one ahead. */
export class RunReader implements ChunkReader {
  readonly #source: ByteSource;
  readonly #chunks: RunChunks;
  readonly #checksum: Checksum;
  /** The chunk that is being read. */
  #chunk = 0;
  #offset = 0;
  #current: ArrayBuffer = new ArrayBuffer(CHUNK_BYTES);
  #spare: ArrayBuffer = new ArrayBuffer(CHUNK_BYTES);
  #reading: Promise<Uint8Array<ArrayBuffer>> | undefined;

  constructor(source: ByteSource, chunks: RunChunks, checksum: Checksum) {
    this.#source = source;
    this.#chunks = chunks;
    this.#checksum = checksum;
    this.#readAhead();
  }

  /** @throws {CairnError} (as a rejection) `CORRUPTION`, `IO`. */
  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#reading === undefined) return undefined;
    const bytes = await this.#reading;
    const { lengths, checksums } = this.#chunks;
    const found = this.#checksum.hash(bytes);
    const expected = checksums[this.#chunk];
    if (found !== expected) {
      const region = { file: this.#source.name, section: 'sorted run', offset: this.#offset };
      throw corruption(region, 'the checksum of a chunk is wrong', {
        expected: hex64(expected),
        actual: hex64(found),
      });
    }
    this.#spare = this.#current;
    this.#current = bytes.buffer;
    this.#offset += lengths[this.#chunk++];
    this.#readAhead();
    return bytes;
  }

  #readAhead(): void {
    this.#reading = undefined;
    if (this.#chunk === this.#chunks.lengths.length) return;
    const length = this.#chunks.lengths[this.#chunk];
    const buffer = this.#spare.byteLength < length ? new ArrayBuffer(length) : this.#spare;
    const target = new Uint8Array(buffer, 0, length);
    this.#reading = this.#source.read(this.#offset, target).then(() => target);
    // If the merge is given up, nothing asks for this chunk.
    this.#reading.catch(() => undefined);
  }
}
