import type { ConnectOptions } from '../../src/table/connect.ts';
import { type Connection, connect, type Table, type TableSchema } from '../../src/table/index.ts';

let roots = 0;

/** A connection to a fresh root in memory, with the database `db`. */
export async function freshConnection(options: ConnectOptions = {}): Promise<Connection> {
  const connection = await connect(`memory:tables-${roots++}`, options);
  await connection.admin.createDatabase('db');
  return connection;
}

/** A fresh table `db.t`, open. */
export async function freshTable(
  schema: TableSchema,
  options: ConnectOptions = {},
): Promise<{ db: Connection; table: Table }> {
  const db = await freshConnection(options);
  await db.admin.createTable('db.t', schema);
  return { db, table: await db.table('db.t') };
}
