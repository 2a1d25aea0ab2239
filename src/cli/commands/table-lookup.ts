import type { Row } from '../../node/table.ts';
import { openCommandTable, parsePairs, withConnection } from '../stores/tables.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { columnsOf, printRows } from '../terminal/print-rows.ts';
import type { TableLookupArgs } from '../usage/tables.ts';

/** Prints the row with a key, or those whose keys begin so. */
export async function runTableLookup(args: TableLookupArgs, io: Io): Promise<number> {
  const signal = io.interrupts();
  return withConnection(args.root, signal, async (db) => {
    const { table, text } = await openCommandTable(db, args.table);
    const key = parsePairs(args.values, text);
    const { columns } = args;
    const rows =
      args.prefix === true
        ? table.prefixLookup(key, { columns, signal })
        : one(await table.lookup(key, { columns, signal }));
    const first = await rows.next();
    if (first.done === true) {
      io.stderr.write(`cairn: ${args.table} has no row with ${args.values.join(' ')}\n`);
      return EXIT.absent;
    }
    await printRows(withFirst(first.value, rows), columnsOf(text, columns ?? text.names), args, io);
    return EXIT.ok;
  });
}

async function* one(row: Row | undefined): AsyncIterableIterator<Row> {
  if (row !== undefined) yield row;
}

async function* withFirst(first: Row, rows: AsyncIterator<Row, unknown>): AsyncIterableIterator<Row> {
  yield first;
  for (let next = await rows.next(); next.done !== true; next = await rows.next()) yield next.value;
}
