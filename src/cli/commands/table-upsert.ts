import { openCommandTable, parseRows, withConnection } from '../stores/tables.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { TableUpsertArgs } from '../usage/tables.ts';
import { formatCount } from '../words/quantity.ts';

/** Upserts rows as one commit. */
export async function runTableUpsert(args: TableUpsertArgs, io: Io): Promise<number> {
  return withConnection(args.root, io.interrupts(), async (db) => {
    const { table, text } = await openCommandTable(db, args.table);
    const rows = parseRows(args.values, text);
    // All of them are checked before the first is queued: a refused one leaves nothing.
    for (const row of rows) {
      if (args.partial === true) table.upsert(row, { columns: Object.keys(row) });
      else table.upsert(row);
    }
    const { version } = await table.flush();
    if (args.quiet !== true)
      io.stderr.write(`upserted ${formatCount(rows.length, 'row', 'rows')} in version ${version}\n`);
    return EXIT.ok;
  });
}
