import { invalidArgument } from '../../errors.ts';
import { EARLIEST, LATEST, type LogPosition, type Row, type TableRecord } from '../../node/table.ts';
import { parseQualifiedPartitionName } from '../../table/row/partition-name.ts';
import type { RowText } from '../../table/text/row-text.ts';
import { openCommandTable, withConnection } from '../stores/tables.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { columnsOf, type PrintedColumn, printRows } from '../terminal/print-rows.ts';
import type { TableRecordsArgs } from '../usage/tables.ts';
import { formatTimestamp } from '../words/timestamp.ts';

/** Prints the records of a log. */
export async function runTableRecords(args: TableRecordsArgs, io: Io): Promise<number> {
  const signal = io.interrupts();
  return withConnection(args.root, signal, async (db) => {
    const { table, text } = await openCommandTable(db, args.table);
    const { bucket, limit, columns } = args;
    const records = table.records({
      bucket,
      limit,
      columns,
      signal,
      from: positionOf('from', args.from),
      to: positionOf('to', args.to),
      partition: partitionOf(args.partition, table.info.partitionedBy, text),
    });
    // What a record has besides its row stands before it, under names that no column has.
    const own = columnsOf(text, columns ?? text.names);
    const taken = new Set(own.map(({ name }) => name));
    const head = (['bucket', 'offset', 'timestamp'] as const).map((member): PrintedColumn => {
      const name = taken.has(member) ? `_${member}` : member;
      const value = (row: Row): number => (row[HEAD] as TableRecord<Row>)[member];
      return {
        name,
        isNumber: member !== 'timestamp',
        text: (row) => (member === 'timestamp' ? formatTimestamp(value(row)) : `${value(row)}`),
        json: value,
        isNull: () => false,
      };
    });
    await printRows(withHeads(records), [...head, ...own], args, io);
    return EXIT.ok;
  });
}

/** The member of a printed row that has its record. */
const HEAD = '\0record';

async function* withHeads(records: AsyncIterable<TableRecord<Row>>): AsyncIterableIterator<Row> {
  for await (const record of records) yield { ...record.row, [HEAD]: record };
}

function positionOf(name: string, text: string | undefined): LogPosition | undefined {
  if (text === undefined) return undefined;
  if (text === 'earliest') return EARLIEST;
  if (text === 'latest') return LATEST;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const time = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return { timestamp: time };
  throw invalidArgument(
    name,
    `--${name} is earliest, latest, an offset or a time such as 2026-11-30T08:00:00Z, not ${text}`,
  );
}

function partitionOf(name: string | undefined, columns: readonly string[], text: RowText): Row | undefined {
  if (name === undefined) return undefined;
  const values = parseQualifiedPartitionName(columns, name);
  return Object.fromEntries(columns.map((column, i) => [column, text.ofText(column, values[i])]));
}
