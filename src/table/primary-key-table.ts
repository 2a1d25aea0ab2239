import { MAX_KEY_BYTES } from '../bytes/key-buffer.ts';
import { viewOf } from '../bytes/view-of.ts';
import { checkOptions } from '../check-options.ts';
import { compareKeys } from '../codec/keys/compare-keys.ts';
import type { TupleElement, TupleKey } from '../codec/keys/tuple.ts';
import { tupleKeys } from '../codec/keys/tuple-keys.ts';
import type { Change } from '../collection/commit-options.ts';
import { CairnError, invalidArgument } from '../errors.ts';
import type { EncodedRange } from '../store/read/range.ts';
import { signalOf } from '../wait-options.ts';
import { OpenBaseTable } from './base-table.ts';
import { elementsName, partitionKey, readPartitions } from './partitions.ts';
import { filtered } from './read/filtered-rows.ts';
import { RowDecoder } from './read/row-decoder.ts';
import { applyRange, RowBounds } from './read/row-range.ts';
import { applyWhere, type RowFilter } from './read/where.ts';
import type { ColumnSet } from './row/column-set.ts';
import {
  bucketOfRow,
  elementOf,
  keyElements,
  type NamedValues,
  namedValues,
  ownValue,
  wrongBucket,
} from './row/key-layout.ts';
import type { Patch } from './row/row-encoder.ts';
import { type Row, RowProjection } from './row/row-projection.ts';
import type { RowChange } from './table.ts';
import { tableChanges } from './table-changes.ts';
import { type OpenedVersion, reopened, type TableHandle } from './table-handle.ts';
import type { CataloguedTable } from './table-info.ts';
import {
  type ChangesOptions,
  checkScan,
  type LookupOptions,
  type PrefixOptions,
  type ScanOptions,
} from './table-options.ts';
import { wrongKind } from './wrong-kind.ts';

/** How often a flush with partial updates is run again because other writers were first. */
const RETRIES = 100;

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** A change that is queued. */
type QueuedChange = Change<TupleKey, Uint8Array> | { readonly key: TupleKey; readonly patch: Patch };

/** An open table with a primary key: what `PrimaryKeyTable` promises. */
export class OpenPrimaryKeyTable extends OpenBaseTable<QueuedChange> {
  /** The decoder of whole rows, for the columns that are known. */
  #whole: { readonly set: ColumnSet; readonly decoder: RowDecoder<Row> };

  constructor(handle: TableHandle, catalogued: CataloguedTable, onClose: () => void) {
    super(handle, catalogued, onClose);
    this.#whole = { set: handle.set, decoder: this.#decoderOf(handle.set, undefined) };
  }

  // Changing -------------------------------------------------------------------------------------------------

  upsert(row: NamedValues, options?: { readonly columns: readonly string[] }): Promise<void> {
    this.assertOpen();
    const encoder = this.encoder;
    const columns =
      options === undefined
        ? undefined
        : encoder.set.checkColumns(checkOptions(options, ['columns']).columns);
    if (columns !== undefined) {
      const { key, patch } = encoder.encodePatch(row, columns);
      checkKey(this.handle, key);
      let bytes = 0;
      for (const part of patch.values()) bytes += part?.length ?? 0;
      return this.queue.add({ key, patch }, bytes);
    }
    const { key, value } = encoder.encode(row);
    checkKey(this.handle, key);
    return this.queue.add({ set: [key, value] }, value.length);
  }

  delete(key: NamedValues): Promise<void> {
    this.assertOpen();
    const elements = keyElements(this.handle.set, key);
    checkKey(this.handle, elements);
    return this.queue.add({ delete: elements }, 0);
  }

  // Reading --------------------------------------------------------------------------------------------------

  lookup(key: NamedValues, options?: LookupOptions): Promise<Row | undefined> {
    try {
      const handle = this.handle;
      this.assertOpen();
      if (options !== undefined) return this.#lookupBy(key, options);
      const elements = keyElements(handle.set, key);
      if (!handle.isReady) return this.#lookupLater(elements);
      const found = handle.find(handle.collection.opened, elements, this.#wholeRows());
      return found instanceof Promise ? found : Promise.resolve(found);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  prefixLookup(prefix: NamedValues, options: PrefixOptions = {}): AsyncIteratorObject<Row, undefined> {
    this.assertOpen();
    const checked = checkScan(options, true);
    const { set } = this.handle;
    const groups = prefixGroups(set, prefix);
    if (groups.elements !== undefined) {
      const bounds = new RowBounds();
      bounds.prefix(groups.elements);
      return this.#rows(checked.columns, this.#at(checked.snapshot), bounds.encoded(checked));
    }
    return this.#overPartitions(groups, checked);
  }

  scan(options: ScanOptions<NamedValues, NamedValues> = {}): AsyncIteratorObject<Row, undefined> {
    this.assertOpen();
    const checked = checkScan(options, false);
    const { columns, limit, bucket } = checked;
    const { set } = this.handle;
    set.checkColumns(columns);
    const bounds = new RowBounds();
    applyRange(bounds, set, checked.range);
    const filter = both(applyWhere(bounds, set, checked.where), bucketFilter(set, bucket));
    const open = this.#at(checked.snapshot);
    if (filter === undefined) return this.#rows(columns, open, bounds.encoded(checked));
    const all = columns && [...new Set([...columns, ...filter.names])];
    const rows = this.#rows(all, open, bounds.encoded({ ...checked, limit: Number.POSITIVE_INFINITY }));
    return filtered(rows, filter.matches, columns, limit);
  }

  changes(options: ChangesOptions = {}): AsyncIteratorObject<RowChange<Row>, undefined> {
    this.assertOpen();
    const handle = this.handle;
    return tableChanges(handle, options, () => {
      const projection = this.#projectionOf(handle.set, undefined);
      return (key, value) => projection.readWith(key, value, viewOf(value));
    });
  }

  bucketOf(row: NamedValues): number {
    return bucketOfRow(this.handle.set, namedValues(this.handle.set, row, 'row')) as number;
  }

  // Life -----------------------------------------------------------------------------------------------------

  append(): never {
    throw wrongKind(this.path, 'append', 'upsert');
  }

  records(): never {
    throw wrongKind(this.path, 'records', 'changes');
  }

  latestOffset(): never {
    throw wrongKind(this.path, 'latestOffset', 'version');
  }

  earliestOffset(): never {
    throw wrongKind(this.path, 'earliestOffset', 'version');
  }

  offsetAt(): never {
    throw wrongKind(this.path, 'offsetAt', 'changes');
  }

  async #lookupBy(key: NamedValues, options: LookupOptions): Promise<Row | undefined> {
    const { columns, signal } = checkOptions(options, ['columns', 'signal']);
    signalOf({ signal });
    await this.handle.ready();
    const { set } = this.handle;
    const decoder = this.#decoderOf(set, set.checkColumns(columns));
    return this.handle.find(this.handle.collection.opened, keyElements(set, key), decoder, signal);
  }

  async #lookupLater(elements: TupleKey): Promise<Row | undefined> {
    await this.handle.ready();
    return this.handle.find(this.handle.collection.opened, elements, this.#wholeRows());
  }

  /** Opens the version that is to be read. */
  #at(snapshot: number | undefined): () => Promise<OpenedVersion> {
    return () => this.handle.opened(snapshot);
  }

  #rows(
    columns: readonly string[] | undefined,
    open: () => Promise<OpenedVersion>,
    range: EncodedRange,
  ): AsyncIteratorObject<Row, undefined> {
    const handle = this.handle;
    const names = handle.set.checkColumns(columns);
    // The columns may be others once the version is open.
    let projection: RowProjection | undefined;
    const decoder = new RowDecoder<Row>((bytes, view, keyStart, start, end) =>
      (projection as RowProjection).read(bytes, view, keyStart, start, end),
    );
    return handle.scan(
      decoder,
      async () => {
        const opened = await open();
        projection = this.#projectionOf(handle.set, names);
        return opened;
      },
      range,
    );
  }

  /** The rows of a prefix that leaves out the partition's columns, partition by partition. */
  async *#overPartitions(
    groups: PrefixGroups,
    { columns, limit, reverse, snapshot, signal }: ReturnType<typeof checkScan>,
  ): AsyncIteratorObject<Row, undefined> {
    if (limit === 0) return;
    const { version, release } = await this.handle.opened(snapshot);
    try {
      const partitions = await readPartitions(this.handle, version, signal);
      let left = limit;
      for (const elements of groups.inPartitions(partitions, reverse)) {
        const bounds = new RowBounds();
        bounds.prefix(elements);
        for await (const row of this.#rows(
          columns,
          reopened(version),
          bounds.encoded({ reverse, limit: left, signal }),
        )) {
          yield row;
          if (--left === 0) return;
        }
      }
    } finally {
      release();
    }
  }

  #wholeRows(): RowDecoder<Row> {
    const { set } = this.handle;
    if (this.#whole.set !== set) this.#whole = { set, decoder: this.#decoderOf(set, undefined) };
    return this.#whole.decoder;
  }

  #decoderOf(set: ColumnSet, names: readonly string[] | undefined): RowDecoder<Row> {
    const projection = this.#projectionOf(set, names);
    return new RowDecoder((bytes, view, keyStart, start, end) =>
      projection.read(bytes, view, keyStart, start, end),
    );
  }

  #projectionOf(set: ColumnSet, names: readonly string[] | undefined): RowProjection {
    return new RowProjection(set, names, this.handle.knownSetOf);
  }

  protected override async commit(changes: readonly QueuedChange[]): Promise<number> {
    const { collection, set } = this.handle;
    const marks = partitionMarks(set, changes);
    if (!changes.some((change) => 'patch' in change)) {
      const list = changes as readonly Change<TupleKey, Uint8Array>[];
      const { version } = await collection.commit(marks.length === 0 ? list : [...marks, ...list]);
      return version;
    }
    const { version } = await collection.commit(
      async (tx) => {
        // A row may have been written by newer columns, none of which may be lost.
        await this.handle.learnSets((key) => tx.get(key));
        const encoder = this.encoder;
        for (const change of [...marks, ...changes]) {
          let waiting: void | Promise<void>;
          if ('set' in change) waiting = tx.set(...change.set);
          else if ('delete' in change) waiting = tx.delete(change.delete);
          else {
            const row = await tx.get(change.key);
            waiting = tx.set(change.key, encoder.patched(row, change.patch, this.handle.knownSetOf));
          }
          if (waiting !== undefined) await waiting;
        }
      },
      { retries: RETRIES },
    );
    return version;
  }
}

/** The marks of the partitions to which rows are written, so that these can be listed. */
function partitionMarks(set: ColumnSet, changes: readonly QueuedChange[]): Change<TupleKey, Uint8Array>[] {
  const { partitionedBy } = set.definition;
  if (partitionedBy.length === 0) return [];
  const places = partitionedBy.map((name) => set.column(name, 'partitionedBy').keyAt);
  const marks = new Map<string, Change<TupleKey, Uint8Array>>();
  for (const change of changes) {
    if ('delete' in change) continue;
    const key = 'set' in change ? change.set[0] : change.key;
    const elements = places.map((place) => key[place]);
    const name = elementsName(elements);
    if (!marks.has(name)) marks.set(name, { set: [partitionKey(elements), NO_BYTES] });
  }
  return [...marks.values()];
}

/** Which prefixes of keys a caller's prefix stands for. */
interface PrefixGroups {
  /** The one prefix, if there is one. */
  readonly elements: readonly TupleElement[] | undefined;
  /** One for each partition, in the order of the keys. */
  inPartitions(partitions: readonly TupleElement[][], reverse: boolean): readonly TupleElement[][];
}

/**
 * Finds out which prefixes of keys are meant.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for columns that don't lead the key.
 */
function prefixGroups(set: ColumnSet, given: unknown): PrefixGroups {
  const values = namedValues(set, given, 'prefix');
  const names = Object.keys(values).filter((name) => values[name] !== undefined);
  const { primaryKey, partitionedBy } = set.definition;
  const other = names.find((name) => !primaryKey.includes(name));
  const refuse = (why: string): CairnError =>
    invalidArgument(
      'prefix',
      `${set.table}: ${why}; a prefix names leading columns of the key (${primaryKey.join(', ')})`,
    );
  if (other !== undefined) throw refuse(`the prefix has ${JSON.stringify(other)}`);
  const found = new Map<string, TupleElement>();
  for (const column of set.key) {
    const value = ownValue(values, column.name);
    if (value !== undefined) found.set(column.name, elementOf(set, column, value, 'prefix'));
  }
  const lead = set.key.findIndex(({ name }) => !found.has(name));
  const direct = lead < 0 ? set.key.length : lead;
  if (found.size === direct)
    return {
      elements: set.key.slice(0, direct).map(({ name }) => found.get(name) as TupleElement),
      inPartitions: () => [],
    };
  // Up to the last column that is named, those that are missing must be the partition's.
  const reach = set.key.length - [...set.key].reverse().findIndex(({ name }) => found.has(name));
  const gap = set.key.slice(0, reach).find(({ name }) => !found.has(name) && !partitionedBy.includes(name));
  if (gap !== undefined) throw refuse(`the prefix lacks ${JSON.stringify(gap.name)}`);
  return {
    elements: undefined,
    inPartitions: (partitions, reverse) => {
      const groups: TupleElement[][] = [];
      for (const partition of partitions) {
        const isOther = partitionedBy.some((name, i) => {
          const element = found.get(name);
          return element !== undefined && compareKeys([element], [partition[i]]) !== 0;
        });
        if (isOther) continue;
        const elements = set.key
          .slice(0, reach)
          .map(({ name }) => found.get(name) ?? partition[partitionedBy.indexOf(name)]);
        groups.push(elements);
      }
      groups.sort((a, b) => compareKeys(a, b));
      const distinct = groups.filter((group, i) => i === 0 || compareKeys(group, groups[i - 1]) !== 0);
      return reverse ? distinct.reverse() : distinct;
    },
  };
}

/** A filter of the rows of one bucket. @throws {CairnError} `INVALID_ARGUMENT`. */
function bucketFilter(set: ColumnSet, bucket: number | undefined): RowFilter | undefined {
  if (bucket === undefined) return undefined;
  if (!Number.isSafeInteger(bucket) || bucket < 0 || bucket >= set.definition.buckets)
    throw wrongBucket(set, bucket);
  if (set.definition.buckets === 1) return undefined;
  return { names: set.definition.bucketKey, matches: (row) => bucketOfRow(set, row) === bucket };
}

function both(a: RowFilter | undefined, b: RowFilter | undefined): RowFilter | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { names: [...a.names, ...b.names], matches: (row) => a.matches(row) && b.matches(row) };
}

/** @throws {CairnError} `TOO_LARGE` for a key that is longer than any key may be. */
function checkKey({ path }: TableHandle, key: TupleKey): void {
  let characters = 0;
  for (const element of key) {
    if (typeof element === 'string') characters += element.length * 3;
    else if (element instanceof Uint8Array) characters += element.length * 2;
  }
  // Other elements take few bytes, and their number is limited.
  if (characters < MAX_KEY_BYTES / 2 && key.length < 1000) return;
  const length = tupleKeys.encodeInto(key, new Uint8Array(MAX_KEY_BYTES + 5));
  if (length <= MAX_KEY_BYTES) return;
  throw new CairnError(
    'TOO_LARGE',
    `${path}: the key of the row has ${length} bytes, more than ${MAX_KEY_BYTES}`,
    {
      keyBytes: length,
      limit: MAX_KEY_BYTES,
    },
  );
}
