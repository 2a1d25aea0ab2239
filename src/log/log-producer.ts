/// <reference lib="esnext.disposable" preserve="true" />
import { checkOptions } from '../check-options.ts';
import { asText, CairnError, invalidArgument, isCairnError } from '../errors.ts';
import type { StoreInfo } from '../store/manifest/describe-store.ts';
import { SourceReader } from '../store/write/source-reader.ts';
import { ABANDON, type CloseOptions, READ_ALL, type StoreWriter } from '../store/write/store-writer.ts';
import { BucketHash } from './bucket-hash.ts';
import type { LogInfo } from './log-info.ts';
import { RECORD_KEY_BYTES, writeRecordKey } from './record-key.ts';
import { RecordEncoder } from './record-layout.ts';

/** The options of a record. */
export interface SendOptions {
  /** Milliseconds since 1970, an integer within the years 0 to 9999. Default: the current time. */
  readonly timestamp?: number | undefined;
  /**
   * The bucket of a record without a key. Default: the next one in turn. Not allowed with a key, which
   * determines it.
   */
  readonly bucket?: number | undefined;
}

/** An element for `sendAll`: a key, a value, and optionally the options of `send`. */
export type KeyedRecord = readonly [
  key: string | Uint8Array | null | undefined,
  value: string | Uint8Array,
  options?: SendOptions,
];

const NO_OPTIONS: SendOptions = { timestamp: undefined, bucket: undefined };

/**
 * Writes a log, record by record. Made by `createLog`.
 *
 * Copies or encodes keys and values at once: the caller may reuse its buffers. A refused `send` leaves the
 * producer unchanged.
 */
export class LogProducer {
  /** The URI of the log's store. */
  readonly uri: string;
  readonly #writer: StoreWriter<Uint8Array, Uint8Array>;
  readonly #hash: BucketHash;
  readonly #encoder = new RecordEncoder();
  readonly #now: () => number;
  readonly #key = new Uint8Array(RECORD_KEY_BYTES);
  /** The next offset of each bucket. */
  readonly #offsets: Float64Array;
  /** The bucket of the next record without a key. */
  #turn = 0;
  /** Whether a record is being laid out in the encoder's memory. */
  #sending = false;

  /** @internal Use `createLog`. */
  constructor(writer: StoreWriter<Uint8Array, Uint8Array>, buckets: number, now: () => number) {
    this.uri = writer.uri;
    this.#writer = writer;
    this.#hash = new BucketHash(buckets);
    this.#offsets = new Float64Array(buckets);
    this.#now = now;
  }

  /** Records sent so far. */
  get count(): number {
    return this.#writer.count;
  }

  /**
   * Appends a record to its bucket. Records without a key (null or undefined; an empty key is a key) go to
   * the buckets in turn, from 0 on. Text is stored as UTF-8. Costs about 0.8 µs for a small record.
   *
   * Returns a promise only if the caller should wait for the storage: `const wait = producer.send(k, v); if
   * (wait) await wait;`. Records that several loops send at the same time are kept in the order of the calls.
   *
   * @throws {CairnError} at once: `INVALID_ARGUMENT` (type, unpaired surrogate, time, bucket, a call from within
   * another one), `TOO_LARGE` (a record that no partition of the store can hold), with the producer unchanged;
   * `CLOSED`; `IO` and `CONFLICT` from the storage.
   */
  send(
    key: string | Uint8Array | null | undefined,
    value: string | Uint8Array,
    options: SendOptions = NO_OPTIONS,
  ): void | Promise<void> {
    const own = options === NO_OPTIONS ? options : checkOptions(options, ['timestamp', 'bucket']);
    const { timestamp = this.#now(), bucket } = own;
    if (this.#sending) throw nestedSend();
    this.#sending = true;
    try {
      return this.#send(key, value, timestamp, bucket);
    } finally {
      this.#sending = false;
    }
  }

  /**
   * Sends every `[key, value]` (or `[key, value, options]`) of an iterable or async iterable, waiting for the
   * storage where needed; resolves with their number. If the producer ends first (by its signal, `cancel()` or
   * `close()`), the source is closed, which the call does not wait for.
   *
   * @throws {CairnError} (as a rejection) as `send` does; the records before have been sent. `CLOSED`, or the
   * signal's reason, as soon as the producer ends.
   */
  async sendAll(records: Iterable<KeyedRecord> | AsyncIterable<KeyedRecord>): Promise<number> {
    const source = SourceReader.of(records);
    if (source === undefined) throw noRecords();
    return this.#writer[READ_ALL](source, (record) => this.#sendOne(record));
  }

  /**
   * Completes the log: the commit point. Calling it again returns the same result; after `cancel()` it
   * completes nothing and describes an empty log. With more than one bucket, half of the work is done here.
   *
   * @throws {CairnError} (as a rejection) `ALREADY_EXISTS` if another writer was first, `IO`, `CONFLICT`. The
   *   producer has then removed its files.
   */
  async close(options: CloseOptions = {}): Promise<LogInfo> {
    const info: StoreInfo<Uint8Array> = await this.#writer.close(options);
    return { ...info, buckets: this.#hash.buckets };
  }

  /**
   * Removes what was written; a log can then be created at the URI again. A no-op after `close()` and when
   * called twice.
   */
  cancel(): Promise<void> {
    return this.#writer.cancel();
  }

  /**
   * Cancels because a call in a chain failed: the calls after it fail with the same error.
   *
   * @internal
   */
  [ABANDON](reason: unknown): Promise<void> {
    return this.#writer[ABANDON](reason);
  }

  /** Cancels unless closed. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#writer.cancel();
  }

  #send(
    key: string | Uint8Array | null | undefined,
    value: string | Uint8Array,
    timestamp: number,
    wanted: number | undefined,
  ): void | Promise<void> {
    const encoder = this.#encoder;
    const record = encoder.encode(key, value, timestamp);
    const keyed = encoder.keyStart >= 0;
    if (wanted !== undefined) this.#checkWanted(wanted, keyed);
    const bucket = keyed
      ? this.#hash.bucketOf(record, encoder.keyStart, encoder.keyEnd)
      : (wanted ?? this.#turn);
    writeRecordKey(this.#key, bucket, this.#offsets[bucket]);
    let waiting: void | Promise<void>;
    try {
      waiting = this.#writer.put(this.#key, record);
    } catch (error) {
      throw isCairnError(error, 'TOO_LARGE') ? this.#tooLarge(error, record) : error;
    }
    this.#offsets[bucket]++;
    if (!keyed && wanted === undefined) this.#turn = bucket + 1 === this.#hash.buckets ? 0 : bucket + 1;
    return waiting;
  }

  #sendOne(record: KeyedRecord): void | Promise<void> {
    if (!Array.isArray(record) || record.length < 2 || record.length > 3) throw noRecords();
    return this.send(record[0], record[1], record[2]);
  }

  #checkWanted(bucket: number, keyed: boolean): void {
    const { buckets } = this.#hash;
    if (keyed) {
      throw invalidArgument(
        'bucket',
        'bucket is for records without a key; the key of this one determines its bucket',
      );
    }
    if (Number.isSafeInteger(bucket) && bucket >= 0 && bucket < buckets) return;
    throw invalidArgument(
      'bucket',
      `bucket must be an integer from 0 to ${buckets - 1}, not ${asText(bucket)}`,
    );
  }

  /** Rewords an error of the store, which knows entries only, for records. */
  #tooLarge(cause: CairnError, record: Uint8Array): CairnError {
    const { keyStart, keyEnd } = this.#encoder;
    const keyBytes = Math.max(0, keyStart < 0 ? 0 : keyEnd - keyStart);
    const valueBytes = record.length - keyEnd;
    const limit = Math.max(0, (cause.limit ?? 0) - keyEnd);
    return new CairnError(
      'TOO_LARGE',
      `record ${this.count} (key of ${keyBytes} bytes, value of ${valueBytes} bytes) does not fit into a partition of ` +
        `the log's store: the value may have ${limit}. Raise partitionBytes, or split the value`,
      { keyBytes, valueBytes, limit, cause },
    );
  }
}

function nestedSend(): CairnError {
  return invalidArgument(
    'value',
    'send was called while another record is being encoded: send the record before or after that one',
  );
}

function noRecords(): CairnError {
  return invalidArgument('records', 'sendAll takes an iterable or async iterable of [key, value]');
}
