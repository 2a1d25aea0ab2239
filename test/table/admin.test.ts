import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { connect, int, string } from '../../src/node/table.ts';
import { failure } from '../support/failures.ts';
import { freshConnection } from '../support/tables.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const root = temporaryDirectory();
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SCHEMA = { columns: { id: int() }, primaryKey: ['id'] };

it('a drop removes what an earlier one has left of a table', async () => {
  await using db = await connect(root);
  await db.admin.createDatabase('db');
  await db.admin.createTable('db.t', SCHEMA);
  const table = join(root, 'db', readdirSync(join(root, 'db'))[0]);
  rmSync(table, { recursive: true });
  mkdirSync(join(table, 'versions'), { recursive: true });
  await db.admin.dropTable('db.t');
  expect(existsSync(join(root, 'db'))).toBe(false);
  expect(await db.admin.listTables('db')).toEqual([]);
});

it('a table that no one has opened yet is made by whoever opens it', async () => {
  await using db = await connect(root);
  await db.admin.createTable('db.t', SCHEMA);
  const directory = join(root, 'db', readdirSync(join(root, 'db'))[0]);
  rmSync(directory, { recursive: true });
  await using other = await connect(root);
  const table = await other.table('db.t');
  await table.upsert({ id: 1 });
  expect(await table.lookup({ id: 1 })).toEqual({ id: 1 });
  expect((await other.admin.tableInfo('db.t')).version).toBe(1);
});

it('a root without databases is empty, and reading makes nothing there', async () => {
  const place = join(root, 'nothing');
  await using db = await connect(place);
  expect(await db.admin.listDatabases()).toEqual([]);
  expect(await db.admin.databaseExists('db')).toBe(false);
  expect(await db.admin.tableExists('db.t')).toBe(false);
  await failure(db.table('db.t'), 'NOT_FOUND');
  expect(existsSync(place)).toBe(false);
});

it('connections see each other`s databases and tables, and only one of two makes a table', async () => {
  const db = await freshConnection();
  const other = await connect(db.uri);
  const made = await Promise.allSettled([
    db.admin.createTable('db.t', SCHEMA),
    other.admin.createTable('db.t', SCHEMA),
  ]);
  expect(made.filter(({ status }) => status === 'fulfilled').length).toBe(1);
  await db.admin.createDatabase('more', { comment: 'of the shop', properties: { owner: 'x' } });
  expect(await other.admin.listDatabases()).toEqual(['db', 'more']);
  expect(await other.admin.databaseInfo('more')).toMatchObject({
    comment: 'of the shop',
    properties: { owner: 'x' },
  });
  await Promise.all([db.close(), other.close()]);
  await failure(db.table('db.t'), 'CLOSED');
});

it('a schema that is not the table`s is refused', async () => {
  const db = await freshConnection();
  await db.admin.createTable('db.t', { columns: { id: int(), v: string() }, primaryKey: ['id'] });
  for (const schema of [
    { columns: { id: int(), v: int() }, primaryKey: ['id'] },
    { columns: { id: int(), v: string(), w: int() }, primaryKey: ['id'] },
    { columns: { id: int() }, primaryKey: ['id'] },
    { columns: { id: int(), v: string() } },
  ])
    await failure(db.table('db.t', schema), 'INVALID_ARGUMENT');
  await db.table('db.t', { columns: { id: int(), v: string() }, primaryKey: ['id'] });
});

it('options that are none are refused by each call', async () => {
  const db = await freshConnection();
  await db.admin.createTable('db.t', SCHEMA);
  const { admin } = db;
  for (const options of [
    null,
    7,
    { ignoreIfExist: true },
    { ignoreIfExists: 'yes' },
    { ignoreIfNotExists: 1 },
  ]) {
    const given = options as object;
    for (const call of [
      () => admin.createDatabase('d', given),
      () => admin.dropDatabase('db', given),
      () => admin.createTable('db.x', SCHEMA, given),
      () => admin.dropTable('db.t', given),
      () => admin.createPartition('db.t', {}, given),
      () => admin.dropPartition('db.t', {}, given),
      () => connect('memory:x', given),
    ])
      await failure(call, 'INVALID_ARGUMENT');
  }
  for (const schema of [
    null,
    5,
    {},
    { columns: 5 },
    { columns: {} },
    { columns: { id: int } },
    { columns: { id: int() }, key: [] },
  ])
    await failure(admin.createTable('db.x', schema as never), 'INVALID_ARGUMENT');
  expect(await admin.listTables('db')).toEqual(['t']);
});
