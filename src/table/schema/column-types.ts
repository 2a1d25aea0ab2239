import type { Temporal } from 'temporal-spec';
import { invalidArgument } from '../../errors.ts';
import { ColumnType, type InputOf, type OutputOf } from './column-type.ts';
import { checkFieldName } from './names.ts';
import { mayBeKey, type PlainTypeName, type TypeDefinition } from './type-definition.ts';
import { checkTypeNumbers } from './type-text.ts';

/** True or false. */
export function boolean(): ColumnType<boolean, boolean, false> {
  return plain('BOOLEAN');
}

/** An integer from −128 to 127. */
export function tinyint(): ColumnType<number, number, false> {
  return plain('TINYINT');
}

/** An integer from −32,768 to 32,767. */
export function smallint(): ColumnType<number, number, false> {
  return plain('SMALLINT');
}

/** An integer from −2³¹ to 2³¹ − 1. */
export function int(): ColumnType<number, number, false> {
  return plain('INT');
}

/** An integer from −2⁶³ to 2⁶³ − 1, as a bigint. */
export function bigint(): ColumnType<bigint, bigint, false> {
  return plain('BIGINT');
}

/** A number with 24 bits of precision: what `Math.fround` returns for it is read back. */
export function float(): ColumnType<number, number, false> {
  return plain('FLOAT');
}

/** Any number. */
export function double(): ColumnType<number, number, false> {
  return plain('DOUBLE');
}

/** Text of any length. */
export function string(): ColumnType<string, string, false> {
  return plain('STRING');
}

/** Text of at most so many characters (code points); default: 1. Shorter text is not padded. */
export function char(length?: number): ColumnType<string, string, false> {
  const [checked] = checkTypeNumbers('CHAR', [length], 'length');
  return new ColumnType({ type: 'CHAR', length: checked, nullable: false });
}

/** Bytes of any length. */
export function bytes(): ColumnType<Uint8Array, Uint8Array, false> {
  return plain('BYTES');
}

/** Exactly so many bytes; default: 1. */
export function binary(length?: number): ColumnType<Uint8Array, Uint8Array, false> {
  const [checked] = checkTypeNumbers('BINARY', [length], 'length');
  return new ColumnType({ type: 'BINARY', length: checked, nullable: false });
}

/**
 * An exact decimal number, as text such as `-12.50`; it is read with all digits of its scale. `precision`: digits in all, up
 * to 38 (default: 10); `scale`: those after the point (default: 0). Integers may also be bigints or numbers.
 */
export function decimal(
  precision?: number,
  scale?: number,
): ColumnType<string | bigint | number, string, false> {
  const [digits, after] = checkTypeNumbers('DECIMAL', [precision, scale], 'precision');
  return new ColumnType({ type: 'DECIMAL', precision: digits, scale: after, nullable: false });
}

/** A day, as a `Temporal.PlainDate` (ISO calendar) or its text; read as the former. */
export function date(): ColumnType<Temporal.PlainDate | string, Temporal.PlainDate, false> {
  return plain('DATE');
}

/** A time of day, as a `Temporal.PlainTime` or its text. `precision`: digits of the second's fraction, 0 (default) to 9. */
export function time(precision?: number): ColumnType<Temporal.PlainTime | string, Temporal.PlainTime, false> {
  const [digits] = checkTypeNumbers('TIME', [precision], 'precision');
  return new ColumnType({ type: 'TIME', precision: digits, nullable: false });
}

/** What moments may be written as: a bigint is nanoseconds since 1970, a number milliseconds. */
export type MomentInput = Temporal.Instant | Date | number | bigint | string;

/**
 * A date and time without a time zone, read as a `Temporal.PlainDateTime`. Also written as ISO text without an offset, or as
 * a moment, of which the date and time in UTC is taken. `precision`: digits of the second's fraction, 0 to 9 (default: 6).
 */
export function timestamp(
  precision?: number,
): ColumnType<Temporal.PlainDateTime | MomentInput, Temporal.PlainDateTime, false> {
  const [digits] = checkTypeNumbers('TIMESTAMP', [precision], 'precision');
  return new ColumnType({ type: 'TIMESTAMP', precision: digits, nullable: false });
}

/**
 * A moment, read as a `Temporal.Instant`. Also written as a `Date`, milliseconds or (bigint) nanoseconds since 1970, or ISO
 * text with an offset. `precision`: digits of the second's fraction, 0 to 9 (default: 6).
 */
export function timestampLtz(precision?: number): ColumnType<MomentInput, Temporal.Instant, false> {
  const [digits] = checkTypeNumbers('TIMESTAMP_LTZ', [precision], 'precision');
  return new ColumnType({ type: 'TIMESTAMP_LTZ', precision: digits, nullable: false });
}

/** An array of values of one type. */
export function array<T extends ColumnType>(
  element: T,
): ColumnType<readonly InputOf<T>[], OutputOf<T>[], false> {
  return new ColumnType({ type: 'ARRAY', element: definitionOf(element, 'element'), nullable: false });
}

/** A Map. Its keys are of a type that can be a key, and not null. */
export function map<K extends ColumnType, V extends ColumnType>(
  key: K,
  value: V,
): ColumnType<ReadonlyMap<InputOf<K>, InputOf<V>>, Map<OutputOf<K>, OutputOf<V>>, false> {
  const keyType = definitionOf(key, 'key');
  const valueType = definitionOf(value, 'value');
  if (!mayBeKey(keyType) || keyType.nullable) {
    throw invalidArgument(
      'key',
      `the keys of a MAP can't be ${String(key)}: use a type that keys can have, without null`,
    );
  }
  return new ColumnType({ type: 'MAP', key: keyType, value: valueType, nullable: false });
}

/** The members of a ROW when it is written: those that may be null may be left out. */
export type RowInput<Fields extends Columns> = {
  -readonly [Name in keyof Fields as true extends Fields[Name]['isNullable'] ? never : Name]: InputOf<
    Fields[Name]
  >;
} & {
  -readonly [Name in keyof Fields as true extends Fields[Name]['isNullable'] ? Name : never]?:
    | InputOf<Fields[Name]>
    | undefined;
};

/** The members of a ROW when it is read. */
export type RowOutput<Fields extends Columns> = {
  -readonly [Name in keyof Fields]: OutputOf<Fields[Name]>;
};

/** Columns, or fields of a ROW, by name. */
export interface Columns {
  readonly [name: string]: ColumnType;
}

/** An object with named members. */
export function row<const Fields extends Columns>(
  fields: Fields,
): ColumnType<Flat<RowInput<Fields>>, Flat<RowOutput<Fields>>, false> {
  if (typeof fields !== 'object' || fields === null || Object.keys(fields).length === 0)
    throw invalidArgument('fields', 'row() takes an object with a type for each member: row({ x: int() })');
  const list = Object.entries(fields).map(([name, type]) => {
    checkFieldName(name, 'fields');
    return { name, type: definitionOf(type, `fields.${name}`) };
  });
  return new ColumnType({ type: 'ROW', fields: list, nullable: false });
}

/** An intersection as one object type, which compilers show whole. */
export type Flat<T> = { [Name in keyof T]: T[Name] } & {};

/** @throws {CairnError} `INVALID_ARGUMENT` for what is no column type. */
export function definitionOf(type: unknown, argument: string): TypeDefinition {
  const definition = (type as Partial<ColumnType> | null | undefined)?.definition;
  if (definition !== undefined && typeof type === 'object') return definition;
  const called = typeof type === 'function' ? `; call it: ${type.name}()` : '';
  throw invalidArgument(
    argument,
    `${argument} must be a column type, such as int() or string().nullable()${called}`,
  );
}

function plain<Input, Output>(type: PlainTypeName): ColumnType<Input, Output, false> {
  return new ColumnType<Input, Output, false>({ type, nullable: false });
}
