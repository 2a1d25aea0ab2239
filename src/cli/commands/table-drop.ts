import { withConnection } from '../stores/tables.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { TableDropArgs } from '../usage/tables.ts';

/** Drops a table. */
export async function runTableDrop(
  { table, root, ifExists = false }: TableDropArgs,
  io: Io,
): Promise<number> {
  return withConnection(root, io.interrupts(), async ({ admin }) => {
    await admin.dropTable(table, { ignoreIfNotExists: ifExists });
    return EXIT.ok;
  });
}
