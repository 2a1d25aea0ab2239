import { checkFlag, checkOptions } from '../check-options.ts';
import { checkLimit } from '../store/read/range.ts';
import type { KeyRange } from './read/row-range.ts';
import type { Comparison } from './read/where.ts';

/** What rows must meet: a value that a column equals, or bounds of its values. */
export type Where<R> = { readonly [Name in keyof R]?: R[Name] | Comparison<R[Name]> | undefined };

/** Which columns of a row are read. */
export interface LookupOptions<Column extends PropertyKey = string> {
  /** The columns to read; default: all. */
  readonly columns?: readonly Column[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which rows are read, and in which order. */
export interface PrefixOptions<Column extends PropertyKey = string> extends LookupOptions<Column> {
  /** The most rows: a non-negative integer or Infinity. */
  readonly limit?: number | undefined;
  /** From the greatest key down. */
  readonly reverse?: boolean | undefined;
  /** The version to read, which must be kept; default: the newest. */
  readonly snapshot?: number | undefined;
}

/** Which rows are read, and in which order. */
export interface ScanOptions<R, K, Column extends PropertyKey = string> extends PrefixOptions<Column> {
  /** Bounds by leading columns of the key. */
  readonly range?: KeyRange<K> | undefined;
  /** Conditions on columns: on leading columns of the key they are a range, on others a filter. */
  readonly where?: Where<R> | undefined;
  /** Only rows of this bucket, which are found by computing the bucket of each row. */
  readonly bucket?: number | undefined;
}

/** Which changes are read. */
export interface ChangesOptions {
  /** Only changes after this version; default: 0, all that are kept. */
  readonly from?: number | undefined;
  /** Up to this version; default: the newest. */
  readonly to?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The options of a scan, checked. */
export interface CheckedScan {
  readonly columns: readonly string[] | undefined;
  readonly limit: number;
  readonly reverse: boolean;
  readonly snapshot: number | undefined;
  readonly range: KeyRange<Readonly<Record<string, unknown>>> | undefined;
  readonly where: unknown;
  readonly bucket: number | undefined;
  readonly signal: AbortSignal | undefined;
}

const PREFIX_NAMES = ['columns', 'limit', 'reverse', 'snapshot', 'signal'];
const SCAN_NAMES = [...PREFIX_NAMES, 'range', 'where', 'bucket'];

/** Checks the options of `prefixLookup`, or those of `scan`. @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkScan(options: object, isPrefix: boolean): CheckedScan {
  const own = checkOptions(options, isPrefix ? PREFIX_NAMES : SCAN_NAMES) as ScanOptions<
    Readonly<Record<string, unknown>>,
    Readonly<Record<string, unknown>>
  >;
  const { columns, reverse = false, snapshot, range, where, bucket, signal } = own;
  checkFlag('reverse', reverse);
  return { columns, limit: checkLimit(own.limit), reverse, snapshot, range, where, bucket, signal };
}
