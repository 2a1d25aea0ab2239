import { openCommandTable, parsePairs, withConnection } from '../stores/tables.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { TableDeleteArgs } from '../usage/tables.ts';

/** Deletes a row. */
export async function runTableDelete(args: TableDeleteArgs, io: Io): Promise<number> {
  return withConnection(args.root, io.interrupts(), async (db) => {
    const { table, text } = await openCommandTable(db, args.table);
    const key = parsePairs(args.values, text);
    if ((await table.lookup(key)) === undefined) {
      io.stderr.write(`cairn: ${args.table} has no row with ${args.values.join(' ')}\n`);
      return EXIT.absent;
    }
    table.delete(key);
    const { version } = await table.flush();
    if (args.quiet !== true) io.stderr.write(`deleted 1 row in version ${version}\n`);
    return EXIT.ok;
  });
}
