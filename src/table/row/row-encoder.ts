import { viewOf } from '../../bytes/view-of.ts';
import type { TupleElement } from '../../codec/keys/tuple.ts';
import { type CairnError, invalidArgument } from '../../errors.ts';
import { Refusal } from '../schema/refusal.ts';
import type { ColumnSet, TableColumn } from './column-set.ts';
import { elementOf, keyOfRow, type NamedValues, namedValues, ownValue } from './key-layout.ts';
import { isSet } from './nested-kinds.ts';
import { RowReader } from './row-reader.ts';
import { RowWriter } from './row-writer.ts';

/** A row as it is stored: the key, and the bytes of the other columns. */
export interface EncodedRow {
  readonly key: TupleElement[];
  readonly value: Uint8Array;
}

/** What a partial update changes: the bytes of the columns that it names, null for null. By the columns' ids. */
export type Patch = ReadonlyMap<number, Uint8Array | null>;

/**
 * Writes rows by the newest version of the columns. Of a row are kept, one after the other:
 *
 * ```text
 * V …        number of the schema's version, LEB128
 * B × ⌈n/8⌉  a bit for each of the n columns that may be null, the lowest first: 1 for null
 * C …        the other columns in their order, without those of the key and those that are null
 * ```
 *
 * | type | bytes of a column |
 * |---|---|
 * | BOOLEAN | 0 or 1 |
 * | TINYINT, SMALLINT, INT, BIGINT, DATE, DECIMAL | LEB128 of 2n, or −2n − 1 below zero; days since 1970; digits without the point |
 * | FLOAT, DOUBLE | IEEE 754, little-endian |
 * | STRING, CHAR, BYTES | LEB128 of the length in bytes, and these |
 * | BINARY(n) | n bytes |
 * | TIME(p) | LEB128 of the units of its precision since midnight |
 * | TIMESTAMP(p), TIMESTAMP_LTZ(p) | milliseconds since 1970, as an integer; for p > 3 LEB128 of the nanoseconds of the millisecond |
 * | ARRAY | LEB128 of the count, null bits as above, the elements |
 * | MAP | LEB128 of the count, the keys as an ARRAY has its elements, the values alike |
 * | ROW | null bits as above, the members |
 */
export class RowEncoder {
  readonly set: ColumnSet;
  #writer: RowWriter | undefined = new RowWriter();
  readonly #bitBytes: number;

  constructor(set: ColumnSet) {
    this.set = set;
    this.#bitBytes = bitBytesOf(set.kept);
  }

  /** Encodes a whole row; columns that it lacks are null. @throws {CairnError} `INVALID_ARGUMENT`. */
  encode(row: unknown): EncodedRow {
    const values = namedValues(this.set, row, 'row');
    this.#checkNames(values);
    // A getter of the caller's may encode another row meanwhile.
    const writer = this.#writer ?? new RowWriter();
    this.#writer = undefined;
    try {
      const key = keyOfRow(this.set, values);
      writer.clear();
      writer.varint(this.set.number);
      const bits = writer.zeros(this.#bitBytes);
      let bit = 0;
      for (const column of this.set.kept) {
        const { name, kind, nullable } = column;
        const value = ownValue(values, name);
        if (value === null || value === undefined) {
          if (!nullable) throw this.#missing(values, column);
          writer.setBit(bits, bit++);
          continue;
        }
        if (nullable) bit++;
        try {
          kind.write(kind.take(value), writer);
        } catch (error) {
          throw this.set.refused(name, error);
        }
      }
      return { key, value: writer.copy() };
    } finally {
      this.#writer = writer;
    }
  }

  /**
   * Encodes some columns of a row: those of the key, and those that are to change.
   *
   * @throws {CairnError} `INVALID_ARGUMENT`, also if a column that the row lacks may not be null: there may be no row yet.
   */
  encodePatch(
    row: unknown,
    columns: readonly string[],
  ): { readonly key: TupleElement[]; readonly patch: Patch } {
    const { set } = this;
    const values = namedValues(set, row, 'row');
    const named = new Set(columns);
    for (const name of named) set.column(name, 'columns');
    const missing = set.key.filter(({ name }) => !named.has(name)).map(({ name }) => name);
    if (missing.length > 0) {
      throw invalidArgument(
        'columns',
        `${set.table}: The target write columns [${columns.join(', ')}] must contain the primary key columns ` +
          `[${set.definition.primaryKey.join(', ')}]`,
      );
    }
    const required = set.kept.find(({ name, nullable }) => !nullable && !named.has(name));
    if (required !== undefined) {
      throw invalidArgument(
        'columns',
        `${set.table}: a partial update must name the column ${JSON.stringify(required.name)}, which is not nullable: ` +
          'the row may not be there yet',
      );
    }
    const other = Object.keys(values).find((name) => !named.has(name) && values[name] !== undefined);
    if (other !== undefined) {
      set.column(other, 'row');
      throw invalidArgument(
        'row',
        `${set.table}: the row has ${JSON.stringify(other)}, which columns doesn't name`,
      );
    }
    const key = set.key.map((column) => elementOf(set, column, ownValue(values, column.name), 'row'));
    const patch = new Map<number, Uint8Array | null>();
    const writer = new RowWriter();
    for (const column of set.kept) {
      if (!named.has(column.name)) continue;
      const value = ownValue(values, column.name);
      if (value === null || value === undefined) {
        if (!column.nullable) throw this.#missing(values, column);
        patch.set(column.id, null);
        continue;
      }
      writer.clear();
      try {
        column.kind.write(column.kind.take(value), writer);
      } catch (error) {
        throw set.refused(column.name, error);
      }
      patch.set(column.id, writer.copy());
    }
    return { key, patch };
  }

  /** Returns a row with some columns changed: `row` is what is stored of it, by any version of the columns. */
  patched(row: Uint8Array | undefined, patch: Patch, setOf: (version: number) => ColumnSet): Uint8Array {
    const writer = new RowWriter();
    writer.varint(this.set.number);
    const bits = writer.zeros(this.#bitBytes);
    const before = row === undefined ? new Map<number, Uint8Array>() : partsOf(row, setOf);
    let bit = 0;
    for (const { id, nullable } of this.set.kept) {
      const part = patch.has(id) ? patch.get(id) : before.get(id);
      if (part === undefined || part === null) writer.setBit(bits, bit);
      else writer.raw(part);
      if (nullable) bit++;
    }
    return writer.copy();
  }

  /** @throws {CairnError} `INVALID_ARGUMENT` for a member that is no column. */
  #checkNames(values: NamedValues): void {
    const { names } = this.set;
    const given = Object.keys(values);
    for (let i = 0; i < given.length; i++) {
      if (given[i] !== names[i]) this.set.column(given[i], 'row');
    }
  }

  #missing(values: NamedValues, { name }: TableColumn): CairnError {
    const there = this.set.names.filter((one) => ownValue(values, one) !== undefined).length;
    const given = ownValue(values, name);
    return this.set.refused(
      name,
      new Refusal(
        given === null
          ? 'is null, and not nullable'
          : `is missing, and not nullable. Expected: ${this.set.names.length}, Actual: ${there}`,
      ),
    ) as CairnError;
  }
}

/** The bytes of each column of a stored row that is not null, as views, by the columns' ids. */
function partsOf(row: Uint8Array, setOf: (version: number) => ColumnSet): Map<number, Uint8Array> {
  const reader = new RowReader();
  reader.open(row, viewOf(row), 0, row.length);
  const { kept } = setOf(reader.varint());
  const bits = reader.at;
  reader.skip(bitBytesOf(kept));
  const parts = new Map<number, Uint8Array>();
  let bit = 0;
  for (const { id, kind, nullable } of kept) {
    if (nullable && isSet(row, bits, bit++)) continue;
    const start = reader.at;
    kind.skip(reader);
    parts.set(id, row.subarray(start, reader.at));
  }
  return parts;
}

/** Bytes of the null bits of a row. */
export function bitBytesOf(columns: readonly TableColumn[]): number {
  return (columns.reduce((sum, { nullable }) => sum + (nullable ? 1 : 0), 0) + 7) >>> 3;
}
