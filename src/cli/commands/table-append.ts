import { openCommandTable, parseRows, withConnection } from '../stores/tables.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { TableAppendArgs } from '../usage/tables.ts';
import { formatCount } from '../words/quantity.ts';

/** Appends rows to a log as one commit. */
export async function runTableAppend(args: TableAppendArgs, io: Io): Promise<number> {
  return withConnection(args.root, io.interrupts(), async (db) => {
    const { table, text } = await openCommandTable(db, args.table);
    const rows = parseRows(args.values, text);
    for (const row of rows) table.append(row);
    const { version } = await table.flush();
    if (args.quiet !== true)
      io.stderr.write(`appended ${formatCount(rows.length, 'row', 'rows')} in version ${version}\n`);
    return EXIT.ok;
  });
}
