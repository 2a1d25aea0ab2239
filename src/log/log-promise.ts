/// <reference lib="esnext.disposable" preserve="true" />
import { ChainedOpening } from '../store/read/chained-opening.ts';
import type { VerifyReport } from '../store/verify/verifier.ts';
import type { VerifyOptions } from '../store/verify/verify-options.ts';
import { LogBucket } from './log-bucket.ts';
import { LogReader } from './log-reader.ts';
import type { LogRecord } from './log-record.ts';
import { type LogSource, recordsOf } from './log-source.ts';
import { checkRange, type RecordRange } from './record-range.ts';

/**
 * A promise of a log's reader that also has the reader's methods, which run once the log is open.
 *
 * A log that was opened for calls on the promise alone is closed when the last of them has settled. Whoever takes the
 * reader, by `await` or `then`, closes it; calls on a promise whose log was closed in this way open it once more, and leave
 * it open until `close()`.
 */
export class LogPromise extends Promise<LogReader> {
  #chain: ChainedOpening<LogSource> | undefined;

  /** `then` returns plain promises. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** @internal */
  static of(open: () => Promise<LogSource>): LogPromise {
    const opening = open();
    const promise = new LogPromise((resolve, reject) => {
      opening.then((source) => resolve(readerOf(source)), reject);
    });
    // By the promise itself, so that its rejection counts as handled.
    promise.#chain = new ChainedOpening(() => promise.#opened().then(() => opening), open);
    return promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: the reader is taken by it, and no more the promise's to close.
  override then<A = LogReader, B = never>(
    onFulfilled?: ((reader: LogReader) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    // Static methods of Promise make promises without a chain.
    if (this.#chain === undefined) return super.then(onFulfilled, onRejected);
    return this.#chain
      .take()
      .then((source) => readerOf(source))
      .then(onFulfilled, onRejected);
  }

  /** See {@link LogReader.bucket}. For a bucket that does not exist, reading fails. */
  bucket(number: number): LogBucket {
    return new LogBucket(number, this.#chained());
  }

  /** See {@link LogReader.bucketOf}. */
  bucketOf(key: string | Uint8Array): Promise<number> {
    return this.#chained().call(async (source) => readerOf(source).bucketOf(key));
  }

  /** See {@link LogReader.records}. */
  records(range: RecordRange = {}): AsyncIteratorObject<LogRecord, undefined> {
    return recordsOf(this.#chained(), range, undefined);
  }

  /** See {@link LogReader.forEach}. */
  async forEach(visit: (record: LogRecord) => void, range: RecordRange = {}): Promise<void> {
    checkRange(range);
    await this.#chained().call((source) => source.visit(visit, range, undefined), range.signal);
  }

  [Symbol.asyncIterator](): AsyncIteratorObject<LogRecord, undefined> {
    return this.records();
  }

  /** See {@link LogReader.verify}. */
  verify(options?: VerifyOptions): Promise<VerifyReport> {
    return this.#chained().call((source) => readerOf(source).verify(options));
  }

  /** See {@link LogReader.close}. Rejects if the log could not be opened. */
  close(): Promise<void> {
    return this.#chained().close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #opened(): Promise<LogReader> {
    return super.then((reader) => reader);
  }

  #chained(): ChainedOpening<LogSource> {
    return this.#chain as ChainedOpening<LogSource>;
  }
}

const readers = new WeakMap<LogSource, LogReader>();

/** The one reader of a source, however often it is taken. */
function readerOf(source: LogSource): LogReader {
  const reader = readers.get(source) ?? new LogReader(source);
  readers.set(source, reader);
  return reader;
}
