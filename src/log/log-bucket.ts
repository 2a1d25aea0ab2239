import { signalOf, type WaitOptions } from '../wait-options.ts';
import type { LogRecord } from './log-record.ts';
import { type LogAccess, type LogSource, recordsOf } from './log-source.ts';
import { recordKey } from './record-key.ts';
import { checkOffset, checkRange, type RecordRange } from './record-range.ts';

/** One bucket of a log: the records whose keys hash to it, in the order in which they were produced. */
export class LogBucket {
  /** The bucket's number, from 0. */
  readonly number: number;
  readonly #access: LogAccess;

  /** @internal Use `bucket()` of the log that `openLog` returns. */
  constructor(number: number, access: LogAccess) {
    this.number = number;
    this.#access = access;
  }

  /** Returns the number of records, which is the offset after the last one. Reads at most two blocks. */
  async count(options?: WaitOptions): Promise<number> {
    const signal = signalOf(options);
    return this.#call((source) => source.count(this.number, signal), signal);
  }

  /**
   * Returns the record at an offset, which counts from the end if it is below 0, or `undefined`. Reads at
   * most one block, and two more for an offset below 0.
   *
   * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `CORRUPTION`, `IO`, `CLOSED`.
   */
  async at(offset: number, options?: WaitOptions): Promise<LogRecord | undefined> {
    checkOffset('offset', offset);
    const signal = signalOf(options);
    return this.#call(async (source) => {
      const place = offset < 0 ? (await source.count(this.number, signal)) + offset : offset;
      if (place < 0) return undefined;
      const key = recordKey(this.number, place);
      const value = await source.store.get(key, { signal });
      return value === undefined ? undefined : source.decoder.decode(key, value);
    }, signal);
  }

  /**
   * Iterates over the records of a range, in the order of their offsets or in reverse. `break` ends the
   * reading. Costs about 0.4 µs each from memory.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` for the range, at once; `CORRUPTION`, `IO`, `CLOSED` as
   * rejections.
   */
  records(range: RecordRange = {}): AsyncIteratorObject<LogRecord, undefined> {
    return recordsOf(this.#access, range, this.number);
  }

  /**
   * Calls a function for each record of a range. The record is valid only during the call: copy what you
   * keep, and do not write to its bytes. The fastest way to read a bucket.
   *
   * @throws {CairnError} (as a rejection) as {@link records} does.
   */
  async forEach(visit: (record: LogRecord) => void, range: RecordRange = {}): Promise<void> {
    checkRange(range);
    await this.#call((source) => source.visit(visit, range, this.number), range.signal);
  }

  [Symbol.asyncIterator](): AsyncIteratorObject<LogRecord, undefined> {
    return this.records();
  }

  #call<T>(run: (source: LogSource) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return this.#access.call((source) => {
      source.checkBucket(this.number);
      return run(source);
    }, signal);
  }
}
