import { type Flushable, flushable, none } from 'stream-chain/core';
import { decodeUtf8, isWellFormed } from '../bytes/utf8.ts';
import { invalidArgument } from '../errors.ts';
import type { CsvColumnOptions } from './csv-columns.ts';
import type { CsvRowOptions } from './csv-rows.ts';
import { textOfKey } from './key-format.ts';
import { quoteKey } from './quote-key.ts';
import { textOf } from './text-fields.ts';

/** How entries are written as rows of CSV. */
export interface CsvFormatOptions
  extends Pick<CsvColumnOptions, 'keyEncoding' | 'valueEncoding' | 'key' | 'value' | 'keyFormat'>,
    Pick<CsvRowOptions, 'delimiter'> {}

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
 * numbers.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for an entry that the columns cannot hold exactly.
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
  const { delimiter = ',' } = options;
  let keys: CellWriter | undefined;
  let values: CellWriter | undefined;
  const header = (names: readonly string[]): string =>
    `${names.map((name) => quote(name, delimiter)).join(delimiter)}\n`;
  return flushable(
    (entries) => {
      let text = '';
      for (const [key, value] of entries) {
        try {
          if (keys === undefined || values === undefined) {
            keys = keyWriter(key, options);
            values = valueWriter(value, options);
            const names = [...keys.names, ...values.names];
            const twice = names.find((name, i) => names.indexOf(name) !== i);
            if (twice !== undefined) {
              throw new UnfitEntry(
                `has two columns ${JSON.stringify(twice)}: name those of the key otherwise, or`,
              );
            }
            text += header(names);
          }
          text += rowOf(keys.cells(key), values.cells(value), delimiter);
        } catch (error) {
          if (!(error instanceof UnfitEntry || error instanceof RangeError)) throw error;
          const shown = quoteKey(
            key instanceof Uint8Array || typeof key === 'string' ? key : textOf('tuple')(key),
          );
          throw invalidArgument(
            'key',
            `the entry with the key ${shown} can't be a row of CSV: it ${error.message}; choose the format jsonl`,
          );
        }
      }
      return text;
    },
    () => (keys === undefined ? header([options.key?.[0] ?? 'key', options.value?.[0] ?? 'value']) : none),
  );
}

function rowOf(keys: readonly string[], values: readonly string[], delimiter: string): string {
  let row = quote(keys[0], delimiter);
  for (let i = 1; i < keys.length; i++) row += delimiter + quote(keys[i], delimiter);
  for (const cell of values) row += delimiter + quote(cell, delimiter);
  return `${row}\n`;
}

const NEEDS_QUOTES = /["\r\n\ufeff]/;

function quote(cell: string, delimiter: string): string {
  return cell.includes(delimiter) || NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function keyWriter(first: unknown, { keyEncoding, key, keyFormat }: CsvFormatOptions): CellWriter {
  if (keyEncoding === 'tuple' && key?.length !== 1) {
    const tuple = first as readonly unknown[];
    const names = key ?? tuple.map((_, i) => `key${i + 1}`);
    if (key !== undefined || (tuple.length > 1 && tuple.every(isFlat))) {
      const columns = new FlatColumns(names);
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

function valueWriter(first: unknown, { valueEncoding, value }: CsvFormatOptions): CellWriter {
  const structured = valueEncoding === 'json' || valueEncoding === 'msgpack';
  const names = value ?? (structured && isFlatObject(first) ? Object.keys(first) : ['value']);
  if (names.length > 1) {
    const columns = new FlatColumns(names);
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
  #types: readonly string[] | undefined;

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  cells(fields: readonly unknown[]): readonly string[] {
    this.#types ??= fields.map((field) => typeof field);
    return fields.map((field, i) => {
      if (!isFlat(field))
        throw new UnfitEntry(`has something else than a text or number in ${this.#name(i)}`);
      if (typeof field === this.#types?.[i]) return String(field);
      throw new UnfitEntry(
        `has a ${typeof field} in ${this.#name(i)}, where others have a ${this.#types?.[i]}`,
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

function isFlatObject(value: unknown): value is object {
  return isObject(value) && Object.keys(value).length > 1 && Object.values(value).every(isFlat);
}

function isObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !(value instanceof Uint8Array || value instanceof Date);
}
