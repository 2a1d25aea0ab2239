import { MAX_KEY_BYTES } from '../bytes/key-buffer.ts';
import type { TupleKey } from '../codec/keys/tuple.ts';
import { tupleKeys } from '../codec/keys/tuple-keys.ts';
import { loadTemporal } from '../codec/temporal.ts';
import type { Collection } from '../collection/collection.ts';
import { LayeredLookup } from '../collection/read/layered-lookup.ts';
import { MergeDecoder, MergeScan } from '../collection/read/merge-scan.ts';
import type { OpenVersion } from '../collection/read/open-version.ts';
import type { Snapshot } from '../collection/snapshot.ts';
import { asText, invalidArgument } from '../errors.ts';
import { FOUND, MISSING } from '../partition/cache/outcome.ts';
import type { PartitionReader } from '../partition/cache/partition-reader.ts';
import { AsyncEntries } from '../store/read/entry-iterators.ts';
import { Interruption, ReaderLife } from '../store/read/interruption.ts';
import type { EncodedRange } from '../store/read/range.ts';
import type { RowDecoder } from './read/row-decoder.ts';
import { ColumnSet } from './row/column-set.ts';
import type { ColumnTemporal } from './row/temporal-kinds.ts';
import { columnsOfJson, type SchemaVersion, type TableDefinition } from './schema/table-schema.ts';
import { needsTemporal } from './schema/type-definition.ts';

/** What a table keeps besides its rows lies under keys that begin with null, before all rows. */
export const SCHEMA_MARK: string = 'schema';
export const PARTITION_MARK: string = 'partition';

/** Reading goes on to the newest version once this one is so old: what others commit is seen within a second. */
const FRESH_MS = 250;

/** A version that is read, until it is released. */
export interface OpenedVersion {
  readonly version: OpenVersion;
  release(): void;
}

/** The collection of a table. */
export type TableCollection = Collection<TupleKey, Uint8Array>;

/** An open table: its collection, the versions of its columns, and the version that is read. */
export class TableHandle {
  /** `database.table`. */
  readonly path: string;
  readonly definition: TableDefinition;
  readonly collection: TableCollection;
  readonly now: () => number;
  readonly life: ReaderLife;
  readonly #checkThere: () => Promise<void>;
  readonly #sets = new Map<number, ColumnSet>();
  readonly #lookup = new LayeredLookup();
  #current: ColumnSet;
  #temporal: ColumnTemporal | undefined;
  /** The version of the collection whose columns are known. */
  #setsAt = -1;
  #freshAt: number;
  #refreshing: Promise<void> | undefined;

  private constructor(
    path: string,
    definition: TableDefinition,
    collection: TableCollection,
    now: () => number,
    checkThere: () => Promise<void>,
    temporal: ColumnTemporal | undefined,
  ) {
    this.#checkThere = checkThere;
    this.path = path;
    this.definition = definition;
    this.collection = collection;
    this.now = now;
    this.life = new ReaderLife(path, 'table');
    this.#temporal = temporal;
    this.#freshAt = now();
    this.#current = this.#add({ number: 1, columns: definition.columns });
  }

  /** @param checkThere throws `NOT_FOUND` if the table has been dropped. */
  static async open(
    path: string,
    definition: TableDefinition,
    collection: TableCollection,
    now: () => number,
    checkThere: () => Promise<void>,
  ): Promise<TableHandle> {
    const temporal = await temporalFor(definition.columns);
    const handle = new TableHandle(path, definition, collection, now, checkThere, temporal);
    await handle.#loadSets();
    return handle;
  }

  /** The newest version of the columns that is known. */
  get set(): ColumnSet {
    return this.#current;
  }

  /** The id that the next new column can have. */
  get columnIds(): number {
    let next = 0;
    for (const { defined } of this.#sets.values())
      for (const { id } of defined) next = Math.max(next, id + 1);
    return next;
  }

  /** Whether reading can begin at once: the version is a new one, and its columns are known. */
  get isReady(): boolean {
    return this.collection.version === this.#setsAt && Math.abs(this.now() - this.#freshAt) < FRESH_MS;
  }

  /** A version of the columns, if it is known. */
  readonly setOf = (number: number): ColumnSet | undefined => this.#sets.get(number);

  /** {@link setOf} for a version that a row of this handle's version was written by. */
  readonly knownSetOf = (number: number): ColumnSet => {
    const set = this.#sets.get(number);
    if (set === undefined) throw new RangeError(`a row was written by version ${number} of the columns`);
    return set;
  };

  /** Goes on to the newest version if this one is no longer new. */
  ready(): Promise<void> {
    this.life.assertOpen();
    if (this.isReady) return Promise.resolve();
    this.#refreshing ??= this.#makeReady().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Goes on to the newest version, and returns its number. */
  async refresh(): Promise<number> {
    this.life.assertOpen();
    await this.#checkThere();
    const version = await this.collection.refresh();
    this.#freshAt = this.now();
    await this.#loadSets();
    return version;
  }

  /** Learns of newer versions of the columns. `get` reads what is kept of the table. */
  async learnSets(get: (key: TupleKey) => Promise<Uint8Array | undefined>): Promise<void> {
    for (;;) {
      const number = this.#current.number + 1;
      const bytes = await get([null, SCHEMA_MARK, number]);
      if (bytes === undefined) return;
      const columns = columnsOfJson(JSON.parse(new TextDecoder().decode(bytes)));
      this.#temporal ??= await temporalFor(columns);
      // Another call may have learnt of it meanwhile.
      if (this.#current.number < number) this.#current = this.#add({ number, columns });
    }
  }

  /** Opens the newest version, or the one with that number. */
  async opened(version?: number): Promise<OpenedVersion> {
    if (version === undefined) {
      await this.ready();
      return retained(this.collection.opened);
    }
    if (!Number.isSafeInteger(version) || version < 0)
      throw invalidArgument('snapshot', `snapshot must be the number of a version, not ${asText(version)}`);
    if (version > this.collection.version) await this.refresh();
    const snapshot: Snapshot<TupleKey, Uint8Array> = await this.collection.snapshot(version);
    return {
      version: snapshot.opened,
      release: () => {
        // It holds files open and nothing else: closing them can't lose anything.
        snapshot.close().catch(() => undefined);
      },
    };
  }

  /** Iterates over the entries of a range, decoded. The version is opened when the iteration begins. */
  scan<T>(
    decoder: RowDecoder<T>,
    open: () => Promise<OpenedVersion>,
    range: EncodedRange,
  ): AsyncEntries<TupleKey, T, T> {
    this.life.assertOpen();
    return new AsyncEntries<TupleKey, T, T>(
      async () => {
        const { version, release } = await open();
        const scan = new MergeScan(version.generations, range, { onClose: release });
        return [scan, new MergeDecoder<TupleKey, T>(scan, decoder, version.generations, false)];
      },
      'values',
      new Interruption(this.life, range.signal),
    );
  }

  /** The value of a key, decoded in the step in which it is found; undefined if there is none. */
  find<T>(
    version: OpenVersion,
    key: TupleKey,
    decoder: RowDecoder<T>,
    signal?: AbortSignal,
  ): T | undefined | Promise<T | undefined> {
    const lookup = this.#lookup;
    const { bytes } = lookup.key;
    const length = tupleKeys.encodeInto(key, bytes);
    if (length > MAX_KEY_BYTES) return undefined;
    lookup.key.length = length;
    const take = (): T =>
      decoder.found(lookup.partition as PartitionReader, lookup.key.length + lookup.markBytes);
    const outcome = lookup.find(version.generations, false);
    if (outcome === FOUND) return take();
    if (outcome !== MISSING) return undefined;
    const kept = version.retain();
    return lookup
      .findLater(version.generations, take, () => this.life.assertOpen(), signal)
      .finally(() => kept.release());
  }

  async close(): Promise<void> {
    if (this.life.closed) return;
    this.life.closed = true;
    await this.collection.close();
  }

  async #makeReady(): Promise<void> {
    if (Math.abs(this.now() - this.#freshAt) < FRESH_MS) await this.#loadSets();
    else await this.refresh();
  }

  async #loadSets(): Promise<void> {
    const { version } = this.collection;
    if (version === this.#setsAt) return;
    await this.learnSets((key) => this.collection.get(key));
    this.#setsAt = version;
  }

  #add(version: SchemaVersion): ColumnSet {
    const set = new ColumnSet(this.path, this.definition, version, this.#temporal);
    this.#sets.set(version.number, set);
    return set;
  }
}

/** Returns what opens a version that is open once more. */
export function reopened(version: OpenVersion): () => Promise<OpenedVersion> {
  return async () => retained(version);
}

function retained(version: OpenVersion): OpenedVersion {
  const own = version.retain();
  return { version: own, release: () => own.release() };
}

async function temporalFor(columns: SchemaVersion['columns']): Promise<ColumnTemporal | undefined> {
  if (!columns.some(({ type }) => needsTemporal(type))) return undefined;
  // Every implementation has all classes.
  return (await loadTemporal()) as unknown as ColumnTemporal;
}
