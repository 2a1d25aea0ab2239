import type { Row } from '../../node/table.ts';
import type { RowText } from '../../table/text/row-text.ts';
import { visibly } from '../words/value-text.ts';
import type { Io } from './io.ts';
import { Output } from './output.ts';
import { formatTable } from './table.ts';

/** So many rows decide how wide the columns of a table are. */
const ROWS_OF_A_TABLE = 1000;

/** Numbers stand flush right in a table. */
const NUMBERS: readonly string[] = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL'];

/** A column that is printed: of the rows, or one that stands before them. */
export interface PrintedColumn {
  readonly name: string;
  readonly isNumber: boolean;
  text(row: Row): string;
  json(row: Row): unknown;
  isNull(row: Row): boolean;
}

/** The columns of a table's rows, by their names. */
export function columnsOf(text: RowText, names: readonly string[]): PrintedColumn[] {
  return names.map((name) => ({
    name,
    isNumber: NUMBERS.includes(text.type(name).type),
    text: (row) => text.toText(name, row[name]),
    json: (row) => text.toJson({ [name]: row[name] })[name],
    isNull: (row) => row[name] === null,
  }));
}

/** Prints rows as a table, or as CSV or lines of JSON. Returns how many there were. */
export async function printRows(
  rows: AsyncIterable<Row>,
  columns: readonly PrintedColumn[],
  { json = false, csv = false }: { readonly json?: boolean; readonly csv?: boolean },
  io: Io,
): Promise<number> {
  const output = new Output(io.stdout);
  let count = 0;
  let page: string[][] = [];
  const names = columns.map(({ name }) => name);
  const right = columns.filter(({ isNumber }) => isNumber).map(({ name }) => name);
  if (csv) await output.write(`${names.map((name) => csvCell(name, false)).join(',')}\n`);
  const turnPage = async (): Promise<void> => {
    await output.write(formatTable(names, page, right));
    page = [];
  };
  for await (const row of rows) {
    count++;
    if (json || csv) {
      const waiting = output.write(json ? jsonLine(row, columns) : csvLine(row, columns));
      if (waiting !== undefined) await waiting;
      continue;
    }
    page.push(columns.map((column) => (column.isNull(row) ? 'NULL' : visibly(column.text(row)))));
    if (page.length === ROWS_OF_A_TABLE) await turnPage();
  }
  if (!json && !csv && (page.length > 0 || count === 0)) await turnPage();
  await output.finish();
  return count;
}

function jsonLine(row: Row, columns: readonly PrintedColumn[]): string {
  const members = columns.map(({ name, json }): [string, unknown] => [name, json(row)]);
  return `${JSON.stringify(Object.fromEntries(members))}\n`;
}

function csvLine(row: Row, columns: readonly PrintedColumn[]): string {
  return `${columns.map((column) => csvCell(column.text(row), column.isNull(row))).join(',')}\n`;
}

/** A cell of CSV. An empty text is in quotes: without them it is null. */
function csvCell(text: string, isNull: boolean): string {
  if (isNull) return '';
  return text === '' || /[",\r\n\ufeff]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
