import { invalidArgument } from '../../errors.ts';
import { parseColumns, withConnection } from '../stores/tables.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { TableCreateArgs } from '../usage/tables.ts';

/** Makes a table, and its database. */
export async function runTableCreate(args: TableCreateArgs, io: Io): Promise<number> {
  const { table, columns, quiet = false } = args;
  if (columns === undefined)
    throw invalidArgument('columns', "name the columns: --columns 'id INT, name STRING?'");
  const schema = {
    columns: parseColumns(columns, 'columns'),
    primaryKey: args.primaryKey,
    bucketKey: args.bucketKey,
    buckets: args.buckets,
    partitionedBy: args.partitionedBy,
    comment: args.comment,
    properties: propertiesOf(args.property ?? []),
  };
  return withConnection(args.root, io.interrupts(), async ({ admin }) => {
    const [database] = table.split('.');
    await admin.createDatabase(database, { ignoreIfExists: true });
    await admin.createTable(table, schema, { ignoreIfExists: args.ifNotExists === true });
    const { kind, uri } = await admin.tableInfo(table);
    if (!quiet)
      io.stderr.write(`made ${table}, ${kind === 'log' ? 'a log' : 'with a primary key'}, at ${uri}\n`);
    return EXIT.ok;
  });
}

function propertiesOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
      throw invalidArgument('property', `write name=value, not ${word}`);
    }),
  );
}
