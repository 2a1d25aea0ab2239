import { compareBytes } from '../../bytes/compare.ts';
import type { KeyBuffer } from '../../bytes/key-buffer.ts';
import { checkFlag, checkOptions } from '../../check-options.ts';
import type { KeyCodec } from '../../codec/keys/key-codec.ts';
import { asText, invalidArgument } from '../../errors.ts';
import { type EncodedKey, encodeKey } from './encode-key.ts';

/**
 * Which entries, and in which order. All bounds hold at once; without any, all entries are meant.
 */
export interface Range<K> {
  /** Only keys greater than this. */
  readonly gt?: K | undefined;
  /** Only keys greater than or equal to this. */
  readonly gte?: K | undefined;
  /** Only keys less than this. */
  readonly lt?: K | undefined;
  /** Only keys less than or equal to this. */
  readonly lte?: K | undefined;
  /** Only keys that start with this; for tuples, with these whole elements. */
  readonly prefix?: K | undefined;
  /** From the greatest key down. */
  readonly reverse?: boolean | undefined;
  /** The maximum number of entries: a non-negative integer, or Infinity. */
  readonly limit?: number | undefined;
  /** Ends the iteration before the next entry, or a request that is waited for, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** One end of a range in encoded form. */
export interface Bound {
  readonly key: Uint8Array;
  /** Whether the key itself belongs to the range. */
  readonly inclusive: boolean;
}

/** A {@link Range} in encoded form. */
export interface EncodedRange {
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
  readonly reverse: boolean;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
}

/** All entries in key order. */
export const EVERYTHING: EncodedRange = {
  lower: undefined,
  upper: undefined,
  reverse: false,
  limit: Number.POSITIVE_INFINITY,
  signal: undefined,
};

const KNOWN = ['gt', 'gte', 'lt', 'lte', 'prefix', 'reverse', 'limit', 'signal'];

/** Encodes and intersects the bounds. @throws {CairnError} `INVALID_ARGUMENT`. */
export function encodeRange<K>(range: Range<K>, codec: KeyCodec<K>, buffer: KeyBuffer): EncodedRange {
  const { gt, gte, lt, lte, prefix, reverse = false, limit: wanted, signal } = checkOptions(range, KNOWN);
  checkFlag('reverse', reverse);
  const limit = checkLimit(wanted);
  let lower: Bound | undefined;
  let upper: Bound | undefined;
  const raise = (bound: Bound): void => {
    const order = lower === undefined ? 1 : compareBytes(bound.key, lower.key);
    if (order > 0 || (order === 0 && !bound.inclusive)) lower = bound;
  };
  const reduce = (bound: Bound): void => {
    const order = upper === undefined ? -1 : compareBytes(bound.key, upper.key);
    if (order < 0 || (order === 0 && !bound.inclusive)) upper = bound;
  };
  const encode = (key: K): EncodedKey => encodeKey(key, codec, buffer);
  // A key that was cut is itself in no store: it lies after the bytes that are left.
  const from = ({ bytes, isCut }: EncodedKey, inclusive: boolean): void =>
    raise({ key: bytes, inclusive: inclusive && !isCut });
  const to = ({ bytes, isCut }: EncodedKey, inclusive: boolean): void =>
    reduce({ key: bytes, inclusive: inclusive || isCut });
  if (gt !== undefined) from(encode(gt), false);
  if (gte !== undefined) from(encode(gte), true);
  if (lt !== undefined) to(encode(lt), false);
  if (lte !== undefined) to(encode(lte), true);
  if (prefix !== undefined) {
    const start = encodeKey(prefix, codec, buffer, true);
    from(start, true);
    if (start.isCut) {
      // Nothing is after these bytes and up to them.
      to(start, false);
    } else {
      const end = successor(start.bytes);
      if (end !== undefined) reduce({ key: end, inclusive: false });
    }
  }
  return { lower, upper, reverse, limit, signal };
}

/** Fills in the most entries of a range. @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkLimit(limit: number = Number.POSITIVE_INFINITY): number {
  if (limit === Number.POSITIVE_INFINITY || (Number.isSafeInteger(limit) && limit >= 0)) return limit;
  throw invalidArgument('limit', `limit must be a non-negative integer or Infinity, not ${asText(limit)}`);
}

/** The least byte string after all that start with this prefix; undefined if there is none. */
function successor(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const end = prefix.slice(0, length);
  end[length - 1]++;
  return end;
}

/** Whether an encoded key is within the bounds of a range. */
export function isWithin(key: Uint8Array, { lower, upper }: Pick<EncodedRange, 'lower' | 'upper'>): boolean {
  if (lower !== undefined) {
    const order = compareBytes(key, lower.key);
    if (order < 0 || (order === 0 && !lower.inclusive)) return false;
  }
  if (upper === undefined) return true;
  const order = compareBytes(key, upper.key);
  return order < 0 || (order === 0 && upper.inclusive);
}
