import type { TupleElement } from '../../codec/keys/tuple.ts';
import { describe } from '../../codec/type-names.ts';
import { asText, type CairnError, invalidArgument } from '../../errors.ts';
import { Refusal } from '../schema/refusal.ts';
import { bucketOfBytes } from './bucket-hash.ts';
import type { ColumnSet, TableColumn } from './column-set.ts';
import type { KeyKind } from './kind.ts';
import { RowWriter } from './row-writer.ts';
import { BytesKind, TextKind } from './scalar-kinds.ts';

/** An object by the names of columns. */
export interface NamedValues {
  readonly [column: string]: unknown;
}

const scratch: RowWriter = new RowWriter();

/** Returns the elements of a whole key. @throws {CairnError} `INVALID_ARGUMENT`. */
export function keyElements(set: ColumnSet, key: unknown, argument = 'key'): TupleElement[] {
  const values = namedValues(set, key, argument);
  const other = Object.keys(values).find((name) => (set.find(name)?.keyAt ?? -1) < 0);
  if (other !== undefined) {
    throw invalidArgument(
      argument,
      `${set.table}: ${argument} has ${JSON.stringify(other)}, which is no column of the primary key ` +
        `(${set.definition.primaryKey.join(', ')})`,
    );
  }
  return set.key.map((column) => elementOf(set, column, ownValue(values, column.name), argument));
}

/** Returns the elements of the key that a row has. @throws {CairnError} `INVALID_ARGUMENT`. */
export function keyOfRow(set: ColumnSet, row: NamedValues): TupleElement[] {
  return set.key.map((column) => elementOf(set, column, ownValue(row, column.name), 'row'));
}

/** Returns the element for a column of the key. @throws {CairnError} `INVALID_ARGUMENT`. */
export function elementOf(
  set: ColumnSet,
  column: TableColumn,
  value: unknown,
  argument: string,
): TupleElement {
  if (value === undefined) {
    throw invalidArgument(
      argument,
      `${set.table}: ${argument} lacks ${JSON.stringify(column.name)}, a column of the primary key ` +
        `(${set.definition.primaryKey.join(', ')})`,
    );
  }
  try {
    if (value === null)
      throw new Refusal(`is null: Cannot encode key with null value at position: ${column.keyAt}`);
    const kind = column.kind as KeyKind;
    return kind.toElement(kind.take(value));
  } catch (error) {
    throw set.refused(column.name, error);
  }
}

/** An object's own member, or undefined. */
export function ownValue(values: NamedValues, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** @throws {CairnError} `INVALID_ARGUMENT` for what is no object. */
export function namedValues(set: ColumnSet, given: unknown, argument: string): NamedValues {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as NamedValues;
  throw invalidArgument(
    argument,
    `${set.table}: ${argument} must be an object by the names of columns, not ${describe(given)}`,
  );
}

/** Returns the bucket of a row, by its values; undefined for a log whose rows go to the buckets in turn. */
export function bucketOfRow(set: ColumnSet, row: NamedValues): number | undefined {
  const { bucketKey, buckets } = set.definition;
  if (bucketKey.length === 0) return undefined;
  if (buckets === 1) return 0;
  scratch.clear();
  const values = bucketKey.map((name, position) => {
    const kind = set.keyKind(name);
    const value = ownValue(row, name);
    try {
      if (value === undefined || value === null)
        throw new Refusal(`is ${String(value)}: Cannot encode key with null value at position: ${position}`);
      return { kind, kept: kind.take(value) };
    } catch (error) {
      throw set.refused(name, error);
    }
  });
  for (const { kind, kept } of values) {
    // Of a single column of text or bytes, the hash is that of its bytes alone.
    const isAlone = values.length === 1 && (kind instanceof TextKind || kind instanceof BytesKind);
    if (!isAlone) kind.writeBucketKey(kept, scratch);
    else if (kind instanceof BytesKind) scratch.raw(kept as Uint8Array);
    else scratch.raw(new TextEncoder().encode(kept as string));
  }
  return bucketOfBytes(scratch.written(), buckets);
}

/** The error for a bucket that a table doesn't have. */
export function wrongBucket(set: ColumnSet, bucket: unknown): CairnError {
  return invalidArgument(
    'bucket',
    `${set.table}: bucket must be an integer from 0 to ${set.definition.buckets - 1}, not ${asText(bucket)}`,
  );
}
