import { CanonicalJson, canonicalNumberEnd } from '../codec/canonical-json.ts';
import { invalidArgument } from '../errors.ts';
import { parseExactNumber } from './json-text.ts';
import { type KeyFormat, parserOfKeyText } from './key-format.ts';
import { parserOfText, type TextEncodings } from './text-fields.ts';

/** Which columns of CSV make keys and values. */
export interface CsvColumnOptions extends TextEncodings {
  /** The names of the columns, for an input without a header row. */
  readonly columns?: readonly string[] | undefined;
  /** The columns of the key: one is the key itself, several make a tuple. Default: the column `key`. */
  readonly key?: readonly string[] | undefined;
  /**
   * The columns of the value: one is the value itself, several make an object. Default: all others than the
   * key's.
   */
  readonly value?: readonly string[] | undefined;
  /** Keeps the key's columns in a value that is made of all others. Default: false. */
  readonly keepKey?: boolean | undefined;
  /** The columns to be read as numbers. */
  readonly numbers?: readonly string[] | undefined;
  /**
   * Reads empty cells of values that may be null (`json`, `msgpack`, `typed`) as null, in columns of numbers
   * too. Default: false, for which they are empty texts.
   */
  readonly emptyAsNull?: boolean | undefined;
  /** How binary keys are written. Default: as plain bytes. */
  readonly keyFormat?: KeyFormat | undefined;
  /**
   * Allows values of several columns in the encoding `json` to be returned as {@link CanonicalJson}, which a
   * store's writer accepts in place of the value. Twice as fast.
   */
  readonly canonicalJson?: boolean | undefined;
}

/** Makes key and value of the cells of a row. `plain`: no cell needs escapes in JSON. */
export interface CsvRowReader {
  readonly columns: number;
  /** @throws {CsvCellError} {@link Error} for cells that the encoding refuses. */
  key(cells: readonly string[]): unknown;
  /** @throws {CsvCellError} {@link Error} for cells that the encoding refuses. */
  value(cells: readonly string[], plain: boolean): unknown;
}

/** A cell in a column of numbers that is not a number. */
export class CsvCellError extends Error {}

/**
 * Finds the columns in a header.
 *
 * @param order the columns in the order in which a value that is made of all others has them.
 * @throws {CairnError} `INVALID_ARGUMENT` for a column that is missing or occurs twice; the message lists all
 * columns.
 */
export function csvRowReader(
  header: readonly string[],
  options: CsvColumnOptions,
  order: readonly string[] = header,
): CsvRowReader {
  const { keyEncoding, valueEncoding, keyFormat, temporal, emptyAsNull = false } = options;
  const indexOf = columnFinder(header);
  const keyNames = options.key ?? ['key'];
  const keys = keyNames.map((name) => indexOf(name, 'key', options.key === undefined));
  const values = valueColumns(order, options).map((name) => indexOf(name, 'value', false));
  const isNumber = new Uint8Array(header.length);
  for (const name of options.numbers ?? []) isNumber[indexOf(name, 'numbers', false)] = 1;
  const cellOf = (cells: readonly string[], column: number): string | number =>
    isNumber[column] === 1 ? numberOf(cells[column], header[column]) : cells[column];
  const memberOf = (cells: readonly string[], column: number): string | number | null =>
    emptyAsNull && cells[column] === '' ? null : cellOf(cells, column);

  return {
    columns: header.length,
    key: keyReader(),
    value: valueReader(),
  };

  function keyReader(): CsvRowReader['key'] {
    const [first] = keys;
    if (keys.length > 1 || (isNumber[first] === 1 && keyEncoding === 'tuple')) {
      if (keyEncoding === 'tuple') return (cells) => keys.map((column) => cellOf(cells, column));
      throw invalidArgument('key', `several columns make a tuple: a key of ${keyEncoding} has one column`);
    }
    if (isNumber[first] === 1 && keyEncoding !== 'number') {
      throw invalidArgument(
        'numbers',
        `the key column ${show(header[first])} can hold numbers in a store with keys of the encoding number or tuple`,
      );
    }
    const parse = parserOfKeyText(keyEncoding, keyFormat, temporal);
    return keyEncoding === 'utf8' ? (cells) => cells[first] : withBytes(keyEncoding, keyFormat, parse, first);
  }

  function valueReader(): CsvRowReader['value'] {
    const [first] = values;
    const structured = valueEncoding === 'json' || valueEncoding === 'msgpack' || valueEncoding === 'typed';
    if (values.length > 1 || isNumber[first] === 1) {
      if (!structured) {
        const what = values.length > 1 ? 'several value columns' : `numbers as in ${show(header[first])}`;
        throw invalidArgument(
          'value',
          `${what} need the value encoding json, msgpack or typed, not ${valueEncoding}`,
        );
      }
      return values.length > 1 ? objectReader() : (cells) => memberOf(cells, first);
    }
    const parse = parserOfText(valueEncoding, temporal);
    if (structured && emptyAsNull) return (cells) => (cells[first] === '' ? null : parse(cells[first]));
    return valueEncoding === 'utf8'
      ? (cells) => cells[first]
      : withBytes(valueEncoding, undefined, parse, first);
  }

  function objectReader(): CsvRowReader['value'] {
    if (options.canonicalJson === true && valueEncoding === 'json' && mayBeCanonical()) return jsonReader();
    if (values.some((column) => header[column] === '__proto__')) {
      return (cells) => Object.fromEntries(values.map((column) => [header[column], memberOf(cells, column)]));
    }
    return (cells) => {
      const object: Record<string, string | number | null> = {};
      for (const column of values) object[header[column]] = memberOf(cells, column);
      return object;
    };
  }

  function mayBeCanonical(): boolean {
    return !values.some((column) => INTEGER.test(header[column]));
  }

  /** Makes the text of the object member by member, instead of an object that would then be serialized. */
  function jsonReader(): CsvRowReader['value'] {
    const before = values.map((column, i) => `${i === 0 ? '{' : ','}${JSON.stringify(header[column])}:`);
    return (cells, plain) => {
      let text = '';
      for (let i = 0; i < values.length; i++) {
        const column = values[i];
        const cell = cells[column];
        if (emptyAsNull && cell === '') text += `${before[i]}null`;
        else if (isNumber[column] === 1) text += before[i] + canonicalNumber(cell, header[column]);
        else text += plain ? `${before[i]}"${cell}"` : before[i] + JSON.stringify(cell);
      }
      return new CanonicalJson(`${text}}`);
    };
  }
}

function canonicalNumber(cell: string, column: string): string {
  if (canonicalNumberEnd(cell, 0) === cell.length) return cell;
  const number = numberOf(cell, column);
  if (!Object.is(number, -0)) return String(number);
  throw new CsvCellError(`-0 in the column ${show(column)} would become 0 in JSON`);
}

const utf8Encoder = new TextEncoder();

/** JavaScript objects order members with integer names first. */
const INTEGER = /^\d/;

function withBytes(
  encoding: string,
  format: KeyFormat | undefined,
  parse: (text: string) => unknown,
  column: number,
): (cells: readonly string[]) => unknown {
  if (encoding === 'binary' && format === undefined) return (cells) => utf8Encoder.encode(cells[column]);
  return (cells) => parse(cells[column]);
}

/**
 * The names of the columns that make the value.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` if there are none.
 */
export function valueColumns(
  header: readonly string[],
  { key = ['key'], value, keepKey = false }: Pick<CsvColumnOptions, 'key' | 'value' | 'keepKey'>,
): readonly string[] {
  if (keepKey && value !== undefined) {
    throw invalidArgument(
      'keepKey',
      'keepKey leaves the key in the rest of the row: name the key among the columns of the value',
    );
  }
  const keys = new Set(key);
  const names = value ?? (keepKey ? header : header.filter((name) => !keys.has(name)));
  if (names.length > 0) return names;
  throw invalidArgument('value', 'no column is left for the value: name one that is also in the key');
}

/** Creates a function that returns the index of a column, by its name. */
function columnFinder(
  header: readonly string[],
): (name: string, argument: string, byDefault: boolean) => number {
  const indexes = new Map<string, number>();
  for (const [i, name] of header.entries()) indexes.set(name, indexes.has(name) ? TWICE : i);
  return (name, argument, byDefault) => {
    const index = indexes.get(name);
    if (index !== undefined && index !== TWICE) return index;
    const what =
      index === undefined ? `there is no column ${show(name)}` : `the column ${show(name)} is there twice`;
    const advice = byDefault ? '. Name the column of the key' : '';
    const other = header.length === 1 ? /[;\t|]/.exec(header[0])?.[0] : undefined;
    const guess = other === undefined ? '' : `; is the delimiter ${JSON.stringify(other)}?`;
    throw invalidArgument(argument, `${what}; the columns are ${showColumns(header)}${advice}${guess}`);
  };
}

const TWICE = -1;

/** A message names no more columns than these. */
const MAX_SHOWN_COLUMNS = 20;

/** Names of columns for a message. */
export function showColumns(names: readonly string[]): string {
  const shown = names.slice(0, MAX_SHOWN_COLUMNS).map(show).join(', ');
  const more = names.length - MAX_SHOWN_COLUMNS;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function show(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name);
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function numberOf(cell: string, column: string): number {
  const number = Number(cell);
  // Written as JavaScript writes it: the common case, and the cheapest check.
  if (String(number) === cell && number - number === 0) return number;
  if (!JSON_NUMBER.test(cell)) {
    throw new CsvCellError(`${show(cell)} in the column ${show(column)} is not a number`);
  }
  try {
    return parseExactNumber(cell);
  } catch (error) {
    throw new CsvCellError(`in the column ${show(column)}, ${(error as Error).message}`);
  }
}
