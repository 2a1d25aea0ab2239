import { parseColumns, withConnection } from '../stores/tables.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { TableAlterArgs } from '../usage/tables.ts';

/** Adds and drops columns. */
export async function runTableAlter(
  { table, root, add, drop, quiet = false }: TableAlterArgs,
  io: Io,
): Promise<number> {
  const changes = {
    ...(add === undefined ? {} : { addColumns: parseColumns(add, 'add') }),
    ...(drop === undefined ? {} : { dropColumns: drop }),
  };
  return withConnection(root, io.interrupts(), async ({ admin }) => {
    await admin.alterTable(table, changes);
    const { schemaVersion, columns } = await admin.tableInfo(table);
    const names = columns.map(({ name }) => name).join(', ');
    if (!quiet) io.stderr.write(`version ${schemaVersion} of the columns of ${table}: ${names}\n`);
    return EXIT.ok;
  });
}
