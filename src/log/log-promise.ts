import type { VerifyReport } from '../store/verify/verifier.ts';
import type { VerifyOptions } from '../store/verify/verify-options.ts';
import { LogBucket } from './log-bucket.ts';
import { LogReader } from './log-reader.ts';
import type { LogRecord } from './log-record.ts';
import { type LogSource, recordsOf } from './log-source.ts';
import type { RecordRange } from './record-range.ts';

/**
 * A promise of a log's reader that also has the reader's methods, which run once the log is open. The log
 * stays open until `close()` is called, here or on the reader.
 */
export class LogPromise extends Promise<LogReader> {
  #source: Promise<LogSource> | undefined;

  /** `then` returns plain promises. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** @internal */
  static of(opening: Promise<LogSource>): LogPromise {
    const promise = new LogPromise((resolve, reject) => {
      opening.then((source) => resolve(new LogReader(source)), reject);
    });
    promise.#source = opening;
    return promise;
  }

  /** See {@link LogReader.bucket}. For a bucket that does not exist, reading fails. */
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

  /** See {@link LogReader.close}. Rejects if the log could not be opened. */
  close(): Promise<void> {
    return this.then((reader) => reader.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Awaits this promise first, so that its rejection counts as handled. */
  #open(): Promise<LogSource> {
    return this.then(() => this.#source as Promise<LogSource>);
  }
}
