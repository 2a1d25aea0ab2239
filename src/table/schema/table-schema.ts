import { isWellFormed } from '../../bytes/utf8.ts';
import { checkOptions } from '../../check-options.ts';
import type { JsonValue } from '../../codec/values/json-value.ts';
import { asText, invalidArgument } from '../../errors.ts';
import { type Columns, definitionOf, type Flat, type RowInput, type RowOutput } from './column-types.ts';
import { checkFieldName } from './names.ts';
import { mayBeKey, type TypeDefinition } from './type-definition.ts';
import { formatType, parseType } from './type-text.ts';

/** What a table is made with. */
export interface TableSchema {
  /** The columns, in order. */
  readonly columns: Columns;
  /** The columns of the primary key, in the order in which rows are sorted. Without them, the table is a log. */
  readonly primaryKey?: readonly string[] | undefined;
  /**
   * The columns whose hash chooses a row's bucket; default: the primary key without the partition's columns. Rows of a log
   * without them go to the buckets in turn, flush by flush.
   */
  readonly bucketKey?: readonly string[] | undefined;
  /** The number of buckets; default: 1. They spread records of a log and work over rows; they don't order anything. */
  readonly buckets?: number | undefined;
  /** The columns whose values are partitions, which can be listed and dropped; of a primary key, some of its columns. */
  readonly partitionedBy?: readonly string[] | undefined;
  readonly comment?: string | undefined;
  /** Notes to keep. `keepVersions`: versions that compactions leave readable, for `changes` (default: 16). */
  readonly properties?: { readonly [name: string]: string } | undefined;
}

/** A row as it is written: columns that may be null may be left out. */
export type InputRowOf<S extends TableSchema> = Flat<RowInput<S['columns']>>;

/** A row as it is read. */
export type RowOf<S extends TableSchema> = Flat<RowOutput<S['columns']>>;

/** The columns of a primary key, as they are looked up. */
export type KeyOf<S extends TableSchema> = S['primaryKey'] extends readonly (infer Name extends string)[]
  ? Flat<RowInput<Pick<S['columns'], Name & keyof S['columns']>>>
  : never;

/** Returns a schema, with its literal types: `db.table(name, schema)` infers rows and keys from it. */
export function defineTable<const S extends TableSchema>(schema: S): S {
  checkSchema(schema, 'schema');
  return schema;
}

/** A column of a schema's version. */
export interface ColumnDefinition {
  /** Is never given to another column of the table. */
  readonly id: number;
  readonly name: string;
  readonly type: TypeDefinition;
}

/** One version of a table's columns. */
export interface SchemaVersion {
  readonly number: number;
  readonly columns: readonly ColumnDefinition[];
}

/** What is fixed when a table is made. */
export interface TableDefinition {
  readonly primaryKey: readonly string[];
  readonly bucketKey: readonly string[];
  readonly buckets: number;
  readonly partitionedBy: readonly string[];
  readonly comment: string | undefined;
  readonly properties: { readonly [name: string]: string };
  readonly keepVersions: number;
  /** The first version of the columns. */
  readonly columns: readonly ColumnDefinition[];
}

const KNOWN = ['columns', 'primaryKey', 'bucketKey', 'buckets', 'partitionedBy', 'comment', 'properties'];

/** So many columns have their null bits, and so many buckets their numbers, in what is kept of them. */
const MAX_COLUMNS = 10_000;
const MAX_BUCKETS = 1_000_000;

/** Versions that compactions leave readable. */
const KEEP_VERSIONS = 16;

/** Checks a schema, and fills in its defaults. @throws {CairnError} `INVALID_ARGUMENT`, naming `table`. */
export function checkSchema(given: TableSchema, table: string): TableDefinition {
  if (typeof given !== 'object' || given === null)
    throw invalidArgument(
      'schema',
      `${table}: a schema is an object with columns, such as { columns: { id: int() } }`,
    );
  const schema = checkOptions(given, KNOWN);
  const refuse = (argument: string, why: string): never => {
    throw invalidArgument(argument, `${table}: ${why}`);
  };
  if (typeof schema.columns !== 'object' || schema.columns === null || Array.isArray(schema.columns))
    return refuse('columns', 'columns must be an object with a type for each column');
  const { buckets = 1, comment } = schema;
  const columns = Object.entries(schema.columns).map(([name, type], id) => {
    checkFieldName(name, 'columns');
    return { id, name, type: definitionOf(type, name) };
  });
  if (columns.length === 0) refuse('columns', 'a table has at least one column');
  if (columns.length > MAX_COLUMNS) refuse('columns', `a table has at most ${MAX_COLUMNS} columns`);
  const primaryKey = listOf(schema, 'primaryKey', refuse) ?? [];
  const partitionedBy = listOf(schema, 'partitionedBy', refuse) ?? [];
  const named = listOf(schema, 'bucketKey', refuse);
  if (schema.primaryKey !== undefined && primaryKey.length === 0)
    refuse('primaryKey', 'the primary key is empty: name its columns, or leave it out for a log');
  if (named !== undefined && named.length === 0)
    refuse('bucketKey', 'the bucket key is empty: name its columns, or leave it out');
  for (const [argument, names] of [
    ['primaryKey', primaryKey],
    ['bucketKey', named ?? []],
    ['partitionedBy', partitionedBy],
  ] as const) {
    for (const name of names) checkKeyColumn(columns, name, argument, refuse);
  }
  if (primaryKey.length > 0) {
    const outside = [...partitionedBy, ...(named ?? [])].find((name) => !primaryKey.includes(name));
    if (outside !== undefined) {
      const argument = partitionedBy.includes(outside) ? 'partitionedBy' : 'bucketKey';
      refuse(
        argument,
        `${argument} has ${quote(outside)}, which is no column of the primary key (${primaryKey.join(', ')})`,
      );
    }
    if (primaryKey.every((name) => partitionedBy.includes(name)))
      refuse(
        'primaryKey',
        'the primary key must have more columns than those that the table is partitioned by',
      );
  }
  const shared = named?.find((name) => partitionedBy.includes(name));
  if (shared !== undefined)
    refuse('bucketKey', `bucketKey has ${quote(shared)}, by which the table is partitioned`);
  if (!Number.isSafeInteger(buckets) || buckets < 1 || buckets > MAX_BUCKETS)
    refuse('buckets', `buckets must be an integer from 1 to ${MAX_BUCKETS}, not ${asText(buckets)}`);
  if (comment !== undefined && (typeof comment !== 'string' || !isWellFormed(comment)))
    refuse('comment', 'comment must be text');
  const properties = propertiesOf(schema.properties ?? {}, refuse);
  return {
    primaryKey,
    bucketKey: named ?? primaryKey.filter((name) => !partitionedBy.includes(name)),
    buckets,
    partitionedBy,
    comment,
    properties,
    keepVersions: keepVersionsOf(properties, refuse),
    // A column of the key is never null, whatever its type says.
    columns: columns.map((column) =>
      primaryKey.includes(column.name) || partitionedBy.includes(column.name)
        ? { ...column, type: { ...column.type, nullable: false } }
        : column,
    ),
  };
}

function listOf(
  schema: TableSchema,
  argument: 'primaryKey' | 'bucketKey' | 'partitionedBy',
  refuse: (argument: string, why: string) => never,
): readonly string[] | undefined {
  const names = schema[argument];
  if (names === undefined) return undefined;
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string'))
    refuse(argument, `${argument} must be an array of the names of columns`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) refuse(argument, `${argument} has the column ${quote(twice)} twice`);
  return [...names];
}

function checkKeyColumn(
  columns: readonly ColumnDefinition[],
  name: string,
  argument: string,
  refuse: (argument: string, why: string) => never,
): void {
  const column = columns.find((one) => one.name === name);
  if (column === undefined) {
    const there = columns.map((one) => one.name).join(', ');
    refuse(argument, `${argument} has the column ${quote(name)}, but the columns are ${there}`);
  } else if (!mayBeKey(column.type)) {
    refuse(argument, `the column ${quote(name)} is ${formatType(column.type)}, of which no key can be made`);
  }
}

function propertiesOf(
  given: { readonly [name: string]: string },
  refuse: (argument: string, why: string) => never,
): { readonly [name: string]: string } {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return refuse('properties', 'properties must be an object of texts');
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string' || !isWellFormed(value) || !isWellFormed(name))
      refuse('properties', `the property ${quote(name)} must be text`);
  }
  return { ...given };
}

function keepVersionsOf(
  { keepVersions }: { readonly [name: string]: string },
  refuse: (argument: string, why: string) => never,
): number {
  if (keepVersions === undefined) return KEEP_VERSIONS;
  if (/^[1-9]\d{0,8}$/.test(keepVersions)) return Number(keepVersions);
  return refuse(
    'properties',
    `the property keepVersions must be a positive integer, not ${quote(keepVersions)}`,
  );
}

function quote(name: string): string {
  return JSON.stringify(name);
}

/** What is kept of a definition, as JSON. */
export function definitionToJson(definition: TableDefinition): { readonly [name: string]: JsonValue } {
  const { primaryKey, bucketKey, buckets, partitionedBy, comment, properties, columns } = definition;
  return {
    columns: columnsToJson(columns),
    primaryKey: [...primaryKey],
    bucketKey: [...bucketKey],
    buckets,
    partitionedBy: [...partitionedBy],
    ...(comment === undefined ? {} : { comment }),
    properties: { ...properties },
  };
}

/** Reads what {@link definitionToJson} has written. @throws {CairnError} `INVALID_ARGUMENT`, `TypeError` for anything else. */
export function definitionOfJson(json: unknown): TableDefinition {
  const { columns, primaryKey, bucketKey, buckets, partitionedBy, comment, properties } = json as {
    readonly columns: readonly unknown[];
    readonly primaryKey: readonly string[];
    readonly bucketKey: readonly string[];
    readonly buckets: number;
    readonly partitionedBy: readonly string[];
    readonly comment?: string;
    readonly properties: { readonly [name: string]: string };
  };
  return {
    columns: columnsOfJson(columns),
    primaryKey: [...primaryKey],
    bucketKey: [...bucketKey],
    buckets,
    partitionedBy: [...partitionedBy],
    comment,
    properties: { ...properties },
    keepVersions: Number(properties.keepVersions ?? KEEP_VERSIONS),
  };
}

/** Columns as JSON. */
export function columnsToJson(columns: readonly ColumnDefinition[]): JsonValue[] {
  return columns.map(({ id, name, type }) => ({ id, name, type: formatType(type) }));
}

/** Reads what {@link columnsToJson} has written. @throws as {@link definitionOfJson}. */
export function columnsOfJson(json: unknown): ColumnDefinition[] {
  return (json as readonly { readonly id: number; readonly name: string; readonly type: string }[]).map(
    ({ id, name, type }) => ({ id, name, type: parseType(type, 'columns') }),
  );
}
