import { CairnError, invalidArgument } from '../../errors.ts';
import { Refusal } from '../schema/refusal.ts';
import type { ColumnDefinition, SchemaVersion, TableDefinition } from '../schema/table-schema.ts';
import type { KeyKind, Kind } from './kind.ts';
import { kindOf } from './kinds.ts';
import type { ColumnTemporal } from './temporal-kinds.ts';

/** A column of one version of a schema. */
export interface TableColumn {
  readonly id: number;
  readonly name: string;
  readonly kind: Kind;
  readonly nullable: boolean;
  /** Its place in the primary key; −1 for none. */
  readonly keyAt: number;
}

/** The columns of one version of a table's schema, ready to read and write rows. */
export class ColumnSet {
  /** The number of the version. */
  readonly number: number;
  /** `database.table`, for messages. */
  readonly table: string;
  readonly definition: TableDefinition;
  readonly columns: readonly TableColumn[];
  /** The same as they are defined. */
  readonly defined: readonly ColumnDefinition[];
  readonly names: readonly string[];
  /** Those that rows keep: all but those of the key. */
  readonly kept: readonly TableColumn[];
  /** Those of the primary key, in its order; none for a log. */
  readonly key: readonly TableColumn[];
  readonly #byName: ReadonlyMap<string, TableColumn>;

  constructor(
    table: string,
    definition: TableDefinition,
    { number, columns }: SchemaVersion,
    temporal: ColumnTemporal | undefined,
  ) {
    this.table = table;
    this.definition = definition;
    this.number = number;
    this.defined = columns;
    this.columns = columns.map(({ id, name, type }) => ({
      id,
      name,
      kind: kindOf(type, temporal),
      nullable: type.nullable,
      keyAt: definition.primaryKey.indexOf(name),
    }));
    this.names = this.columns.map(({ name }) => name);
    this.kept = this.columns.filter(({ keyAt }) => keyAt < 0);
    this.#byName = new Map(this.columns.map((column) => [column.name, column]));
    this.key = definition.primaryKey.map((name) => this.column(name, 'primaryKey'));
  }

  find(name: string): TableColumn | undefined {
    return this.#byName.get(name);
  }

  /** @throws {CairnError} `INVALID_ARGUMENT` for a name that no column has. */
  column(name: string, argument: string): TableColumn {
    const column = this.#byName.get(name);
    if (column !== undefined) return column;
    throw invalidArgument(
      argument,
      `${this.table} has no column ${JSON.stringify(name)}; its columns are ${this.names.join(', ')}`,
    );
  }

  /** The kind of a column of a key. */
  keyKind(name: string): KeyKind {
    return this.column(name, 'key').kind as KeyKind;
  }

  /** Names of columns to read, checked; undefined for all. @throws {CairnError} `INVALID_ARGUMENT`. */
  checkColumns(names: readonly string[] | undefined): readonly string[] | undefined {
    if (names === undefined) return undefined;
    if (!Array.isArray(names) || names.length === 0)
      throw invalidArgument(
        'columns',
        `${this.table}: columns must be an array of at least one column's name`,
      );
    for (const name of names) this.column(name, 'columns');
    return [...new Set(names)];
  }

  /** The error for a value that doesn't fit its column; anything else is returned unchanged. */
  refused(column: string, error: unknown): unknown {
    if (!(error instanceof Refusal)) return error;
    return new CairnError(
      'INVALID_ARGUMENT',
      `${this.table}: column ${JSON.stringify(column)}${error.path} ${error.message}`,
      { argument: column, cause: error },
    );
  }
}
