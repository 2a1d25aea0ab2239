import { isWellFormed } from '../bytes/utf8.ts';
import { checkOptions } from '../check-options.ts';
import type { TupleElement, TupleKey } from '../codec/keys/tuple.ts';
import type { JsonValue } from '../codec/values/json-value.ts';
import { asText, CairnError, invalidArgument } from '../errors.ts';
import type { Host } from '../io/host.ts';
import {
  type Catalog,
  type CatalogChange,
  type DatabaseEntry,
  databaseKey,
  droppedKey,
  RETRIES,
  type TableEntry,
  tableKey,
} from './catalog/catalog.ts';
import { noDatabase, noTable, type OpenTableOptions, openTable, requireTable } from './open-table.ts';
import {
  describePartition,
  elementsName,
  noPartition,
  type PartitionInfo,
  partitionElements,
  partitionFilter,
  partitionKey,
  readPartitions,
  refuseUnpartitioned,
} from './partitions.ts';
import { type Columns, definitionOf } from './schema/column-types.ts';
import { checkFieldName, checkName, parseTablePath, type TablePath } from './schema/names.ts';
import {
  type ColumnDefinition,
  checkSchema,
  columnsToJson,
  definitionToJson,
  type TableSchema,
} from './schema/table-schema.ts';
import { SCHEMA_MARK, type TableHandle } from './table-handle.ts';
import { describeTable, type TableInfo } from './table-info.ts';

/** What is known of a database. */
export interface DatabaseInfo {
  readonly name: string;
  readonly comment?: string;
  readonly properties: { readonly [name: string]: string };
  /** Milliseconds since 1970; `modifiedAt`: when a table was last made or dropped. */
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** How something is made that may exist. */
export interface CreateOptions {
  /** Leaves what exists unchanged, whatever it is; default: false, which is `ALREADY_EXISTS`. */
  readonly ignoreIfExists?: boolean | undefined;
}

/** How something is dropped that may not exist. */
export interface DropOptions {
  /** Does nothing if it does not exist; default: false, which is `NOT_FOUND`. */
  readonly ignoreIfNotExists?: boolean | undefined;
}

/** What a database is made with. */
export interface CreateDatabaseOptions extends CreateOptions {
  readonly comment?: string | undefined;
  readonly properties?: { readonly [name: string]: string } | undefined;
}

/** How a database is dropped. */
export interface DropDatabaseOptions extends DropOptions {
  /** Drops its tables, too; default: false, which refuses a database that has any. */
  readonly cascade?: boolean | undefined;
}

/** A change of a table's columns. Rows that were written before keep their bytes, and are read by the new columns. */
export interface TableChanges {
  /** Columns to add at the end; they must be nullable, and are null in the rows that are there. */
  readonly addColumns?: Columns | undefined;
  /** Columns to drop, none of them of a key; their values are not read any more. */
  readonly dropColumns?: readonly string[] | undefined;
}

/** What administration needs of a connection. */
export interface AdminParts {
  readonly catalog: Catalog;
  readonly host: Host;
  readonly options: OpenTableOptions;
  /** Is called after a table's columns changed. */
  readonly onAltered: (table: string) => Promise<void>;
}

/** Makes, drops and describes databases, tables and partitions. */
export class Admin {
  readonly #parts: AdminParts;

  /** @internal */
  constructor(parts: AdminParts) {
    this.#parts = parts;
  }

  // Databases ------------------------------------------------------------------------------------------------

  /** @throws {CairnError} (as a rejection) `ALREADY_EXISTS`, `INVALID_ARGUMENT`, `NOT_A_STORE` if the root is one, `IO`. */
  async createDatabase(name: string, options: CreateDatabaseOptions = {}): Promise<void> {
    checkName(name, 'database');
    const {
      ignoreIfExists,
      comment,
      properties = {},
    } = checkOptions(options, ['ignoreIfExists', 'comment', 'properties']);
    const ignores = flag('ignoreIfExists', ignoreIfExists);
    checkTexts(comment, properties);
    const createdAt = this.#parts.host.now();
    const entry = {
      ...(comment === undefined ? {} : { comment }),
      properties: { ...properties },
      createdAt,
      modifiedAt: createdAt,
    };
    await this.#parts.catalog.change(async (tx) => {
      if (!(await tx.has(databaseKey(name)))) tx.set(databaseKey(name), entry);
      else if (!ignores) throw this.#exists(`the database ${name}`);
    });
  }

  /** @throws {CairnError} (as a rejection) `NOT_FOUND`; `INVALID_ARGUMENT` if it has tables, without `cascade`; `IO`. */
  async dropDatabase(name: string, options: DropDatabaseOptions = {}): Promise<void> {
    checkName(name, 'database');
    const { ignoreIfNotExists, cascade } = checkOptions(options, ['ignoreIfNotExists', 'cascade']);
    const ignores = flag('ignoreIfNotExists', ignoreIfNotExists);
    const drops = flag('cascade', cascade);
    if ((await this.#parts.catalog.database(name)) === undefined) {
      if (ignores) return;
      throw noDatabase(this.#parts.catalog, name);
    }
    await this.#parts.catalog.change(async (tx) => {
      if (!(await tx.has(databaseKey(name)))) {
        if (ignores) return;
        throw noDatabase(this.#parts.catalog, name);
      }
      const tables: [TupleKey, TableEntry][] = [];
      for await (const [key, entry] of tx.entries({ prefix: ['table', name] }))
        tables.push([key, entry as unknown as TableEntry]);
      if (tables.length > 0 && !drops) {
        throw invalidArgument(
          'cascade',
          `the database ${name} has tables (${tables.map(([key]) => key[2]).join(', ')}): drop them first, or pass cascade: true`,
        );
      }
      for (const [key, { directory }] of tables) drop(tx, key, directory);
      tx.delete(databaseKey(name));
    });
    await this.#parts.catalog.removeDropped();
  }

  /** The names of all databases, in order. */
  async listDatabases(): Promise<string[]> {
    return this.#parts.catalog.names(['database']);
  }

  async databaseExists(name: string): Promise<boolean> {
    return (await this.#parts.catalog.database(checkName(name, 'database'))) !== undefined;
  }

  /** @throws {CairnError} (as a rejection) `NOT_FOUND`. */
  async databaseInfo(name: string): Promise<DatabaseInfo> {
    const entry = await this.#parts.catalog.database(checkName(name, 'database'));
    if (entry === undefined) throw noDatabase(this.#parts.catalog, name);
    return { name, ...entry };
  }

  // Tables ---------------------------------------------------------------------------------------------------

  /**
   * Makes a table.
   *
   * @throws {CairnError} (as a rejection) `ALREADY_EXISTS`, `NOT_FOUND` for the database, `INVALID_ARGUMENT`, `IO`.
   */
  async createTable(table: string, schema: TableSchema, options: CreateOptions = {}): Promise<void> {
    const path = parseTablePath(table);
    const ignores = flag('ignoreIfExists', checkOptions(options, ['ignoreIfExists']).ignoreIfExists);
    const definition = definitionToJson(checkSchema(schema, table));
    const { catalog, host } = this.#parts;
    const id = host.uniqueName();
    const entry = {
      id,
      directory: [path.database, `${path.table}-${id}`],
      createdAt: host.now(),
      definition,
    };
    let isMade = false;
    await catalog.change(async (tx) => {
      isMade = false;
      await touch(tx, catalog, path.database, host.now());
      if (!(await tx.has(tableKey(path)))) {
        tx.set(tableKey(path), entry as JsonValue);
        isMade = true;
      } else if (!ignores) throw this.#exists(`the table ${table}`);
    });
    // Its collection is made now, so that whoever can't write finds it.
    if (isMade) await this.#with(path, async () => undefined);
  }

  /** @throws {CairnError} (as a rejection) `NOT_FOUND`, `IO`. */
  async dropTable(table: string, options: DropOptions = {}): Promise<void> {
    const path = parseTablePath(table);
    const ignores = flag('ignoreIfNotExists', checkOptions(options, ['ignoreIfNotExists']).ignoreIfNotExists);
    const { catalog, host } = this.#parts;
    if (ignores && (await catalog.table(path)) === undefined) return;
    await requireTable(catalog, path);
    await catalog.change(async (tx) => {
      const entry = (await tx.get(tableKey(path))) as TableEntry | undefined;
      if (entry === undefined) {
        if (ignores) return;
        throw noTable(catalog, path);
      }
      drop(tx, tableKey(path), entry.directory);
      await touch(tx, catalog, path.database, host.now());
    });
    await catalog.removeDropped();
  }

  /** The names of a database's tables, in order. @throws {CairnError} (as a rejection) `NOT_FOUND`. */
  async listTables(database: string): Promise<string[]> {
    const { catalog } = this.#parts;
    if ((await catalog.database(checkName(database, 'database'))) === undefined)
      throw noDatabase(catalog, database);
    return catalog.names(['table', database]);
  }

  async tableExists(table: string): Promise<boolean> {
    return (await this.#parts.catalog.table(parseTablePath(table))) !== undefined;
  }

  /** What is known of a table, at its newest version. @throws {CairnError} (as a rejection) `NOT_FOUND`. */
  async tableInfo(table: string): Promise<TableInfo> {
    const path = parseTablePath(table);
    return this.#with(path, async (handle, entry) =>
      describeTable(
        { database: path.database, name: path.table, ...entry },
        handle.set,
        handle.collection.info,
      ),
    );
  }

  /**
   * Adds and drops columns, as one commit of the table: tables that are open elsewhere see it with their next version.
   *
   * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INVALID_ARGUMENT`, `IO`.
   */
  async alterTable(table: string, changes: TableChanges): Promise<void> {
    const path = parseTablePath(table);
    const { addColumns = {}, dropColumns = [] } = checkOptions(changes, ['addColumns', 'dropColumns']);
    if (typeof addColumns !== 'object' || addColumns === null || Array.isArray(addColumns))
      throw invalidArgument(
        'addColumns',
        `${table}: addColumns must be an object with a type for each column`,
      );
    if (!Array.isArray(dropColumns))
      throw invalidArgument('dropColumns', `${table}: dropColumns must be an array of names`);
    const added = Object.entries(addColumns).map(([name, type]) => {
      checkFieldName(name, 'addColumns');
      const definition = definitionOf(type, name);
      if (definition.nullable) return { name, type: definition };
      throw invalidArgument(
        'addColumns',
        `${table}: the new column ${JSON.stringify(name)} must be nullable: rows are there already`,
      );
    });
    if (added.length + dropColumns.length === 0)
      throw invalidArgument('addColumns', `${table}: name a column to add or to drop`);
    await this.#with(path, (handle) => alter(handle, added, dropColumns));
    await this.#parts.onAltered(table);
  }

  // Partitions -----------------------------------------------------------------------------------------------

  /** Makes a partition without rows; writing to one makes it, too. @throws {CairnError} (as a rejection) `ALREADY_EXISTS` … */
  async createPartition(
    table: string,
    partition: { readonly [column: string]: unknown },
    options: CreateOptions = {},
  ): Promise<void> {
    const ignores = flag('ignoreIfExists', checkOptions(options, ['ignoreIfExists']).ignoreIfExists);
    await this.#with(parseTablePath(table), async (handle) => {
      refuseUnpartitioned(handle.set);
      const elements = partitionElements(handle.set, partition);
      await handle.collection.commit(
        async (tx) => {
          if (!(await tx.has(partitionKey(elements)))) tx.set(partitionKey(elements), new Uint8Array(0));
          else if (!ignores)
            throw this.#exists(
              `the partition ${describePartition(handle.set, elements).qualifiedName} of ${table}`,
            );
        },
        { retries: RETRIES },
      );
    });
  }

  /** Drops a partition with its rows, as one commit. @throws {CairnError} (as a rejection) `NOT_FOUND`. */
  async dropPartition(
    table: string,
    partition: { readonly [column: string]: unknown },
    options: DropOptions = {},
  ): Promise<void> {
    const ignores = flag('ignoreIfNotExists', checkOptions(options, ['ignoreIfNotExists']).ignoreIfNotExists);
    await this.#with(parseTablePath(table), async (handle) => {
      refuseUnpartitioned(handle.set);
      const elements = partitionElements(handle.set, partition);
      await handle.collection.commit(
        async (tx) => {
          if (!(await tx.has(partitionKey(elements)))) {
            if (ignores) return;
            throw noPartition(handle.set, elements);
          }
          await emptyPartition(handle, elements, tx);
          tx.delete(partitionKey(elements));
        },
        { retries: RETRIES },
      );
    });
  }

  /** The partitions of a table, in order; with a filter, those that have its values. */
  async listPartitions(
    table: string,
    filter?: { readonly [column: string]: unknown },
  ): Promise<PartitionInfo[]> {
    return this.#with(parseTablePath(table), async (handle) => {
      refuseUnpartitioned(handle.set);
      const matches = partitionFilter(handle.set, filter);
      const { version, release } = await handle.opened();
      try {
        const partitions = await readPartitions(handle, version);
        return partitions.filter(matches).map((elements) => describePartition(handle.set, elements));
      } finally {
        release();
      }
    });
  }

  /** Closes what administration has open; tables stay open. `connection.close()` does that, too. */
  async close(): Promise<void> {
    await this.#parts.catalog.close();
  }

  async #with<T>(path: TablePath, use: (handle: TableHandle, entry: TableEntry) => Promise<T>): Promise<T> {
    const { handle, entry } = await openTable(this.#parts.catalog, path, this.#parts.options);
    try {
      return await use(handle, entry);
    } finally {
      await handle.close();
    }
  }

  #exists(what: string): CairnError {
    const { uri } = this.#parts.catalog.root;
    return new CairnError('ALREADY_EXISTS', `${what} already exists in ${uri}`, { uri });
  }
}

function drop(tx: CatalogChange, key: TupleKey, directory: readonly string[]): void {
  tx.delete(key);
  tx.set(droppedKey(directory), {});
}

/** Notes that the tables of a database changed. @throws {CairnError} (as a rejection) `NOT_FOUND`. */
async function touch(tx: CatalogChange, catalog: Catalog, database: string, now: number): Promise<void> {
  const entry = (await tx.get(databaseKey(database))) as DatabaseEntry | undefined;
  if (entry === undefined) throw noDatabase(catalog, database);
  tx.set(databaseKey(database), { ...entry, modifiedAt: now });
}

async function alter(
  handle: TableHandle,
  added: readonly { readonly name: string; readonly type: ColumnDefinition['type'] }[],
  dropped: readonly string[],
): Promise<void> {
  await handle.collection.commit(
    async (tx) => {
      await handle.learnSets((key) => tx.get(key));
      const { set } = handle;
      for (const name of dropped) refuseKeyColumn(handle, name);
      const kept = set.defined.filter(({ name }) => !dropped.includes(name));
      const twice = added.find(({ name }) => kept.some((column) => column.name === name));
      if (twice !== undefined)
        throw invalidArgument(
          'addColumns',
          `${set.table} has a column ${JSON.stringify(twice.name)} already`,
        );
      const first = handle.columnIds;
      const columns = [...kept, ...added.map((column, i) => ({ id: first + i, ...column }))];
      if (columns.length === 0)
        throw invalidArgument('dropColumns', `${set.table} must keep at least one column`);
      const text = JSON.stringify(columnsToJson(columns));
      tx.set([null, SCHEMA_MARK, set.number + 1], new TextEncoder().encode(text));
    },
    { retries: RETRIES },
  );
}

/** @throws {CairnError} `INVALID_ARGUMENT` for a column that can't be dropped. */
function refuseKeyColumn({ set }: TableHandle, name: string): void {
  const { primaryKey, bucketKey, partitionedBy } = set.definition;
  set.column(name, 'dropColumns');
  if (![...primaryKey, ...bucketKey, ...partitionedBy].includes(name)) return;
  throw invalidArgument(
    'dropColumns',
    `${set.table}: the column ${JSON.stringify(name)} belongs to a key, and stays`,
  );
}

async function emptyPartition(
  { set }: TableHandle,
  elements: readonly TupleElement[],
  tx: {
    deleteRange(range: { prefix: TupleKey }): void;
    delete(key: TupleKey): void | Promise<void>;
    entries(range: object): AsyncIterable<[TupleKey, Uint8Array]>;
  },
): Promise<void> {
  const { primaryKey, partitionedBy } = set.definition;
  const leads = primaryKey.length === 0 || partitionedBy.every((name, i) => primaryKey[i] === name);
  if (leads) {
    tx.deleteRange({ prefix: elements });
    return;
  }
  const places = partitionedBy.map((name) => primaryKey.indexOf(name));
  const wanted = elementsName(elements);
  const keys: TupleKey[] = [];
  for await (const [key] of tx.entries({ gte: [false] })) {
    if (elementsName(places.map((place) => key[place])) === wanted) keys.push(key);
  }
  for (const key of keys) {
    const waiting = tx.delete(key);
    if (waiting !== undefined) await waiting;
  }
}

function flag(name: string, given: boolean | undefined): boolean {
  if (given === undefined || typeof given === 'boolean') return given === true;
  throw invalidArgument(name, `${name} must be true or false, not ${asText(given)}`);
}

function checkTexts(comment: string | undefined, properties: { readonly [name: string]: string }): void {
  if (comment !== undefined && (typeof comment !== 'string' || !isWellFormed(comment)))
    throw invalidArgument('comment', 'comment must be text');
  const isTexts =
    typeof properties === 'object' &&
    properties !== null &&
    Object.entries(properties).every(
      ([name, value]) => typeof value === 'string' && isWellFormed(name + value),
    );
  if (!isTexts) throw invalidArgument('properties', 'properties must be an object of texts');
}
