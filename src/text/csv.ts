import { type Flushable, flushable, none } from 'stream-chain/core';
import { invalidArgument, isCairnError } from '../errors.ts';
import {
  CsvCellError,
  type CsvColumnOptions,
  type CsvRowReader,
  csvRowReader,
  showColumns,
} from './csv-columns.ts';
import { LineEnds } from './csv-line-ends.ts';
import { type CsvRowOptions, CsvRows } from './csv-rows.ts';
import {
  type EntryBatch,
  emptyBatch,
  giveUp,
  type InvalidReason,
  type OnInvalidEntry,
} from './entry-batch.ts';
import { jsonProblem } from './json-text.ts';
import { concatenate, type LineBlock } from './line-blocks.ts';

/** Options of {@link parseCsv}. */
export interface CsvOptions extends CsvColumnOptions, CsvRowOptions {
  /**
   * The columns that the header row must have, in any order: those of the first of several inputs. A value that
   * is made of all other columns has them in this order.
   */
  readonly expected?: readonly string[] | undefined;
  /** Reads a row with too few cells as if empty ones followed. Default: false, which refuses it. */
  readonly padRows?: boolean | undefined;
}

/**
 * Creates a stage of a stream-chain pipeline that turns {@link LineBlock}s of CSV (RFC 4180) into entries.
 * Each input needs its own.
 *
 * The first row names the columns, unless `columns` does. Cells in quotes may contain delimiters, newlines
 * and doubled quotes; rows end in LF or CRLF, or in CR alone behind `csvLineEnds`; blank lines and a byte-order
 * mark at the beginning are skipped.
 * Cells are not trimmed. The cell of a single key or value column is read as its encoding requires (JSON for
 * `tuple` and `json`), those of several value columns as text or numbers. Costs about 0.3 µs a row without
 * quotes, 4 µs with them.
 *
 * @param onInvalid is called for rows with too few or too many cells, misplaced quotes, invalid UTF-8, and
 * cells that the encoding or `numbers` refuse. A quote that is never closed, a missing column, and a carriage
 * return within the header row, are final.
 *
 * @example
 * ```ts
 * import { type EntryBatch, lineBlocks, parseCsv } from 'cairnkv/text';
 * import { gen } from 'stream-chain/core';
 * import { pipe } from 'stream-chain/utils/pipe.js';
 *
 * async function* chunks(texts: string[]) {
 *   for (const text of texts) yield new TextEncoder().encode(text);
 * }
 * const parse = parseCsv(
 *   { keyEncoding: 'utf8', valueEncoding: 'json', key: ['sku'], numbers: ['price'] },
 *   (invalid) => console.error(`line ${invalid.place}: ${invalid.problem}`),
 * );
 * const csv = ['sku,name,price\n1,"nut, big",0.5\n', '2,bolt,0.75\n'];
 * for await (const { keys, values } of pipe(gen(chunks, lineBlocks(), parse))<EntryBatch>(csv)) {
 *   console.log(keys, values); // [ '1' ] [ { name: 'nut, big', price: 0.5 } ], then [ '2' ] [ { name: 'bolt', price: 0.75 } ]
 * }
 * ```
 */
export function parseCsv(
  options: CsvOptions,
  onInvalid: OnInvalidEntry,
): Flushable<LineBlock, EntryBatch | typeof none> {
  const { columns, keyEncoding, keyFormat, expected, padRows = false } = options;
  let reader: CsvRowReader | undefined;
  let batch = emptyBatch();
  const readHeader = (header: readonly string[], place: number, offset: number): CsvRowReader => {
    try {
      if (columns === undefined && !rows.quoted) refuseCarriageReturn(header);
      refuseOtherColumns(header, expected);
      return csvRowReader(header, options, expected);
    } catch (error) {
      if (!isCairnError(error)) throw error;
      return giveUp(onInvalid, { place, offset, reason: 'csv', problem: error.message });
    }
  };
  const readRow = (cells: readonly string[]): void => {
    if (reader === undefined) {
      reader = readHeader(columns ?? [...cells], rows.line, 0);
      if (columns === undefined) return;
    }
    const { line } = rows;
    if (cells.length < reader.columns && padRows) {
      readCells(reader, [...cells, ...new Array<string>(reader.columns - cells.length).fill('')], line);
      return;
    }
    if (cells.length !== reader.columns) {
      const problem = `the row has ${cells.length} cells, but there are ${reader.columns} columns`;
      onInvalid({ place: line, offset: rows.offset(), reason: 'csv', problem, final: false });
      return;
    }
    readCells(reader, cells, line);
  };
  const readCells = (reader: CsvRowReader, cells: readonly string[], line: number): void => {
    let reason: InvalidReason = keyFormat !== undefined || keyEncoding === 'utf8' ? 'key' : 'json';
    try {
      const key = reader.key(cells);
      reason = 'json';
      const value = reader.value(cells, rows.plain);
      batch.keys.push(key);
      batch.values.push(value);
      batch.places.push(line);
    } catch (error) {
      if (error instanceof CsvCellError) reason = 'number';
      onInvalid({ place: line, offset: rows.offset(), reason, problem: jsonProblem(error), final: false });
    }
  };
  const rows: CsvRows = new CsvRows(options, readRow, onInvalid);
  return flushable(
    (block) => {
      rows.read(block);
      if (batch.keys.length === 0 && rows.skipped === 0) return none;
      const full = rows.skipped === 0 ? batch : { ...batch, skippedLines: rows.skipped };
      batch = emptyBatch();
      rows.skipped = 0;
      return full;
    },
    () => {
      rows.finish();
      return none;
    },
  );
}

/** Refuses a header row with several rows in it: it would be the only one. */
function refuseCarriageReturn(header: readonly string[]): void {
  if (!header.some((name) => name.includes('\r'))) return;
  throw invalidArgument(
    'columns',
    'the header row has a carriage return in it, but other lines end in newlines: end all rows alike',
  );
}

function refuseOtherColumns(header: readonly string[], expected: readonly string[] | undefined): void {
  if (expected === undefined) return;
  const [given, wanted] = [new Set(header), new Set(expected)];
  const differences = [
    ...listed(
      'missing',
      [...wanted].filter((name) => !given.has(name)),
    ),
    ...listed(
      'new',
      [...given].filter((name) => !wanted.has(name)),
    ),
  ];
  if (differences.length === 0) return;
  throw invalidArgument(
    'columns',
    `the columns differ from those of the first input; ${differences.join('; ')}`,
  );
}

function listed(how: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${how}: ${showColumns(names)}`];
}

/**
 * Returns the columns that the header row of CSV names, from the first bytes of an input; `undefined` if they
 * do not contain the whole row.
 *
 * @param whole whether these bytes are the whole input.
 */
export function csvHeader(
  bytes: Uint8Array,
  options: CsvRowOptions,
  whole: boolean,
): readonly string[] | undefined {
  let header: readonly string[] | undefined;
  const rows = new CsvRows(
    options,
    (cells) => {
      header ??= [...cells];
    },
    // Problems are reported when the input is read.
    () => undefined,
  );
  const ends = new LineEnds(options);
  const pieces = [...ends.push(bytes), ...(whole ? ends.finish() : [])];
  const lines = concatenate(
    pieces,
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
  const end = whole ? lines.length : lines.lastIndexOf(0x0a) + 1;
  rows.read({ bytes: lines, start: 0, end, offset: 0, oversized: false });
  return header;
}
