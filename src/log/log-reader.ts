/// <reference lib="esnext.disposable" preserve="true" />
import { isCairnError } from '../errors.ts';
import type { VerifyReport } from '../store/verify/verifier.ts';
import type { VerifyOptions } from '../store/verify/verify-options.ts';
import { LogBucket } from './log-bucket.ts';
import type { LogInfo } from './log-info.ts';
import type { LogRecord } from './log-record.ts';
import { type LogAccess, type LogSource, recordsOf } from './log-source.ts';
import { keyBytesOf } from './record-layout.ts';
import type { RecordRange } from './record-range.ts';

/**
 * Reads a finished log. Made by `openLog`.
 *
 * Everything read is checked: damage is a `CORRUPTION` error.
 */
export class LogReader {
  /** The log's info, from its manifest. */
  readonly info: LogInfo;
  readonly #source: LogSource;
  readonly #access: LogAccess;

  /** @internal Use `openLog`. */
  constructor(source: LogSource) {
    this.info = source.info;
    this.#source = source;
    this.#access = { call: async (run) => run(source), iterate: (begin) => begin(source) };
  }

  /**
   * Returns a bucket. Reads nothing.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` if the log has no such bucket.
   */
  bucket(number: number): LogBucket {
    this.#source.checkBucket(number);
    return new LogBucket(number, this.#access);
  }

  /**
   * Returns the bucket that holds all records with a key. Reads nothing. Costs about 0.1 µs for a short key.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` if the key is neither text nor bytes.
   */
  bucketOf(key: string | Uint8Array): number {
    const bytes = keyBytesOf(key);
    return this.#source.hash.bucketOf(bytes, 0, bytes.length);
  }

  /**
   * Iterates over the records of all buckets, bucket by bucket; `from` and `to` apply to each of them.
   * `break` ends the reading.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` for the range, at once; `CORRUPTION`, `IO`, `CLOSED` as
   * rejections.
   */
  records(range: RecordRange = {}): AsyncIteratorObject<LogRecord, undefined> {
    return recordsOf(this.#access, range, undefined);
  }

  /**
   * Calls a function for each record of all buckets. The record is valid only during the call: copy what you
   * keep, and do not write to its bytes. The fastest way to read a log.
   *
   * @throws {CairnError} (as a rejection) as {@link records} does.
   */
  forEach(visit: (record: LogRecord) => void, range: RecordRange = {}): Promise<void> {
    return this.#source.visit(visit, range, undefined);
  }

  [Symbol.asyncIterator](): AsyncIteratorObject<LogRecord, undefined> {
    return this.records();
  }

  /**
   * Reads every byte and checks everything: what the verification of a store checks, and then that the
   * offsets of each bucket count from 0, and that every key is in its bucket. Reports what it finds instead
   * of throwing it.
   */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    const report = await this.#source.store.verify(options);
    if (!report.ok) return report;
    try {
      await this.#checkRecords(options);
      return report;
    } catch (error) {
      if (!isCairnError(error, 'CORRUPTION')) throw error;
      const { code, message, file = this.info.uri, section = 'record', offset = 0 } = error;
      return { ...report, ok: false, problems: [{ file, section, offset, code, message }] };
    }
  }

  /** Frees what the reader holds; later calls fail with `CLOSED`. Calling it twice is a no-op. */
  close(): Promise<void> {
    return this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #checkRecords({ signal }: VerifyOptions): Promise<void> {
    const { decoder, hash } = this.#source;
    let bucket = 0;
    let expected = 0;
    await this.forEach(
      (record) => {
        if (record.bucket !== bucket) {
          bucket = record.bucket;
          expected = 0;
        }
        const { offset } = record;
        if (offset !== expected)
          throw decoder.damaged(
            bucket,
            offset,
            0,
            'a record is missing before it',
            `${expected}`,
            `${offset}`,
          );
        expected++;
        const key = record.key();
        const wanted = key === null ? bucket : hash.bucketOf(key, 0, key.length);
        if (wanted !== bucket)
          throw decoder.damaged(
            bucket,
            offset,
            0,
            'the key belongs to another bucket',
            `${wanted}`,
            `${bucket}`,
          );
      },
      { signal },
    );
  }
}
