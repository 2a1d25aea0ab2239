import { appendFileSync } from 'node:fs';
import { connect, int, string, type Table } from '../../src/node/table.ts';

const USERS = { columns: { id: int(), v: string().nullable() }, primaryKey: ['id'] };
const EVENTS = { columns: { id: int() } };

/** Rows of one flush: some of them need a file of their own. */
export const FLUSHES: readonly (readonly { readonly id: number; readonly v: string }[])[] = [
  [1, 2, 3].map((id) => ({ id, v: 'a' })),
  Array.from({ length: 30 }, (_, id) => ({ id, v: 'b'.repeat(2500) })),
  [2, 40].map((id) => ({ id, v: 'c' })),
];

/** Makes a database with a table and a log. */
export async function prepareTables(root: string): Promise<void> {
  await using db = await connect(`${root}/warehouse`);
  await db.admin.createDatabase('db');
  await db.admin.createTable('db.users', USERS);
  await db.admin.createTable('db.events', EVENTS);
}

/** What children do that are killed; what was answered is noted in a file beside the root. */
export const TABLE_SCENARIOS: Readonly<Record<string, (root: string) => Promise<void>>> = {
  async 'table-flush'(root) {
    await using db = await connect(`${root}/warehouse`);
    const [users, events]: Table[] = [await db.table('db.users'), await db.table('db.events')];
    for (const rows of FLUSHES) {
      for (const row of rows) {
        users.upsert(row);
        events.append({ id: row.id });
      }
      await users.flush();
      await events.flush();
      appendFileSync(`${root}/answered`, '.');
    }
  },
  async 'table-admin'(root) {
    await using db = await connect(`${root}/warehouse`);
    await db.admin.createTable('db.more', USERS);
    await db.admin.alterTable('db.users', { addColumns: { n: int().nullable() } });
    await db.admin.dropTable('db.events');
  },
};
