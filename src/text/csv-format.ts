import { type Flushable, flushable, none } from 'stream-chain/core';
import { decodeUtf8, isWellFormed } from '../bytes/utf8.ts';
import { invalidArgument } from '../errors.ts';
import type { CsvColumnOptions } from './csv-columns.ts';
import { type CsvRowOptions, checkCsvCharacters } from './csv-rows.ts';
import { hexAdvice, showKey, textOfKey } from './key-format.ts';
import { textOf } from './text-fields.ts';

/** How entries are written as rows of CSV. */
export interface CsvFormatOptions
  extends Pick<
      CsvColumnOptions,
      'keyEncoding' | 'valueEncoding' | 'key' | 'value' | 'keyFormat' | 'emptyAsNull'
    >,
    Pick<CsvRowOptions, 'delimiter' | 'quote'> {
  /** The members of values that become columns, in this order; all others are left out. Default: all. */
  readonly members?: readonly string[] | undefined;
}

/** Makes the cells of a key or value. Throws {@link UnfitEntry} for a value that no cell can hold. */
interface CellWriter {
  readonly names: readonly string[];
  cells(field: unknown): readonly string[];
}

/** An entry that the columns cannot hold: the message is a clause. */
class UnfitEntry extends Error {}

/**
 * Creates a stage of a stream-chain pipeline that turns arrays of entries into CSV: a header row, and a row
 * for each entry.
 *
 * Keys are in the column `key`; tuples of texts and numbers in `key1`, `key2`, …; values that are objects of
 * two or more texts and numbers have a column for each member, all others are in the column `value`, written
 * as their encoding requires (JSON for `json` and `msgpack`). The first entry decides; `key` and `value` name
 * the columns. `parseCsv` reads the same entries if its options name the key's columns and those with
 * numbers, unless `members` leaves some out.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for an invalid delimiter or quote, or an entry that the columns cannot
 * hold exactly.
 *
 * @example
 * ```ts
 * import { formatCsv } from 'cairnkv/text';
 *
 * const format = formatCsv({ keyEncoding: 'utf8', valueEncoding: 'json' });
 * console.log(format([['1', { name: 'nut, big', price: 0.5 }]])); // key,name,price NEWLINE 1,"nut, big",0.5 NEWLINE
 * ```
 */
export function formatCsv(
  options: CsvFormatOptions,
): Flushable<readonly (readonly [unknown, unknown])[], string | typeof none> {
  const quote = cellQuoter(options);
  const { delimiter = ',', key: keyNames = ['key'], value: valueNames = ['value'] } = options;
  let keys: CellWriter | undefined;
  let values: CellWriter | undefined;
  const rowOf = (cells: readonly string[]): string => `${cells.map(quote).join(delimiter)}\n`;
  return flushable(
    (entries) => {
      let text = '';
      for (const [key, value] of entries) {
        try {
          if (keys === undefined || values === undefined) {
            keys = keyWriter(key, options);
            values = valueWriter(value, options, keys.names);
            const names = [...keys.names, ...values.names];
            const twice = repeated(names);
            if (twice !== undefined) {
              throw new UnfitEntry(
                `has two columns ${JSON.stringify(twice)}, one of the key and one of the value`,
              );
            }
            text += rowOf(names);
          }
          text += rowOf([...keys.cells(key), ...values.cells(value)]);
        } catch (error) {
          if (!(error instanceof UnfitEntry)) throw error;
          throw invalidArgument(
            'key',
            `the entry with the key ${showKey(key, options)} can't be a row of CSV: it ${error.message}; choose the format jsonl${hexAdvice(options)}`,
          );
        }
      }
      return text;
    },
    () => (keys === undefined ? rowOf([keyNames[0], valueNames[0]]) : none),
  );
}

/**
 * Creates a function that writes a cell of a row, in quotes if it needs them. It throws {@link UnfitEntry} if
 * quotes are text and the cell needs them.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for an invalid delimiter or quote.
 */
function cellQuoter({ delimiter = ',', quote = '"' }: CsvFormatOptions): (cell: string) => string {
  checkCsvCharacters(delimiter, quote ?? '');
  if (quote === null) {
    return (cell) => {
      if (!cell.includes(delimiter) && !NEEDS_QUOTES.test(cell)) return cell;
      throw new UnfitEntry('has a delimiter, a line end or a byte-order mark in a cell without quotes');
    };
  }
  const doubled = quote + quote;
  return (cell) => {
    const plain = !cell.includes(delimiter) && !cell.includes(quote) && !NEEDS_QUOTES.test(cell);
    return plain ? cell : `${quote}${cell.replaceAll(quote, doubled)}${quote}`;
  };
}

const NEEDS_QUOTES = /[\r\n\ufeff]/;

/** The first name that occurs twice, if any. */
function repeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

function keyWriter(first: unknown, { keyEncoding, key, keyFormat }: CsvFormatOptions): CellWriter {
  if (keyEncoding === 'tuple' && key?.length !== 1) {
    const tuple = first as readonly unknown[];
    const names = key ?? tuple.map((_, i) => `key${i + 1}`);
    if (key !== undefined || (tuple.length > 1 && tuple.every(isFlat))) {
      const columns = new FlatColumns(names, false);
      return {
        names,
        cells(field) {
          const elements = field as readonly unknown[];
          if (elements.length === names.length) return columns.cells(elements);
          throw new UnfitEntry(`has a key of ${elements.length} elements and not ${names.length}`);
        },
      };
    }
  }
  if (key !== undefined && key.length > 1) throw new UnfitEntry('has a key of one column');
  const text =
    keyEncoding === 'binary' && keyFormat === undefined ? textOfBytes : textOfKey(keyEncoding, keyFormat);
  return { names: key ?? ['key'], cells: (field) => [text(field)] };
}

function valueWriter(first: unknown, options: CsvFormatOptions, keys: readonly string[]): CellWriter {
  const { valueEncoding, value, members, emptyAsNull = false } = options;
  // The columns of an import name those of the key, too, which stand first.
  const others = members?.filter((name) => !keys.includes(name) || hasMember(first, name));
  const chosen = others?.length === 0 ? members : others;
  if (chosen !== undefined && isObject(first)) return membersWriter(chosen, emptyAsNull);
  const structured = valueEncoding === 'json' || valueEncoding === 'msgpack';
  const names =
    chosen ?? value ?? (structured && isFlatObject(first, emptyAsNull) ? Object.keys(first) : ['value']);
  if (names.length > 1) {
    const columns = new FlatColumns(names, emptyAsNull);
    return {
      names,
      cells(field) {
        if (!isObject(field)) throw new UnfitEntry(`has a value without the columns ${names.join(', ')}`);
        const members = Object.keys(field);
        // Members in another order would be read back in the order of the columns.
        if (members.length === names.length && members.every((name, i) => name === names[i])) {
          return columns.cells(Object.values(field));
        }
        throw new UnfitEntry(`has the members ${members.join(', ')} and not ${names.join(', ')}`);
      },
    };
  }
  const text = valueEncoding === 'binary' ? textOfBytes : textOf(valueEncoding);
  return { names, cells: (field) => [text(field)] };
}

function membersWriter(names: readonly string[], emptyAsNull: boolean): CellWriter {
  const columns = new FlatColumns(names, emptyAsNull);
  return {
    names,
    cells(field) {
      const missing = isObject(field) ? names.find((name) => !Object.hasOwn(field, name)) : names[0];
      if (missing !== undefined) throw new UnfitEntry(`has no member ${JSON.stringify(missing)}`);
      return columns.cells(names.map((name) => (field as Record<string, unknown>)[name]));
    },
  };
}

function textOfBytes(field: unknown): string {
  const bytes = field as Uint8Array;
  try {
    return decodeUtf8(bytes, 0, bytes.length);
  } catch {
    throw new UnfitEntry('has bytes that are not UTF-8');
  }
}

/** Columns that each hold either texts or numbers, as in the first entry. */
class FlatColumns {
  readonly #names: readonly string[];
  readonly #emptyAsNull: boolean;
  /** The type of each column, once it has held something else than null. */
  readonly #types: (string | undefined)[] = [];

  constructor(names: readonly string[], emptyAsNull: boolean) {
    this.#names = names;
    this.#emptyAsNull = emptyAsNull;
  }

  cells(fields: readonly unknown[]): readonly string[] {
    return fields.map((field, i) => {
      if (this.#emptyAsNull && field === null) return '';
      if (this.#emptyAsNull && field === '')
        throw new UnfitEntry(`has an empty text in ${this.#name(i)}, which would be read as null`);
      if (!isFlat(field))
        throw new UnfitEntry(`has something else than a text or number in ${this.#name(i)}`);
      this.#types[i] ??= typeof field;
      if (typeof field === this.#types[i]) return String(field);
      throw new UnfitEntry(
        `has a ${typeof field} in ${this.#name(i)}, where others have a ${this.#types[i]}`,
      );
    });
  }

  #name(column: number): string {
    return JSON.stringify(this.#names[column]);
  }
}

/** Whether it is text that UTF-8 can hold, or a number that decimal digits can hold. */
function isFlat(field: unknown): boolean {
  if (typeof field === 'string') return isWellFormed(field);
  return typeof field === 'number' && Number.isFinite(field) && !Object.is(field, -0);
}

function isFlatObject(value: unknown, emptyAsNull: boolean): value is object {
  if (!isObject(value) || Object.keys(value).length < 2) return false;
  return Object.values(value).every((member) => isFlat(member) || (emptyAsNull && member === null));
}

function hasMember(value: unknown, name: string): boolean {
  return isObject(value) && Object.hasOwn(value, name);
}

function isObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !(value instanceof Uint8Array || value instanceof Date);
}
