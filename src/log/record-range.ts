import { checkFlag, checkOptions } from '../check-options.ts';
import { asText, invalidArgument } from '../errors.ts';
import { checkLimit } from '../store/read/range.ts';

/**
 * The records of a bucket, or of each bucket, to read, and their order. Default: all, in order.
 *
 * Offsets below 0 count from the end of the bucket, as in `Array.slice`: `{ from: -2 }` is the last two
 * records. Both ends are looked up, not scanned for.
 */
export interface RecordRange {
  /** The offset of the first record. Default: the beginning. */
  readonly from?: number | undefined;
  /** The offset after the last record. Default: the end. */
  readonly to?: number | undefined;
  /** The most records to read over all buckets: a non-negative integer or Infinity. */
  readonly limit?: number | undefined;
  /** Reads from the last record to the first. */
  readonly reverse?: boolean | undefined;
  /** Ends the iteration before the next record, or a request that is waited for, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const KNOWN = ['from', 'to', 'limit', 'reverse', 'signal'];

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkRange(range: RecordRange): void {
  const { from, to, limit, reverse = false } = checkOptions(range, KNOWN);
  if (from !== undefined) checkOffset('from', from);
  if (to !== undefined) checkOffset('to', to);
  checkLimit(limit);
  checkFlag('reverse', reverse);
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkOffset(name: string, offset: number): void {
  if (!Number.isSafeInteger(offset))
    throw invalidArgument(name, `${name} must be an integer, not ${asText(offset)}`);
}

/** Resolves an offset in a bucket of `count` records: 0 to `count`. */
export function resolveOffset(offset: number, count: number): number {
  return offset < 0 ? Math.max(0, count + offset) : Math.min(offset, count);
}
