import type { VerifyReport } from '../store/verify/verifier.ts';
import type { VerifyOptions } from '../store/verify/verify-options.ts';
import { LogBucket } from './log-bucket.ts';
import { LogReader } from './log-reader.ts';
import type { LogRecord } from './log-record.ts';
import { type LogSource, recordsOf } from './log-source.ts';
import type { RecordRange } from './record-range.ts';

/**
 * A promise of a log's reader that has the reader's methods: they run once it is open. The log stays open until the
 * reader is closed, by `close()` here too.
 */
export class LogPromise extends Promise<LogReader> {
  #source: Promise<LogSource> | undefined;

  /** What `then` makes is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  static of(opening: Promise<LogSource>): LogPromise {
    const promise = new LogPromise((resolve, reject) => {
      opening.then((source) => resolve(new LogReader(source)), reject);
    });
    promise.#source = opening;
    return promise;
  }

  /** See {@link LogReader.bucket}. A bucket that the log doesn't have fails when it is read. */
  bucket(number: number): LogBucket {
    return new LogBucket(number, () => this.#open());
  }

  /** See {@link LogReader.bucketOf}. */
  bucketOf(key: string | Uint8Array): Promise<number> {
    return this.then((reader) => reader.bucketOf(key));
  }

  /** See {@link LogReader.records}. */
  records(range: RecordRange = {}): AsyncIterableIterator<LogRecord> {
    return recordsOf(() => this.#open(), range, undefined);
  }

  /** See {@link LogReader.forEach}. */
  forEach(visit: (record: LogRecord) => void, range?: RecordRange): Promise<void> {
    return this.then((reader) => reader.forEach(visit, range));
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<LogRecord> {
    return this.records();
  }

  /** See {@link LogReader.verify}. */
  verify(options?: VerifyOptions): Promise<VerifyReport> {
    return this.then((reader) => reader.verify(options));
  }

  /** See {@link LogReader.close}. A log that could not be opened has nothing to close. */
  close(): Promise<void> {
    return this.then((reader) => reader.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** By way of this promise, so that its failure is known to be dealt with. */
  #open(): Promise<LogSource> {
    return this.then(() => this.#source as Promise<LogSource>);
  }
}
