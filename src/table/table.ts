import type { Compaction } from '../collection/collection.ts';
import type { CompactOptions } from '../collection/commit-options.ts';
import type { WaitOptions } from '../wait-options.ts';
import type { Row } from './row/row-projection.ts';
import type { TableInfo } from './table-info.ts';
import type { ChangesOptions, LookupOptions, PrefixOptions, ScanOptions } from './table-options.ts';
import type { Flushed } from './write/write-queue.ts';

/** What all tables have. */
export interface BaseTable {
  /** `database.table`. */
  readonly path: string;
  /** What is known of the table, at the version that is read. */
  readonly info: TableInfo;
  /** The version that is read: that of the last flush of this table, or a newer one of others. */
  readonly version: number;
  /** Rows that wait for a flush. */
  readonly queued: number;
  /**
   * Commits all rows that are queued: they are durable and visible together, or none is. A failure leaves them queued.
   *
   * @throws {CairnError} (as a rejection) `CONFLICT`, `TOO_LARGE`, `UNSUPPORTED` where nothing can be written, `IO`, `CLOSED`.
   */
  flush(): Promise<Flushed>;
  /** Drops the rows that are queued, and returns how many these were. What is being committed is not dropped. */
  discard(): number;
  /** Goes on to the newest version, and returns its number. Reading does so by itself, once the version is 250 ms old. */
  refresh(): Promise<number>;
  /** Merges the files of the table, and removes those that no kept version needs: see `collection.compact`. */
  compact(options?: CompactOptions): Promise<Compaction>;
  /** Flushes, and frees what the table holds; calls after it fail with `CLOSED`. Calling it twice is a no-op. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A change of a row: inserted, updated (the row before and after it), or deleted. */
export interface RowChange<R> {
  readonly type: '+I' | '-U' | '+U' | '-D';
  readonly row: R;
  /** The version that made it. */
  readonly version: number;
}

/** Rows with a primary key. `R` is what is read, `In` what is written, `K` the columns of the key. */
export interface PrimaryKeyTable<R extends object = Row, In = R, K = Partial<R>> extends BaseTable {
  /**
   * Queues a row: it takes the place of the one with its key. Columns that it lacks are null. With `columns`, only these
   * change: the key's and others; if there is no row yet, all others are null, which they must be allowed to be.
   *
   * The returned promise settles when the row is committed; waiting for it begins the commit after a few milliseconds. Without
   * that, the row waits for `flush()`, or for a queue of 32 MiB.
   *
   * @throws {CairnError} at once, with nothing queued: `INVALID_ARGUMENT` naming table, column and rule; `CLOSED`. As a
   *   rejection, what `flush` throws.
   */
  upsert(row: In): Promise<void>;
  upsert(row: Partial<In>, options: { readonly columns: readonly (keyof In & string)[] }): Promise<void>;
  /** Queues the deletion of the row with a key, whether there is one or not; as {@link upsert} queues a row. */
  delete(key: K): Promise<void>;
  /**
   * The row with a key, or undefined. At most one block of each generation is read; none when they are in memory. What is
   * queued is not seen.
   *
   * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `CORRUPTION`, `IO`, `CLOSED`.
   */
  lookup<Column extends keyof R & string = keyof R & string>(
    key: K,
    options?: LookupOptions<Column>,
  ): Promise<Pick<R, Column> | undefined>;
  /**
   * Yields the rows whose keys begin with some columns, in key order: leading columns of the key, where those by which the
   * table is partitioned may be left out. All columns find one row, none all rows.
   */
  prefixLookup<Column extends keyof R & string = keyof R & string>(
    prefix: Partial<K>,
    options?: PrefixOptions<Column>,
  ): AsyncIteratorObject<Pick<R, Column>, undefined>;
  /**
   * Yields the rows of the table in key order, as they are at one version. Only the columns that are asked for are decoded.
   *
   * @throws {CairnError} at once: `INVALID_ARGUMENT`, `CLOSED`; as a rejection `NOT_FOUND` for a snapshot that is not kept,
   *   `CORRUPTION`, `IO`.
   */
  scan<Column extends keyof R & string = keyof R & string>(
    options?: ScanOptions<R, K, Column>,
  ): AsyncIteratorObject<Pick<R, Column>, undefined>;
  /**
   * Yields what changed after one version, up to another: version by version, each in key order. Within a version it is the
   * net effect. Where older versions are not kept any more, what the oldest one has comes first, as inserted rows.
   *
   * @throws {CairnError} (as a rejection) `NOT_FOUND` if `from` is a version that is not kept, `INVALID_ARGUMENT`, `CORRUPTION`,
   *   `IO`.
   */
  changes(options?: ChangesOptions): AsyncIteratorObject<RowChange<R>, undefined>;
  /** The bucket that Fluss would choose for a row or a key. */
  bucketOf(row: Partial<In>): number;
}

/** Where reading a log begins or ends: an offset, the first or the last one, or the first record at or after a moment. */
export type LogPosition = number | { readonly timestamp: Date | number | bigint | object };

/** Which records are read. */
export interface RecordsOptions<Column extends PropertyKey = string, P = Readonly<Record<string, unknown>>> {
  /** Only records of this bucket; default: of all, one after the other. */
  readonly bucket?: number | undefined;
  /** Only records of the partition with these values; default: of all. */
  readonly partition?: Partial<P> | undefined;
  /** Where to begin in each bucket; default: `EARLIEST`. */
  readonly from?: LogPosition | undefined;
  /** Where to end: before this offset; default: `LATEST`, the end. */
  readonly to?: LogPosition | undefined;
  /** The most records over all buckets. */
  readonly limit?: number | undefined;
  readonly columns?: readonly Column[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A record of a log. */
export interface TableRecord<R> {
  readonly row: R;
  /** Records of its bucket before it. */
  readonly offset: number;
  readonly bucket: number;
  /** When it was committed, in milliseconds since 1970; never before that of the record before it. */
  readonly timestamp: number;
  readonly changeType: '+A';
}

/** A bucket, in a partition of a log that has partitions. */
export interface BucketOptions<P = Readonly<Record<string, unknown>>> extends WaitOptions {
  readonly partition?: Partial<P> | undefined;
}

/** Rows without a key, in the order in which they were appended. */
export interface LogTable<R extends object = Row, In = R> extends BaseTable {
  /**
   * Queues a row, which is given the next offset of its bucket when it is committed. See {@link PrimaryKeyTable.upsert} for
   * the promise.
   *
   * @throws {CairnError} at once, with nothing queued: `INVALID_ARGUMENT` naming table, column and rule; `CLOSED`. As a
   *   rejection, what `flush` throws.
   */
  append(row: In): Promise<void>;
  /**
   * Yields records up to the end that the log has now, bucket by bucket, in the order of their offsets. To go on later, keep
   * `offset + 1` of the last one of each bucket.
   *
   * @throws {CairnError} at once: `INVALID_ARGUMENT`, `CLOSED`; as a rejection `NOT_FOUND` for a partition that does not
   *   exist, `CORRUPTION`, `IO`.
   */
  records<Column extends keyof R & string = keyof R & string>(
    options?: RecordsOptions<Column, In>,
  ): AsyncIteratorObject<TableRecord<Pick<R, Column>>, undefined>;
  /** Yields the rows of the log without their offsets, bucket by bucket. */
  scan<Column extends keyof R & string = keyof R & string>(
    options?: Pick<ScanOptions<R, never, Column>, 'columns' | 'limit' | 'where' | 'bucket' | 'signal'>,
  ): AsyncIteratorObject<Pick<R, Column>, undefined>;
  /** The offset that the next record of a bucket will have (default: bucket 0). */
  latestOffset(bucket?: number, options?: BucketOptions<In>): Promise<number>;
  /** The offset of the first record of a bucket. */
  earliestOffset(bucket?: number, options?: BucketOptions<In>): Promise<number>;
  /** The offset of the first record at or after a moment; the latest offset if there is none. */
  offsetAt(
    timestamp: Date | number | bigint | object,
    bucket?: number,
    options?: BucketOptions<In>,
  ): Promise<number>;
  /** The bucket that Fluss would choose for a row; undefined if rows go to the buckets in turn. */
  bucketOf(row: Partial<In>): number | undefined;
}

/** A table of which only its name is known here. Calls of the other kind of table are refused: `UNSUPPORTED`. */
export type Table<R extends object = Row> = PrimaryKeyTable<R, Partial<R>, Partial<R>> &
  LogTable<R, Partial<R>>;
