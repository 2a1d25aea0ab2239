import { viewOf } from '../bytes/view-of.ts';
import { checkOptions } from '../check-options.ts';
import { decodeElements, type TupleElement, type TupleKey } from '../codec/keys/tuple.ts';
import type { OpenVersion } from '../collection/read/open-version.ts';
import type { Transaction } from '../collection/write/transaction.ts';
import { CairnError, invalidArgument, isCairnError } from '../errors.ts';
import type { Host } from '../io/host.ts';
import { checkLimit, type EncodedRange } from '../store/read/range.ts';
import { signalOf } from '../wait-options.ts';
import { OpenBaseTable } from './base-table.ts';
import { EARLIEST, LATEST } from './log-position.ts';
import {
  elementsName,
  noPartition,
  partitionElements,
  partitionKey,
  partitionOfRow,
  readPartitions,
  refuseUnpartitioned,
} from './partitions.ts';
import { filtered } from './read/filtered-rows.ts';
import { RowDecoder } from './read/row-decoder.ts';
import { RowBounds } from './read/row-range.ts';
import { applyWhere } from './read/where.ts';
import { bucketOfRow, type NamedValues, namedValues, wrongBucket } from './row/key-layout.ts';
import { encodeRecord, hasWord, MAX_TIMESTAMP, readRecordHead } from './row/log-record.ts';
import { type Row, RowProjection } from './row/row-projection.ts';
import { nanosecondsOfMoment } from './row/temporal-kinds.ts';
import { Refusal } from './schema/refusal.ts';
import type { BucketOptions, LogPosition, RecordsOptions, TableRecord } from './table.ts';
import { reopened, type TableHandle } from './table-handle.ts';
import type { CataloguedTable } from './table-info.ts';
import { checkScan, type ScanOptions } from './table-options.ts';
import { wrongKind } from './wrong-kind.ts';

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** A row that is queued. Its bucket is undefined if it goes to the buckets in turn. */
interface QueuedRow {
  readonly partition: readonly TupleElement[];
  readonly bucket: number | undefined;
  readonly value: Uint8Array;
}

/** The end of a bucket. */
interface Tail {
  offset: number;
  timestamp: number;
}

/** A flush of which no one knows whether it is there: its first record says so. */
interface Attempt {
  readonly rows: number;
  readonly word: string;
  key: TupleKey | undefined;
}

/** An open log: what `LogTable` promises. */
export class OpenLogTable extends OpenBaseTable<QueuedRow> {
  readonly #host: Host;
  /** The newest first. */
  #unanswered: readonly Attempt[] = [];

  constructor(handle: TableHandle, catalogued: CataloguedTable, host: Host, onClose: () => void) {
    super(handle, catalogued, onClose);
    this.#host = host;
  }

  append(row: NamedValues): Promise<void> {
    this.assertOpen();
    const { set } = this.handle;
    const { value } = this.encoder.encode(row);
    return this.queue.add(
      { partition: partitionOfRow(set, row), bucket: bucketOfRow(set, row), value },
      value.length,
    );
  }

  records(
    options: RecordsOptions<string, NamedValues> = {},
  ): AsyncIteratorObject<TableRecord<Row>, undefined> {
    this.assertOpen();
    const own = checkOptions(options, ['bucket', 'partition', 'from', 'to', 'limit', 'columns', 'signal']);
    const { set } = this.handle;
    const { bucket, from = EARLIEST, to = LATEST, signal } = own;
    if (bucket !== undefined) this.#checkBucket(bucket);
    checkPosition('from', from);
    checkPosition('to', to);
    const columns = set.checkColumns(own.columns);
    const partition = own.partition === undefined ? undefined : this.#partition(own.partition);
    const limit = checkLimit(own.limit);
    return this.#records({ partition, bucket, from, to, limit, columns, signal });
  }

  scan(options: ScanOptions<NamedValues, NamedValues> = {}): AsyncIteratorObject<Row, undefined> {
    this.assertOpen();
    const { columns, limit, reverse, snapshot, range, where, bucket, signal } = checkScan(options, false);
    for (const [name, given] of [
      ['reverse', reverse ? true : undefined],
      ['snapshot', snapshot],
      ['range', range],
    ] as const) {
      if (given === undefined) continue;
      throw new CairnError(
        'UNSUPPORTED',
        `${this.path} is a log, and scan has no ${name} there: use records`,
      );
    }
    const { set } = this.handle;
    const filter = applyWhere(new RowBounds(), set, where);
    const all = filter && columns && [...new Set([...columns, ...filter.names])];
    const records = this.records({ bucket, columns: all ?? columns, signal });
    return filtered(rowsOf(records), filter?.matches ?? (() => true), filter && columns, limit);
  }

  async latestOffset(bucket = 0, options: BucketOptions<NamedValues> = {}): Promise<number> {
    return this.#inBucket(bucket, options, async (version, prefix, signal) => {
      const tail = await this.#last(version, prefix, signal);
      return tail === undefined ? 0 : tail.offset + 1;
    });
  }

  async earliestOffset(bucket = 0, options: BucketOptions<NamedValues> = {}): Promise<number> {
    // Records are never removed one by one.
    return this.#inBucket(bucket, options, async () => 0);
  }

  async offsetAt(timestamp: unknown, bucket = 0, options: BucketOptions<NamedValues> = {}): Promise<number> {
    const position = { timestamp } as LogPosition;
    checkPosition('timestamp', position);
    return this.#inBucket(bucket, options, (version, prefix, signal) =>
      this.#offsetOf(version, prefix, position, signal),
    );
  }

  bucketOf(row: NamedValues): number | undefined {
    return bucketOfRow(this.handle.set, namedValues(this.handle.set, row, 'row'));
  }

  upsert(): never {
    throw wrongKind(this.path, 'upsert', 'append');
  }

  delete(): never {
    throw wrongKind(this.path, 'delete', 'append');
  }

  lookup(): never {
    throw wrongKind(this.path, 'lookup', 'records');
  }

  prefixLookup(): never {
    throw wrongKind(this.path, 'prefixLookup', 'records');
  }

  changes(): never {
    throw wrongKind(this.path, 'changes', 'records');
  }

  #checkBucket(bucket: number): void {
    const { set } = this.handle;
    if (!Number.isSafeInteger(bucket) || bucket < 0 || bucket >= set.definition.buckets)
      throw wrongBucket(set, bucket);
  }

  #partition(given: unknown): readonly TupleElement[] {
    const { set } = this.handle;
    refuseUnpartitioned(set);
    return partitionElements(set, given);
  }

  // Reading --------------------------------------------------------------------------------------------------

  async *#records({
    partition,
    bucket,
    from,
    to,
    limit,
    columns,
    signal,
  }: {
    readonly partition: readonly TupleElement[] | undefined;
    readonly bucket: number | undefined;
    readonly from: LogPosition;
    readonly to: LogPosition;
    readonly limit: number;
    readonly columns: readonly string[] | undefined;
    readonly signal: AbortSignal | undefined;
  }): AsyncIteratorObject<TableRecord<Row>, undefined> {
    const handle = this.handle;
    signal?.throwIfAborted();
    const { version, release } = await handle.opened();
    try {
      const partitions = await this.#partitions(version, partition, signal);
      const { set } = handle;
      const projection = new RowProjection(set, columns, handle.knownSetOf);
      const places = set.definition.partitionedBy.length;
      const decoder = new RowDecoder<TableRecord<Row>>((bytes, view, keyStart, start, end) => {
        const key = decodeElements(bytes, keyStart, start, places + 2);
        const { timestamp, rowStart } = readRecordHead(bytes, view, start, end);
        const row = projection.read(bytes, view, keyStart, rowStart, end);
        return {
          row,
          offset: key[places + 1] as number,
          bucket: key[places] as number,
          timestamp,
          changeType: '+A',
        };
      });
      let left = limit;
      for (const elements of partitions) {
        for (
          let number = bucket ?? 0;
          number < (bucket === undefined ? set.definition.buckets : bucket + 1);
          number++
        ) {
          if (left === 0) return;
          const prefix = [...elements, number];
          const first = await this.#offsetOf(version, prefix, from, signal);
          const end = to === LATEST ? undefined : await this.#offsetOf(version, prefix, to, signal);
          const range = recordRange(prefix, first, end, { limit: left, signal });
          for await (const record of handle.scan(decoder, reopened(version), range)) {
            yield record;
            left--;
          }
        }
      }
    } finally {
      release();
    }
  }

  /** The partitions to read: of a table without any, one that has no elements. */
  async #partitions(
    version: OpenVersion,
    partition: readonly TupleElement[] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly (readonly TupleElement[])[]> {
    const { set } = this.handle;
    if (set.definition.partitionedBy.length === 0) return [[]];
    if (partition === undefined) return readPartitions(this.handle, version, signal);
    const isThere = new RowDecoder(() => true);
    if ((await this.handle.find(version, partitionKey(partition), isThere, signal)) === true)
      return [partition];
    throw noPartition(set, partition);
  }

  async #inBucket<T>(
    bucket: number,
    options: BucketOptions<NamedValues>,
    read: (version: OpenVersion, prefix: TupleKey, signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    this.assertOpen();
    const { partition, signal } = checkOptions(options, ['partition', 'signal']);
    signalOf({ signal });
    this.#checkBucket(bucket);
    const { set } = this.handle;
    if (partition === undefined && set.definition.partitionedBy.length > 0) {
      throw invalidArgument(
        'partition',
        `${this.path}: name the partition: { partition: { ${set.definition.partitionedBy.join(', ')} } }`,
      );
    }
    const elements = partition === undefined ? [] : this.#partition(partition);
    const { version, release } = await this.handle.opened();
    try {
      if (elements.length > 0) await this.#partitions(version, elements, signal);
      return await read(version, [...elements, bucket], signal);
    } finally {
      release();
    }
  }

  /** The offset and timestamp of the last record of a bucket. */
  async #last(
    version: OpenVersion,
    prefix: TupleKey,
    signal: AbortSignal | undefined,
  ): Promise<Tail | undefined> {
    const decoder = new RowDecoder<Tail>((bytes, view, keyStart, start, end) => ({
      offset: decodeElements(bytes, keyStart, start, prefix.length + 1)[prefix.length] as number,
      timestamp: readRecordHead(bytes, view, start, end).timestamp,
    }));
    const range = { ...recordRange(prefix, 0, undefined, { limit: 1, signal }), reverse: true };
    for await (const tail of this.handle.scan(decoder, reopened(version), range)) return tail;
    return undefined;
  }

  /** The offset that a position stands for; none is beyond the end. */
  async #offsetOf(
    version: OpenVersion,
    prefix: TupleKey,
    position: LogPosition,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    if (position === EARLIEST) return 0;
    if (typeof position === 'number' && position !== LATEST) return position;
    const tail = await this.#last(version, prefix, signal);
    const count = tail === undefined ? 0 : tail.offset + 1;
    if (typeof position === 'number') return count;
    const wanted = nanosecondsOfMoment(position.timestamp, 'a moment');
    const decoder = new RowDecoder<number>(
      (bytes, view, _, start, end) => readRecordHead(bytes, view, start, end).timestamp,
    );
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const timestamp = await this.handle.find(version, [...prefix, middle], decoder, signal);
      if (timestamp !== undefined && BigInt(timestamp) * 1_000_000n < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // Writing --------------------------------------------------------------------------------------------------

  protected override async commit(rows: readonly QueuedRow[]): Promise<number> {
    const { collection } = this.handle;
    const before = this.#unanswered;
    const attempt: Attempt = { rows: rows.length, word: this.#host.uniqueName(), key: undefined };
    try {
      const { version } = await collection.commit(
        async (tx) => {
          let done = 0;
          for (const { key, word, rows: count } of before) {
            const record = key && (await tx.get(key));
            if (record !== undefined && hasWord(record, word)) done = Math.max(done, count);
          }
          await this.#appendTo(tx, done === 0 ? rows : rows.slice(done), attempt);
        },
        { retries: Number.MAX_SAFE_INTEGER },
      );
      this.#unanswered = [];
      return version;
    } catch (error) {
      // Rows that may be there are queued again: the next flush finds out, so that none is there twice.
      if (isCairnError(error, 'IO') && error.unanswered === true && attempt.key !== undefined)
        this.#unanswered = [attempt, ...before];
      throw error;
    }
  }

  async #appendTo(
    tx: Transaction<TupleKey, Uint8Array>,
    rows: readonly QueuedRow[],
    attempt: Attempt,
  ): Promise<void> {
    attempt.key = undefined;
    if (rows.length === 0) return;
    const { buckets, partitionedBy } = this.handle.definition;
    // Rows without a key stay together, and in order: each flush has a bucket for them.
    const turn = tx.version % buckets;
    const now = Math.min(Math.max(0, Math.floor(this.#host.now())), MAX_TIMESTAMP - 1);
    const tails = new Map<string, Tail>();
    const marks = new Map<string, TupleKey>();
    const targets = rows.map(({ partition, bucket }) => {
      const prefix = [...partition, bucket ?? turn];
      return { prefix, name: elementsName(prefix) };
    });
    // All ends are read before the first record is put: what is read after that takes in what was put.
    for (const { prefix, name } of targets) {
      if (tails.has(name)) continue;
      tails.set(name, { offset: -1, timestamp: 0 });
      for await (const [key, value] of tx.entries({ prefix, reverse: true, limit: 1 })) {
        const { timestamp } = readRecordHead(value, viewOf(value), 0, value.length);
        tails.set(name, { offset: key[prefix.length] as number, timestamp });
      }
      if (partitionedBy.length > 0)
        marks.set(elementsName(prefix.slice(0, -1)), partitionKey(prefix.slice(0, -1)));
    }
    for (const key of marks.values()) tx.set(key, NO_BYTES);
    for (let i = 0; i < rows.length; i++) {
      const { prefix, name } = targets[i];
      const tail = tails.get(name) as Tail;
      tail.offset++;
      tail.timestamp = Math.max(tail.timestamp, now);
      const key = [...prefix, tail.offset];
      if (i === 0) attempt.key = key;
      const waiting = tx.set(
        key,
        encodeRecord(tail.timestamp, i === 0 ? attempt.word : undefined, rows[i].value),
      );
      if (waiting !== undefined) await waiting;
    }
  }
}

async function* rowsOf(records: AsyncIterable<TableRecord<Row>>): AsyncIterable<Row> {
  for await (const { row } of records) yield row;
}

/** The records of a bucket from one offset on, up to another. */
function recordRange(
  prefix: TupleKey,
  from: number,
  end: number | undefined,
  options: Partial<Pick<EncodedRange, 'limit' | 'signal'>>,
): EncodedRange {
  const bounds = new RowBounds();
  bounds.prefix(prefix);
  if (from > 0) bounds.from([...prefix, from], true);
  if (end !== undefined) bounds.to([...prefix, end], false);
  return bounds.encoded(options);
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
function checkPosition(argument: string, position: LogPosition): void {
  if (typeof position === 'number') {
    if (Number.isSafeInteger(position) && (position >= 0 || position === EARLIEST || position === LATEST))
      return;
    throw invalidArgument(
      argument,
      `${argument} must be an offset from 0 on, EARLIEST, LATEST or { timestamp }, not ${position}`,
    );
  }
  try {
    if (typeof position !== 'object' || position === null) throw new Refusal('is no position');
    nanosecondsOfMoment(
      position.timestamp,
      'a Temporal.Instant, a Date, milliseconds, or nanoseconds as a bigint',
    );
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw invalidArgument(argument, `${argument}: the timestamp ${error.message}`);
  }
}
