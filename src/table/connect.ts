/// <reference lib="esnext.disposable" preserve="true" />
import { checkOptions } from '../check-options.ts';
import { CairnError, invalidArgument } from '../errors.ts';
import { HOST, type Host } from '../io/host.ts';
import { checkReadOptions } from '../store/read/read-options.ts';
import { Admin } from './admin.ts';
import { Catalog } from './catalog/catalog.ts';
import { OpenLogTable } from './log-table.ts';
import { type OpenTableOptions, openTable } from './open-table.ts';
import { OpenPrimaryKeyTable } from './primary-key-table.ts';
import type { Row } from './row/row-projection.ts';
import { parseTablePath } from './schema/names.ts';
import {
  checkSchema,
  type InputRowOf,
  type KeyOf,
  type RowOf,
  type TableSchema,
} from './schema/table-schema.ts';
import { formatType } from './schema/type-text.ts';
import type { LogTable, PrimaryKeyTable, Table } from './table.ts';
import type { TableHandle } from './table-handle.ts';

/** How a root is connected to. */
export interface ConnectOptions {
  /** Memory for the data of each table, in bytes; default: a share of the process's, as for `openStore`. */
  readonly cacheBytes?: number | undefined;
  /** Milliseconds since 1970; default: `Date.now`. Records of logs and what is made take their times from it. */
  readonly clock?: (() => number) | undefined;
  /** Ends what is being opened. */
  readonly signal?: AbortSignal | undefined;
}

/** A table whose rows follow from its schema. */
export type TableOf<S extends TableSchema> = S['primaryKey'] extends readonly string[]
  ? PrimaryKeyTable<RowOf<S>, InputRowOf<S>, KeyOf<S>>
  : LogTable<RowOf<S>, InputRowOf<S>>;

/**
 * Connects to the databases and tables below a root: a directory, or any other place that stores can be in. Nothing is made
 * there before the first database is.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `UNSUPPORTED` for an unknown scheme, `CORRUPTION`, `IO`.
 *
 * @example
 * ```ts
 * import { connect, float, int, string } from 'cairnkv/table';
 *
 * const db = await connect('./warehouse');
 * await db.admin.createDatabase('my_db', { ignoreIfExists: true });
 * await db.admin.createTable('my_db.my_table', {
 *   columns: { id: int(), name: string(), score: float() },
 *   primaryKey: ['id'],
 *   buckets: 3,
 * });
 * const table = await db.table('my_db.my_table');
 * table.upsert({ id: 1, name: 'Verso', score: 0.5 });
 * table.upsert({ id: 2, name: 'Noco', score: 0.25 });
 * await table.flush();
 * console.log(await table.lookup({ id: 1 })); // { id: 1, name: 'Verso', score: 0.5 }
 * await db.close();
 * ```
 */
export function connect(root: string | URL, options?: ConnectOptions): Promise<Connection>;
/** @internal With randomness of its own, for tests. */
export function connect(
  root: string | URL,
  options: ConnectOptions | undefined,
  host: Host,
): Promise<Connection>;
export async function connect(
  root: string | URL,
  options: ConnectOptions = {},
  host: Host = HOST,
): Promise<Connection> {
  const { cacheBytes, clock, signal } = checkOptions(options, ['cacheBytes', 'clock', 'signal']);
  if (clock !== undefined && typeof clock !== 'function')
    throw invalidArgument('clock', 'clock must be a function that returns milliseconds since 1970');
  signal?.throwIfAborted();
  const now = clock ?? host.now;
  const catalog = new Catalog(root, signal);
  return new Connection(
    catalog,
    { uniqueName: () => host.uniqueName(), now },
    { cacheBytes: checkReadOptions({ cacheBytes }).cacheBytes, now, signal },
  );
}

/** A connection to a root. Made by `connect`. */
export class Connection {
  /** Makes, drops and describes databases, tables and partitions. */
  readonly admin: Admin;
  readonly #catalog: Catalog;
  readonly #host: Host;
  readonly #options: OpenTableOptions;
  readonly #tables = new Set<OpenPrimaryKeyTable | OpenLogTable>();
  #closing: Promise<void> | undefined;

  /** @internal Use `connect`. */
  constructor(catalog: Catalog, host: Host, options: OpenTableOptions) {
    this.#catalog = catalog;
    this.#host = host;
    this.#options = options;
    this.admin = new Admin({ catalog, host, options, onAltered: (table) => this.#refresh(table) });
  }

  /** The root's URI. */
  get uri(): string {
    return this.#catalog.root.uri;
  }

  /**
   * Opens a table at its newest version. With its schema, rows and keys have the types that follow from it; the table must
   * have these columns and this key.
   *
   * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INVALID_ARGUMENT` for a schema that is not the table's, `UNSUPPORTED`
   *   if a package for its types is missing, `CORRUPTION`, `IO`, `CLOSED`.
   */
  table<const S extends TableSchema>(path: string, schema: S): Promise<TableOf<S>>;
  table<R extends object = Row>(path: string): Promise<Table<R>>;
  async table(path: string, schema?: TableSchema): Promise<unknown> {
    this.#assertOpen();
    const place = parseTablePath(path);
    const { handle, entry } = await openTable(this.#catalog, place, this.#options);
    try {
      if (schema !== undefined) refuseOther(handle, schema);
      this.#assertOpen();
    } catch (error) {
      await handle.close();
      throw error;
    }
    const catalogued = { database: place.database, name: place.table, ...entry };
    const opened: OpenPrimaryKeyTable | OpenLogTable =
      handle.definition.primaryKey.length > 0
        ? new OpenPrimaryKeyTable(handle, catalogued, () => this.#tables.delete(opened))
        : new OpenLogTable(handle, catalogued, this.#host, () => this.#tables.delete(opened));
    this.#tables.add(opened);
    return opened;
  }

  /** Closes everything as {@link close} does, but drops the rows that are queued. */
  async cancel(): Promise<void> {
    for (const table of this.#tables) table.discard();
    await this.close();
  }

  /** Flushes and closes the tables that are open, and everything else. Calling it twice is a no-op. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const closed = await Promise.allSettled([...this.#tables].map((table) => table.close()));
    await this.#catalog.close();
    const failed = closed.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #refresh(table: string): Promise<void> {
    await Promise.all([...this.#tables].filter(({ path }) => path === table).map((open) => open.refresh()));
  }

  #assertOpen(): void {
    if (this.#closing === undefined) return;
    throw new CairnError('CLOSED', `the connection to ${this.uri} has been closed`, {
      resource: 'connection',
    });
  }
}

/** @throws {CairnError} `INVALID_ARGUMENT` for a schema that is not the table's. */
function refuseOther({ set, path }: TableHandle, schema: TableSchema): void {
  const wanted = checkSchema(schema, path);
  const refuse = (argument: string, why: string): never => {
    throw invalidArgument(argument, `${path}: ${why}; pass the schema that the table has, or none`);
  };
  for (const { name, type } of wanted.columns) {
    const column = set.defined.find((one) => one.name === name);
    if (column === undefined) refuse('columns', `the table has no column ${JSON.stringify(name)}`);
    else if (formatType(column.type) !== formatType(type))
      refuse(
        'columns',
        `the column ${JSON.stringify(name)} is ${formatType(column.type)}, not ${formatType(type)}`,
      );
  }
  if (wanted.primaryKey.join('\0') !== set.definition.primaryKey.join('\0'))
    refuse('primaryKey', `the primary key is (${set.definition.primaryKey.join(', ')})`);
  const required = set.columns.find(
    ({ name, nullable }) => !nullable && !wanted.columns.some((column) => column.name === name),
  );
  if (required !== undefined)
    refuse('columns', `the schema lacks ${JSON.stringify(required.name)}, which is not nullable`);
}
