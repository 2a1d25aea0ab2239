import { describe, expect, it } from 'vitest';
import {
  array,
  bigint,
  bytes,
  connect,
  decimal,
  double,
  int,
  type Row,
  string,
  type Table,
  timestampLtz,
} from '../../src/table/index.ts';
import { allOf } from '../support/all-of.ts';
import { failure, failureNow } from '../support/failures.ts';
import { freshTable } from '../support/tables.ts';

const SCHEMA = {
  columns: { region: string(), id: int(), name: string().nullable(), score: double().nullable() },
  primaryKey: ['region', 'id'],
  bucketKey: ['region'],
  buckets: 3,
};

async function filled(): Promise<Table> {
  const { table } = await freshTable(SCHEMA);
  for (const region of ['US', 'EU', 'APAC'])
    for (let id = 1; id <= 5; id++) table.upsert({ region, id, name: `${region}-${id}`, score: id / 2 });
  await table.flush();
  return table;
}

const names = async (rows: AsyncIterable<Row>): Promise<unknown[]> =>
  (await allOf(rows)).map(({ name }) => name);

describe('a scan', () => {
  it('yields rows in key order, with the columns that are asked for', async () => {
    const table = await filled();
    const all = await allOf(table.scan());
    expect(all.map(({ name }) => name)).toEqual(
      ['APAC', 'EU', 'US'].flatMap((region) => [1, 2, 3, 4, 5].map((id) => `${region}-${id}`)),
    );
    expect(await allOf(table.scan({ columns: ['score', 'id'], limit: 1 }))).toEqual([{ score: 0.5, id: 1 }]);
    expect(Object.keys((await allOf(table.scan({ columns: ['score', 'id'], limit: 1 })))[0])).toEqual([
      'score',
      'id',
    ]);
    expect(await allOf(table.scan({ columns: ['region'], limit: 1, reverse: true }))).toEqual([
      { region: 'US' },
    ]);
  });

  it('goes by ranges of leading columns: keys that begin with a bound count as it', async () => {
    const table = await filled();
    const ids = async (range: object): Promise<unknown[]> => names(table.scan({ range }));
    expect(await ids({ gte: { region: 'EU', id: 4 }, lt: { region: 'US', id: 2 } })).toEqual([
      'EU-4',
      'EU-5',
      'US-1',
    ]);
    expect((await ids({ gt: { region: 'APAC' }, lte: { region: 'EU' } })).length).toBe(5);
    expect(await ids({ lt: { region: 'APAC' } })).toEqual([]);
    expect(await ids({ gte: { region: 'US', id: 9 } })).toEqual([]);
    expect(await ids({ gte: { region: 'US' }, lt: { region: 'EU' } })).toEqual([]);
    for (const range of [
      { gte: { id: 1 } },
      { gte: {} },
      { gte: { name: 'x' } },
      { from: { region: 'x' } },
      { gte: 5 },
    ])
      failureNow(() => table.scan({ range } as object), 'INVALID_ARGUMENT');
  });

  it('takes conditions: on leading columns they are a range, on others a filter', async () => {
    const table = await filled();
    expect(await names(table.scan({ where: { region: 'EU', id: { gte: 2, lt: 4 } } }))).toEqual([
      'EU-2',
      'EU-3',
    ]);
    expect(await names(table.scan({ where: { id: 3 } }))).toEqual(['APAC-3', 'EU-3', 'US-3']);
    expect(await names(table.scan({ where: { score: { gt: 2 } }, limit: 2 }))).toEqual(['APAC-5', 'EU-5']);
    expect(await allOf(table.scan({ where: { name: 'US-2' }, columns: ['id'] }))).toEqual([{ id: 2 }]);
    expect(
      await names(table.scan({ where: { region: { gt: 'APAC', lte: 'EU' }, score: 1 }, reverse: true })),
    ).toEqual(['EU-2']);
    table.upsert({ region: 'US', id: 9 });
    await table.flush();
    expect(await allOf(table.scan({ where: { name: null }, columns: ['id', 'name'] }))).toEqual([
      { id: 9, name: null },
    ]);
    for (const where of [{ nope: 1 }, { id: 'x' }, { id: { near: 1 } }, { id: { gt: null } }, 5])
      failureNow(() => table.scan({ where } as object), 'INVALID_ARGUMENT');
  });

  it('compares values of every order, and refuses those without one', async () => {
    const { table } = await freshTable({
      columns: {
        id: int(),
        d: decimal(5, 2),
        n: double(),
        t: timestampLtz(3),
        b: bytes(),
        s: string(),
        a: array(int()),
      },
      primaryKey: ['id'],
    });
    table.upsert({ id: 1, d: '-1.50', n: Number.NaN, t: 1000, b: Uint8Array.of(1), s: '\ufffd', a: [] });
    table.upsert({ id: 2, d: '10', n: 1, t: 2000, b: Uint8Array.of(0, 9), s: '\u{1F600}', a: [] });
    await table.flush();
    const ids = async (where: object): Promise<unknown[]> =>
      (await allOf(table.scan({ where }))).map(({ id }) => id);
    expect(await ids({ d: { lt: '2.00' } })).toEqual([1]);
    expect(await ids({ n: Number.NaN })).toEqual([1]);
    expect(await ids({ n: { gt: 0 } })).toEqual([2]);
    expect(await ids({ t: { gte: new Date(1500) } })).toEqual([2]);
    expect(await ids({ b: { lt: Uint8Array.of(1) } })).toEqual([2]);
    // By code points, as keys: not by UTF-16 units.
    expect(await ids({ s: { gt: '\ufffd' } })).toEqual([2]);
    expect(failureNow(() => table.scan({ where: { a: [] } }), 'INVALID_ARGUMENT').message).toContain(
      'no order',
    );
  });

  it('reads a snapshot, and keeps the version at which it began', async () => {
    const { table } = await freshTable(SCHEMA);
    const row = { region: 'EU', id: 1, name: 'a', score: 1 };
    await table.upsert(row);
    await table.upsert({ ...row, name: 'b' });
    expect(await names(table.scan({ snapshot: 1 }))).toEqual(['a']);
    expect(await names(table.prefixLookup({ region: 'EU' }, { snapshot: 1 }))).toEqual(['a']);
    expect(await names(table.scan({ snapshot: 0 }))).toEqual([]);
    const scan = table.scan();
    expect((await scan.next()).value?.name).toBe('b');
    await table.upsert({ ...row, id: 2 });
    expect((await scan.next()).done).toBe(true);
    await failure(allOf(table.scan({ snapshot: 99 })), 'NOT_FOUND');
    await failure(allOf(table.scan({ snapshot: -1 })), 'INVALID_ARGUMENT');
  });

  it('of a bucket yields the rows that Fluss would have there', async () => {
    const table = await filled();
    const buckets = await Promise.all([0, 1, 2].map((bucket) => allOf(table.scan({ bucket }))));
    expect(buckets.flat().length).toBe(15);
    for (const [bucket, rows] of buckets.entries())
      for (const row of rows) expect(table.bucketOf(row)).toBe(bucket);
    failureNow(() => table.scan({ bucket: 3 }), 'INVALID_ARGUMENT');
  });

  it('ends by its signal, and when the table is closed', async () => {
    const table = await filled();
    const scan = table.scan({ signal: AbortSignal.abort('enough') });
    await expect(async () => scan.next()).rejects.toBe('enough');
    const other = table.scan();
    await other.next();
    await table.close();
    await failure(async () => other.next(), 'CLOSED');
    failureNow(() => table.scan(), 'CLOSED');
    await failure(table.lookup({ region: 'US', id: 1 }), 'CLOSED');
    failureNow(() => table.upsert({ region: 'US', id: 1 }), 'CLOSED');
    await failure(table.flush(), 'CLOSED');
    await table.close();
  });
});

describe('a look-up', () => {
  it('reads some columns, and refuses keys that are none', async () => {
    const table = await filled();
    const key = { region: 'US', id: 2 };
    expect(await table.lookup(key, { columns: ['score'] })).toEqual({ score: 1 });
    await failure(table.lookup(key, { columns: ['nope'] }), 'INVALID_ARGUMENT');
    await failure(table.lookup({ region: 'US' }), 'INVALID_ARGUMENT');
    await failure(table.lookup({ ...key, name: 'x' }), 'INVALID_ARGUMENT');
    await failure(table.lookup({ ...key, id: '2' }), 'INVALID_ARGUMENT');
    for (const wrong of [null, undefined, 5, 'US', ['US', 1]])
      await failure(table.lookup(wrong as never), 'INVALID_ARGUMENT');
  });

  it('gives a row of its own each time', async () => {
    const table = await filled();
    const first = (await table.lookup({ region: 'US', id: 2 })) as Row;
    first.name = 'changed';
    expect((await table.lookup({ region: 'US', id: 2 }))?.name).toBe('US-2');
  });
});

describe('a row', () => {
  it('leaves out what may be null, and reads own members alone', async () => {
    const { table } = await freshTable({
      columns: { id: int(), toString: string().nullable() },
      primaryKey: ['id'],
    });
    await table.upsert({ id: 1 });
    expect(await table.lookup({ id: 1 })).toEqual({ id: 1, toString: null });
    table.upsert(Object.create({ id: 5 }, { id: { value: 2, enumerable: true } }));
    await table.flush();
    expect((await table.lookup({ id: 2 }))?.id).toBe(2);
    failureNow(() => table.upsert(Object.create({ id: 5 })), 'INVALID_ARGUMENT');
    for (const row of [null, undefined, 1, 'a', [1]])
      failureNow(() => table.upsert(row as never), 'INVALID_ARGUMENT');
  });

  it('may be encoded while another one is: by a getter', async () => {
    const { table } = await freshTable(SCHEMA);
    table.upsert({
      region: 'EU',
      get id() {
        table.upsert({ region: 'EU', id: 2, name: 'inner' });
        return 1;
      },
      name: 'outer',
    });
    await table.flush();
    expect(await names(table.scan())).toEqual(['outer', 'inner']);
  });

  it('with a key that is too long is refused, and nothing is queued', async () => {
    const { table } = await freshTable({ columns: { k: string(), v: string() }, primaryKey: ['k'] });
    failureNow(() => table.upsert({ k: 'x'.repeat(70_000), v: '' }), 'TOO_LARGE');
    expect(table.queued).toBe(0);
    await table.upsert({ k: 'x'.repeat(65_000), v: 'there' });
    expect((await table.lookup({ k: 'x'.repeat(65_000) }))?.v).toBe('there');
    expect(await table.lookup({ k: 'x'.repeat(70_000) })).toBeUndefined();
  });

  it('has its place by the order of its values', async () => {
    const { table } = await freshTable({
      columns: { n: bigint(), t: timestampLtz(9), d: decimal(10, 2), b: bytes() },
      primaryKey: ['n', 't', 'd', 'b'],
    });
    const keys = [
      [-(2n ** 63n), 0n, '0', 0],
      [-1n, -5n, '0', 0],
      [-1n, 5n, '-1.5', 0],
      [-1n, 5n, '-1.25', 0],
      [-1n, 5n, '10', 0],
      [-1n, 5n, '10', 255],
      [0n, 0n, '0', 0],
      [2n ** 53n + 1n, 0n, '0', 0],
      [2n ** 63n - 1n, 0n, '0', 0],
    ] as const;
    for (const [n, t, d, b] of [...keys].reverse()) table.upsert({ n, t, d, b: Uint8Array.of(b) });
    await table.flush();
    const rows = await allOf(table.scan());
    expect(rows.map(({ n, b }) => [n, (b as Uint8Array)[0]])).toEqual(keys.map(([n, , , b]) => [n, b]));
    expect((await table.lookup({ n: -1n, t: 5n, d: '10.00', b: Uint8Array.of(255) }))?.d).toBe('10.00');
  });
});

describe('the calls of a log', () => {
  it('are refused by a table with a primary key, and the other way round', async () => {
    const { table } = await freshTable(SCHEMA);
    for (const call of ['append', 'records', 'latestOffset', 'earliestOffset', 'offsetAt'] as const) {
      const error = failureNow(() => (table[call] as (value: object) => unknown)({}), 'UNSUPPORTED');
      expect(error.message).toContain(`${call}() is for logs`);
    }
    const { table: log } = await freshTable({ columns: { v: int() } });
    for (const call of ['upsert', 'delete', 'lookup', 'prefixLookup', 'changes'] as const) {
      const error = failureNow(() => (log[call] as (value: object) => unknown)({}), 'UNSUPPORTED');
      expect(error.message).toContain(`${call}() is for tables with a primary key`);
    }
  });
});

describe('partitions', () => {
  const PARTITIONED = {
    columns: { id: int(), region: string(), v: int() },
    primaryKey: ['id', 'region'],
    partitionedBy: ['region'],
  };

  it('are made by writing and by hand, listed, filtered, and dropped with their rows', async () => {
    const { db, table } = await freshTable(PARTITIONED);
    for (const region of ['US', 'EU']) for (let id = 0; id < 3; id++) table.upsert({ id, region, v: id });
    await table.flush();
    await db.admin.createPartition('db.t', { region: 'APAC' });
    await failure(db.admin.createPartition('db.t', { region: 'US' }), 'ALREADY_EXISTS');
    await db.admin.createPartition('db.t', { region: 'US' }, { ignoreIfExists: true });
    const list = async (filter?: object): Promise<unknown[]> =>
      (await db.admin.listPartitions('db.t', filter as Row)).map(({ name }) => name);
    expect(await list()).toEqual(['APAC', 'EU', 'US']);
    expect(await list({ region: 'EU' })).toEqual(['EU']);
    expect(await list({})).toEqual(['APAC', 'EU', 'US']);
    await failure(list({ id: 1 }), 'INVALID_ARGUMENT');
    // Rows of all partitions come in key order.
    expect((await allOf(table.scan())).map(({ id, region }) => `${id}${region}`)).toEqual([
      '0EU',
      '0US',
      '1EU',
      '1US',
      '2EU',
      '2US',
    ]);
    await db.admin.dropPartition('db.t', { region: 'US' });
    await table.refresh();
    expect((await allOf(table.scan())).map(({ region }) => region)).toEqual(['EU', 'EU', 'EU']);
    expect(await list()).toEqual(['APAC', 'EU']);
    await db.admin.dropPartition('db.t', { region: 'US' }, { ignoreIfNotExists: true });
    await failure(db.admin.dropPartition('db.t', {}), 'INVALID_ARGUMENT');
    const { db: other } = await freshTable(SCHEMA);
    await failure(other.admin.listPartitions('db.t'), 'UNSUPPORTED');
  });

  it('of a log are dropped, and begin anew', async () => {
    const { db, table } = await freshTable({
      columns: { day: string(), v: int() },
      partitionedBy: ['day'],
      buckets: 2,
    });
    for (const day of ['mon', 'tue']) for (let v = 0; v < 2; v++) table.append({ day, v });
    await table.flush();
    await failure(table.latestOffset(0), 'INVALID_ARGUMENT');
    const offsets = await Promise.all(
      [0, 1].map((bucket) => table.latestOffset(bucket, { partition: { day: 'mon' } })),
    );
    expect(offsets.sort()).toEqual([0, 2]);
    await db.admin.dropPartition('db.t', { day: 'mon' });
    await table.refresh();
    expect((await allOf(table.scan())).map(({ day }) => day)).toEqual(['tue', 'tue']);
    await table.append({ day: 'mon', v: 9 });
    const records = await allOf(table.records({ partition: { day: 'mon' } }));
    expect(records.map(({ offset, row }) => [offset, row.v])).toEqual([[0, 9]]);
  });
});

describe('changes of the columns', () => {
  it('are survived by rows that were written before, and are seen by tables that are open', async () => {
    const { db, table } = await freshTable(SCHEMA);
    await table.upsert({ region: 'EU', id: 1, name: 'old', score: 1 });
    await db.admin.alterTable('db.t', {
      addColumns: { extra: array(int()).nullable() },
      dropColumns: ['name'],
    });
    expect(await table.lookup({ region: 'EU', id: 1 })).toEqual({
      region: 'EU',
      id: 1,
      score: 1,
      extra: null,
    });
    await table.upsert({ region: 'EU', id: 2, score: 2, extra: [1] });
    // A column of the same name is another one: what the dropped one held does not come back.
    await db.admin.alterTable('db.t', { addColumns: { name: int().nullable() } });
    await table.upsert({ region: 'EU', id: 1, name: 5 }, { columns: ['region', 'id', 'name'] });
    expect(await allOf(table.scan())).toEqual([
      { region: 'EU', id: 1, score: 1, extra: null, name: 5 },
      { region: 'EU', id: 2, score: 2, extra: [1], name: null },
    ]);
    const info = await db.admin.tableInfo('db.t');
    expect(info.schemaVersion).toBe(3);
    expect(info.columns.map(({ name, type, nullable }) => `${name} ${type} ${nullable}`)).toEqual([
      'region STRING false',
      'id INT false',
      'score DOUBLE true',
      'extra ARRAY<INT> true',
      'name INT true',
    ]);
    expect((await allOf(table.changes())).map(({ row }) => row.name)).toEqual([null, null, null, 5]);
  });

  it('are seen by other connections: rows of newer columns are not lost by partial updates', async () => {
    const { db, table } = await freshTable(SCHEMA);
    await table.upsert({ region: 'EU', id: 1, name: 'a', score: 1 });
    const other = await connect(db.uri);
    const there = await other.table('db.t');
    await db.admin.alterTable('db.t', { addColumns: { extra: int().nullable() } });
    await table.upsert({ region: 'EU', id: 1, name: 'a', score: 1, extra: 7 });
    there.upsert({ region: 'EU', id: 1, score: 2 }, { columns: ['region', 'id', 'score'] });
    await there.flush();
    expect(await there.lookup({ region: 'EU', id: 1 })).toEqual({
      region: 'EU',
      id: 1,
      name: 'a',
      score: 2,
      extra: 7,
    });
    await other.close();
  });

  it('that would lose something are refused', async () => {
    const { db } = await freshTable(SCHEMA);
    for (const changes of [
      {},
      { addColumns: {} },
      { addColumns: { extra: int() } },
      { addColumns: { name: int().nullable() } },
      { addColumns: { extra: 5 } },
      { dropColumns: ['id'] },
      { dropColumns: ['region'] },
      { dropColumns: ['nope'] },
      { dropColumns: 'name' },
      { renameColumns: {} },
    ])
      await failure(db.admin.alterTable('db.t', changes as object), 'INVALID_ARGUMENT');
    await failure(db.admin.alterTable('db.nope', { dropColumns: ['name'] }), 'NOT_FOUND');
    expect((await db.admin.tableInfo('db.t')).schemaVersion).toBe(1);
  });
});

describe('changes from version to version', () => {
  it('begin with what the oldest kept version has, when older ones are gone', async () => {
    const { table } = await freshTable({ ...SCHEMA, properties: { keepVersions: '2' } });
    for (let id = 1; id <= 4; id++) await table.upsert({ region: 'EU', id, name: `n${id}` });
    await table.compact({ full: true });
    const changes = await allOf(table.changes());
    expect(changes.map(({ type, row }) => `${type}${row.id}`).join(' ')).toMatch(/^\+I1 .*\+I4$/);
    expect(new Set(changes.map(({ row }) => row.id)).size).toBe(4);
    const { message } = await failure(allOf(table.changes({ from: 1 })), 'NOT_FOUND');
    expect(message).toContain('keepVersions');
    for (const options of [{ from: -1 }, { to: 0.5 }, { from: 'x' }, { since: 1 }])
      await failure(allOf(table.changes(options as object)), 'INVALID_ARGUMENT');
  });
});
