import { asText, invalidArgument } from '../errors.ts';
import type { Range } from '../store/read/range.ts';
import type { StoreReader } from '../store/read/store-reader.ts';
import { BucketHash } from './bucket-hash.ts';
import type { LogInfo } from './log-info.ts';
import type { LogRecord } from './log-record.ts';
import { RecordIterator, type Stretch } from './record-iterator.ts';
import { recordKey } from './record-key.ts';
import { RecordDecoder } from './record-layout.ts';
import { checkRange, type RecordRange, resolveOffset } from './record-range.ts';

/** The store of an open log, and the decoder of its records. */
export class LogSource {
  readonly store: StoreReader<Uint8Array, Uint8Array>;
  readonly info: LogInfo;
  readonly decoder: RecordDecoder;
  readonly hash: BucketHash;

  constructor(store: StoreReader<Uint8Array, Uint8Array>, buckets: number) {
    this.store = store;
    this.info = { ...store.info, buckets };
    this.decoder = new RecordDecoder(store.info.uri, buckets);
    this.hash = new BucketHash(buckets);
  }

  /** @throws {CairnError} `INVALID_ARGUMENT` if the log has no such bucket. */
  checkBucket(bucket: number): void {
    const { uri, buckets } = this.info;
    if (Number.isSafeInteger(bucket) && bucket >= 0 && bucket < buckets) return;
    throw invalidArgument(
      'bucket',
      `bucket must be an integer from 0 to ${buckets - 1}, as ${uri} has them, not ${asText(bucket)}`,
    );
  }

  close(): Promise<void> {
    return this.store.close();
  }

  /** The number of records in a bucket. */
  count(bucket: number, signal?: AbortSignal): Promise<number> {
    return this.store.count({ gte: recordKey(bucket, 0), lt: recordKey(bucket + 1, 0), signal });
  }

  /** Yields the ranges of the store that hold a range of one bucket, or of each, in reading order. */
  async *ranges(range: RecordRange, only: number | undefined): AsyncGenerator<Range<Uint8Array>, undefined> {
    const { from, to, limit = Number.POSITIVE_INFINITY, reverse = false, signal } = range;
    const common = { reverse, signal };
    if (only === undefined && from === undefined && to === undefined) {
      yield { ...common, limit };
      return;
    }
    const { buckets } = this.info;
    let left = limit;
    for (let i = 0; i < (only === undefined ? buckets : 1) && left > 0; i++) {
      const bucket = only ?? (reverse ? buckets - 1 - i : i);
      const count = await this.count(bucket, signal);
      const start = from === undefined ? 0 : resolveOffset(from, count);
      const end = to === undefined ? count : resolveOffset(to, count);
      if (start >= end) continue;
      yield { ...common, gte: recordKey(bucket, start), lt: recordKey(bucket, end), limit: left };
      left -= end - start;
    }
  }

  /**
   * Calls `visit` with the records of a range of one bucket, or of each.
   *
   * @throws {CairnError} `INVALID_ARGUMENT`.
   */
  async visit(
    visit: (record: LogRecord) => void,
    range: RecordRange,
    only: number | undefined,
  ): Promise<void> {
    if (typeof visit !== 'function')
      throw invalidArgument('visit', 'forEach takes a function (record) => void');
    checkRange(range);
    const { store, decoder } = this;
    for await (const stretch of this.ranges(range, only)) {
      await store.forEach((key, value) => {
        visit(decoder.decode(key, value));
      }, stretch);
    }
  }
}

/** How to get at the source of a log, which may have to be opened: {@link ChainedOpening}. */
export interface LogAccess {
  call<T>(run: (source: LogSource) => Promise<T>, signal?: AbortSignal): Promise<T>;
  iterate<T>(begin: (source: LogSource) => AsyncIterable<T>, signal?: AbortSignal): AsyncIterable<T>;
}

/**
 * Iterates over the records of a range of one bucket, or of each; opens the log when the first record is
 * requested.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for the range, at once.
 */
export function recordsOf(
  access: LogAccess,
  range: RecordRange,
  only: number | undefined,
): AsyncIteratorObject<LogRecord, undefined> {
  checkRange(range);
  async function* stretches(source: LogSource): AsyncGenerator<Stretch, undefined> {
    if (only !== undefined) source.checkBucket(only);
    const { store, decoder } = source;
    for await (const stretch of source.ranges(range, only)) {
      yield { entries: store.entries(stretch), decoder };
    }
  }
  return new RecordIterator(access.iterate(stretches, range.signal)[Symbol.asyncIterator]());
}
