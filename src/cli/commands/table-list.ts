import type { TableInfo } from '../../node/table.ts';
import { withConnection } from '../stores/tables.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import type { TableListArgs } from '../usage/tables.ts';
import { formatBytes } from '../words/quantity.ts';

/** Prints the tables of all databases, or of one. */
export async function runTableList({ database, root, json = false }: TableListArgs, io: Io): Promise<number> {
  return withConnection(root, io.interrupts(), async ({ admin }) => {
    const databases = database === undefined ? await admin.listDatabases() : [database];
    const tables: TableInfo[] = [];
    for (const name of databases) {
      for (const table of await admin.listTables(name))
        tables.push(await admin.tableInfo(`${name}.${table}`));
    }
    const output = new Output(io.stdout);
    if (json) for (const info of tables) await output.write(`${JSON.stringify(info)}\n`);
    else {
      const rows = tables.map(({ database: of, name, kind, columns, primaryKey, version, bytes }) => [
        `${of}.${name}`,
        kind,
        `${columns.length}`,
        primaryKey.join(', '),
        `${version}`,
        formatBytes(bytes),
      ]);
      const names = ['table', 'kind', 'columns', 'key', 'version', 'bytes'];
      await output.write(formatTable(names, rows, ['columns', 'version', 'bytes']));
    }
    await output.finish();
    return EXIT.ok;
  });
}
