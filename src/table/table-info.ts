import type { ColumnSet } from './row/column-set.ts';
import { bareType } from './schema/type-text.ts';

/** A column, as information of a table has it. */
export interface ColumnInfo {
  readonly name: string;
  /** Such as `DECIMAL(10, 2)`. */
  readonly type: string;
  readonly nullable: boolean;
}

/** What is known of a table. */
export interface TableInfo {
  readonly database: string;
  readonly name: string;
  /** Where its collection lies. */
  readonly uri: string;
  /** A random word of the table's own: another table of the same name has another. */
  readonly id: string;
  readonly kind: 'primary-key' | 'log';
  readonly columns: readonly ColumnInfo[];
  /** The version of its columns, from 1 on. */
  readonly schemaVersion: number;
  readonly primaryKey: readonly string[];
  readonly bucketKey: readonly string[];
  readonly buckets: number;
  readonly partitionedBy: readonly string[];
  readonly comment?: string;
  readonly properties: { readonly [name: string]: string };
  /** The newest version of its rows; 0 if nothing has been committed. */
  readonly version: number;
  /** Bytes of the newest version's files. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** What the catalogue knows of a table. */
export interface CataloguedTable {
  readonly database: string;
  readonly name: string;
  readonly id: string;
  readonly createdAt: number;
}

/** Puts together what is known of a table. */
export function describeTable(
  { database, name, id, createdAt }: CataloguedTable,
  { number, definition, defined }: ColumnSet,
  { uri, version, bytes }: { readonly uri: string; readonly version: number; readonly bytes: number },
): TableInfo {
  const { primaryKey, bucketKey, buckets, partitionedBy, comment, properties } = definition;
  return {
    database,
    name,
    uri,
    id,
    kind: primaryKey.length > 0 ? 'primary-key' : 'log',
    columns: defined.map(({ name: column, type }) => ({
      name: column,
      type: bareType(type),
      nullable: type.nullable,
    })),
    schemaVersion: number,
    primaryKey,
    bucketKey,
    buckets,
    partitionedBy,
    ...(comment === undefined ? {} : { comment }),
    properties,
    version,
    bytes,
    createdAt,
  };
}
