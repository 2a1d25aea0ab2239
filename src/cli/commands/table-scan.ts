import { openCommandTable, parseWhere, withConnection } from '../stores/tables.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { columnsOf, printRows } from '../terminal/print-rows.ts';
import type { TableScanArgs } from '../usage/tables.ts';

/** Prints rows of a table. */
export async function runTableScan(args: TableScanArgs, io: Io): Promise<number> {
  const signal = io.interrupts();
  return withConnection(args.root, signal, async (db) => {
    const { table, text } = await openCommandTable(db, args.table);
    const { columns, limit, reverse, version } = args;
    const where = args.where === undefined ? undefined : parseWhere(args.where, text);
    const rows = table.scan({ columns, limit, reverse, snapshot: version, where, signal });
    await printRows(rows, columnsOf(text, columns ?? text.names), args, io);
    return EXIT.ok;
  });
}
