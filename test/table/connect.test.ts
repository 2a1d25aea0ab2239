import { rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { connect, EARLIEST, float, int, string } from '../../src/node/table.ts';
import { allOf } from '../support/all-of.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = temporaryDirectory();
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const columns = { id: int(), name: string(), score: float() };

describe("the guide's program", () => {
  it('makes a table, upserts, flushes and looks up', async () => {
    await using db = await connect(`${directory}/guide`);
    await db.admin.createDatabase('my_db', { ignoreIfExists: true });
    await db.admin.createTable(
      'my_db.my_table',
      { columns, primaryKey: ['id'], buckets: 3 },
      { ignoreIfExists: true },
    );
    const table = await db.table('my_db.my_table');
    table.upsert({ id: 1, name: 'Verso', score: 0.5 });
    table.upsert({ id: 2, name: 'Noco', score: 0.25 });
    expect(await table.flush()).toEqual({ version: 1 });
    expect(await table.lookup({ id: 1 })).toEqual({ id: 1, name: 'Verso', score: 0.5 });
    expect(await table.lookup({ id: 3 })).toBeUndefined();
  });

  it('makes a log, appends, flushes and polls from the earliest record by bucket', async () => {
    await using db = await connect(`${directory}/guide`);
    await db.admin.createDatabase('my_db', { ignoreIfExists: true });
    await db.admin.createTable('my_db.events', { columns, buckets: 3 });
    const events = await db.table('my_db.events');
    for (const id of [1, 2, 3]) events.append({ id, name: `n${id}`, score: id / 4 });
    await events.flush();
    const polled: unknown[] = [];
    for (let bucket = 0; bucket < 3; bucket++) {
      for await (const { row, offset, changeType } of events.records({ bucket, from: EARLIEST }))
        polled.push([row.id, offset, changeType]);
    }
    expect(polled).toEqual([
      [1, 0, '+A'],
      [2, 1, '+A'],
      [3, 2, '+A'],
    ]);
    expect((await allOf(events.records())).map(({ row }) => row.name)).toEqual(['n1', 'n2', 'n3']);
  });

  it('is there for the next process', async () => {
    await using db = await connect(`${directory}/guide`);
    expect(await db.admin.listDatabases()).toEqual(['my_db']);
    expect(await db.admin.listTables('my_db')).toEqual(['events', 'my_table']);
    const table = await db.table<{ id: number; name: string; score: number }>('my_db.my_table');
    expect((await allOf(table.scan())).map(({ name }) => name)).toEqual(['Verso', 'Noco']);
  });
});
