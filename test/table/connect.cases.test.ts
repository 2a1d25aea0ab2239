import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import {
  array,
  bigint,
  binary,
  boolean,
  bytes,
  type Connection,
  char,
  connect,
  date,
  decimal,
  double,
  EARLIEST,
  float,
  int,
  LATEST,
  map,
  type Row,
  row,
  smallint,
  string,
  type Table,
  time,
  timestamp,
  timestampLtz,
  tinyint,
} from '../../src/table/index.ts';
import { bucketOfKey } from '../../src/table/row/bucket-hash.ts';
import {
  parsePartitionName,
  parseQualifiedPartitionName,
  partitionName,
  qualifiedPartitionName,
} from '../../src/table/row/partition-name.ts';
import { RowWriter } from '../../src/table/row/row-writer.ts';
import { IntegerKind } from '../../src/table/row/scalar-kinds.ts';
import { allOf } from '../support/all-of.ts';
import { failure, failureNow } from '../support/failures.ts';
import { freshConnection, freshTable } from '../support/tables.ts';

// The numbers are those of the cases of Fluss's client; a title says so where something is different here.

const USERS = { columns: { id: int(), name: string(), age: bigint() }, primaryKey: ['id'] };

async function withUsers(): Promise<{ db: Connection; table: Table }> {
  const opened = await freshTable(USERS);
  for (const [id, name, age] of [
    [1, 'Verso', 32n],
    [2, 'Noco', 25n],
    [3, 'Esquie', 35n],
  ] as const)
    opened.table.upsert({ id, name, age });
  await opened.table.flush();
  return opened;
}

describe('rows with a primary key', () => {
  it('S1: upserted rows are looked up', async () => {
    const { table } = await withUsers();
    expect(await table.lookup({ id: 1 })).toEqual({ id: 1, name: 'Verso', age: 32n });
    expect(await table.lookup({ id: 2 })).toEqual({ id: 2, name: 'Noco', age: 25n });
    expect(await table.lookup({ id: 3 })).toEqual({ id: 3, name: 'Esquie', age: 35n });
  });

  it('S2: a row takes the place of the one with its key', async () => {
    const { table } = await withUsers();
    await table.upsert({ id: 1, name: 'Verso', age: 33n });
    expect(await table.lookup({ id: 1 })).toEqual({ id: 1, name: 'Verso', age: 33n });
  });

  it('S3: a deleted row is gone, and the others stay', async () => {
    const { table } = await withUsers();
    await table.delete({ id: 1 });
    expect(await table.lookup({ id: 1 })).toBeUndefined();
    expect(await table.lookup({ id: 2 })).toBeDefined();
    expect(await table.lookup({ id: 3 })).toBeDefined();
    expect(await table.lookup({ id: 999 })).toBeUndefined();
  });

  it('S4, S11: keys of several columns', async () => {
    const { table } = await freshTable({
      columns: { region: string(), user_id: int(), score: bigint() },
      primaryKey: ['region', 'user_id'],
    });
    for (const [region, user_id, score] of [
      ['US', 1, 100n],
      ['US', 2, 200n],
      ['EU', 1, 150n],
      ['EU', 2, 250n],
    ] as const)
      table.upsert({ region, user_id, score });
    await table.flush();
    expect((await table.lookup({ region: 'US', user_id: 1 }))?.score).toBe(100n);
    expect((await table.lookup({ user_id: 2, region: 'EU' }))?.score).toBe(250n);
    table.upsert({ region: 'US', user_id: 1, score: 500n });
    table.delete({ region: 'EU', user_id: 1 });
    await table.flush();
    expect((await table.lookup({ region: 'US', user_id: 1 }))?.score).toBe(500n);
    expect(await table.lookup({ region: 'EU', user_id: 1 })).toBeUndefined();
    expect((await table.lookup({ region: 'EU', user_id: 2 }))?.score).toBe(250n);
  });

  const NESTED = {
    columns: {
      id: int(),
      name: string().nullable(),
      score: int().nullable(),
      place: row({ x: int(), label: string().nullable() }).nullable(),
      tags: map(string(), int().nullable()).nullable(),
      list: array(int().nullable()).nullable(),
    },
    primaryKey: ['id'],
  };
  const WHOLE = {
    id: 1,
    name: 'Verso',
    score: 6942,
    place: { x: 42, label: 'hello' },
    tags: new Map([['a', 1]]),
    list: [1, null, 3],
  };

  it('S5: a partial update keeps the other columns', async () => {
    const { table } = await freshTable(NESTED);
    table.upsert(WHOLE);
    await table.flush();
    await table.upsert({ id: 1, score: 420 }, { columns: ['id', 'score'] });
    expect(await table.lookup({ id: 1 })).toEqual({ ...WHOLE, score: 420 });
  });

  it('S6: a partial update of a ROW, a MAP or an ARRAY changes that column alone', async () => {
    const { table } = await freshTable(NESTED);
    table.upsert(WHOLE);
    for (const [column, value] of [
      ['place', { x: 7, label: null }],
      ['tags', new Map([['b', null]])],
      ['list', []],
    ] as const) {
      table.upsert({ id: 1, [column]: value }, { columns: ['id', column] });
    }
    await table.flush();
    expect(await table.lookup({ id: 1 })).toEqual({
      ...WHOLE,
      place: { x: 7, label: null },
      tags: new Map([['b', null]]),
      list: [],
    });
  });

  it('S5, different here: a first partial update is a row whose other columns are null', async () => {
    const { table } = await freshTable(NESTED);
    await table.upsert({ id: 5, score: 1 }, { columns: ['id', 'score'] });
    expect(await table.lookup({ id: 5 })).toEqual({
      id: 5,
      name: null,
      score: 1,
      place: null,
      tags: null,
      list: null,
    });
  });

  it('S7: a partial update names the key', async () => {
    const { table } = await freshTable(NESTED);
    const { message } = failureNow(
      () => table.upsert({ score: 1 }, { columns: ['score'] }),
      'INVALID_ARGUMENT',
    );
    expect(message).toContain('The target write columns [score] must contain the primary key columns [id]');
  });

  it('S8, different here: a partial update leaves out only columns that may be null', async () => {
    const { table } = await freshTable(USERS);
    const { message } = failureNow(
      () => table.upsert({ id: 1, name: 'x' }, { columns: ['id', 'name'] }),
      'INVALID_ARGUMENT',
    );
    expect(message).toContain('"age"');
    // A column that may not be null can be among those that are named.
    await table.upsert({ id: 1, name: 'x', age: 3n }, { columns: ['id', 'name', 'age'] });
    expect(await table.lookup({ id: 1 })).toEqual({ id: 1, name: 'x', age: 3n });
  });

  it('S9: a row that lacks a column is refused, with the counts', async () => {
    const { table } = await freshTable(USERS);
    const { message } = failureNow(() => table.upsert({ id: 1, name: 'x' }), 'INVALID_ARGUMENT');
    expect(message).toMatch(/db\.t: column "age" .*Expected: 3, Actual: 2/);
    expect(
      failureNow(() => table.upsert({ id: 1, name: 'x', age: 1n, more: 1 }), 'INVALID_ARGUMENT').message,
    ).toContain('db.t has no column "more"; its columns are id, name, age');
    expect(table.queued).toBe(0);
  });
});

const PARTITIONED = {
  columns: { region: string(), a: int(), b: string(), c: int(), v: string() },
  primaryKey: ['region', 'a', 'b', 'c'],
  bucketKey: ['a', 'b'],
  buckets: 3,
  partitionedBy: ['region'],
};

describe('look-ups by prefix and partition', () => {
  async function prefixTable(): Promise<Table> {
    const { table } = await freshTable({
      columns: { a: int(), b: string(), c: int(), d: string() },
      primaryKey: ['a', 'b', 'c'],
      bucketKey: ['a', 'b'],
      buckets: 3,
    });
    for (const [a, b, c] of [
      [1, 'aaaaaaaaa', 3],
      [1, 'aaaaaaaaa', 1],
      [1, 'aaaaaaaaa', 2],
      [2, 'aaaaaaaaa', 4],
    ] as const)
      table.upsert({ a, b, c, d: `d${c}` });
    await table.flush();
    return table;
  }

  it('S10: what is in no partition is not there', async () => {
    const { table } = await freshTable(PARTITIONED);
    await table.upsert({ region: 'US', a: 1, b: 'x', c: 1, v: 'y' });
    expect(await table.lookup({ region: 'UNKNOWN_REGION', a: 1, b: 'x', c: 1 })).toBeUndefined();
    expect(await table.lookup({ region: 'US', a: 1, b: 'x', c: 1 })).toBeDefined();
  });

  it('S12, S13: a prefix finds its rows in key order', async () => {
    const table = await prefixTable();
    const found = async (prefix: Row): Promise<unknown[]> =>
      (await allOf(table.prefixLookup(prefix))).map(({ c }) => c);
    expect(await found({ a: 1, b: 'aaaaaaaaa' })).toEqual([1, 2, 3]);
    expect(await found({ a: 2, b: 'aaaaaaaaa' })).toEqual([4]);
    expect(await found({ a: 3, b: 'a' })).toEqual([]);
  });

  it('S14, different here: any leading columns will do, in any order of writing; others are refused', async () => {
    const table = await prefixTable();
    const found = async (prefix: Row): Promise<unknown[]> =>
      (await allOf(table.prefixLookup(prefix))).map(({ c }) => c);
    expect(await found({ b: 'aaaaaaaaa', a: 1 })).toEqual([1, 2, 3]);
    expect(await found({ a: 1 })).toEqual([1, 2, 3]);
    expect(await found({ a: 1, b: 'aaaaaaaaa', c: 2 })).toEqual([2]);
    expect(await found({})).toEqual([1, 2, 3, 4]);
    expect(failureNow(() => table.prefixLookup({ b: 'aaaaaaaaa' }), 'INVALID_ARGUMENT').message).toContain(
      'lacks "a"',
    );
    expect(failureNow(() => table.prefixLookup({ d: 'x' }), 'INVALID_ARGUMENT').message).toContain('"d"');
  });

  it('S15: a prefix in a partition, and in all of them', async () => {
    const { table } = await freshTable(PARTITIONED);
    for (const [region, a, b, c] of [
      ['US', 1, 'aaaaaaaaa', 1],
      ['US', 1, 'aaaaaaaaa', 2],
      ['US', 2, 'aaaaaaaaa', 1],
      ['EU', 1, 'aaaaaaaaa', 3],
    ] as const)
      table.upsert({ region, a, b, c, v: '' });
    await table.flush();
    const found = async (prefix: Row, options = {}): Promise<unknown[]> =>
      (await allOf(table.prefixLookup(prefix, options))).map(({ region, c }) => `${region}${c}`);
    expect(await found({ region: 'US', a: 1, b: 'aaaaaaaaa' })).toEqual(['US1', 'US2']);
    expect(await found({ a: 1, b: 'aaaaaaaaa' })).toEqual(['EU3', 'US1', 'US2']);
    expect(await found({ a: 1 }, { reverse: true, limit: 2 })).toEqual(['US2', 'US1']);
    expect(await found({ a: 1 }, { limit: 0 })).toEqual([]);
  });
});

describe('changes', () => {
  it('S16, different here: changes carry versions, and those of one flush are their net effect', async () => {
    const { table } = await freshTable(USERS);
    const one = { id: 1, name: 'a', age: 1n };
    const two = { id: 2, name: 'b', age: 2n };
    await table.upsert(one);
    await table.upsert(two);
    await table.upsert({ ...one, age: 9n });
    await table.delete({ id: 2 });
    expect(await allOf(table.changes())).toEqual([
      { type: '+I', row: one, version: 1 },
      { type: '+I', row: two, version: 2 },
      { type: '-U', row: one, version: 3 },
      { type: '+U', row: { ...one, age: 9n }, version: 3 },
      { type: '-D', row: two, version: 4 },
    ]);
    expect((await allOf(table.changes({ from: 2, to: 3 }))).map(({ type }) => type)).toEqual(['-U', '+U']);
    expect(await allOf(table.changes({ from: 4 }))).toEqual([]);
    table.upsert({ id: 7, name: 'x', age: 1n });
    table.upsert({ id: 7, name: 'y', age: 1n });
    table.upsert({ id: 8, name: 'x', age: 1n });
    table.delete({ id: 8 });
    const { version } = await table.flush();
    expect(await allOf(table.changes({ from: 4 }))).toEqual([
      { type: '+I', row: { id: 7, name: 'y', age: 1n }, version },
    ]);
  });
});

describe('types', () => {
  it('S17: every type is read back as it was written, NULL and empty ones too', async () => {
    const { table } = await freshTable({
      columns: {
        id: int(),
        boolean: boolean().nullable(),
        tinyint: tinyint().nullable(),
        smallint: smallint().nullable(),
        bigint: bigint().nullable(),
        float: float().nullable(),
        double: double().nullable(),
        char: char(3).nullable(),
        string: string().nullable(),
        decimal: decimal(38, 18).nullable(),
        date: date().nullable(),
        time: time(9).nullable(),
        timestamp: timestamp(9).nullable(),
        ltz: timestampLtz(9).nullable(),
        bytes: bytes().nullable(),
        binary: binary(2).nullable(),
        array: array(array(string().nullable())).nullable(),
        map: map(string(), row({ n: bigint().nullable() })).nullable(),
        row: row({ inner: row({ x: int() }).nullable() }).nullable(),
      },
      primaryKey: ['id'],
    });
    const rows: Row[] = [
      {
        id: 1,
        boolean: true,
        tinyint: -128,
        smallint: 32767,
        bigint: 2n ** 53n + 1n,
        float: Math.fround(0.1),
        double: -0,
        char: '\u{1F600}ab',
        string: '',
        decimal: '12345678901234567890.123456789012345678',
        date: new Temporal.PlainDate(1969, 12, 31),
        time: new Temporal.PlainTime(23, 59, 59, 999, 999, 999),
        timestamp: Temporal.PlainDateTime.from('1901-02-03T04:05:06.000000007'),
        ltz: Temporal.Instant.from('1969-12-31T23:59:59.999999999Z'),
        bytes: new Uint8Array(0),
        binary: Uint8Array.of(0, 255),
        array: [['a', null], []],
        map: new Map(),
        row: { inner: null },
      },
      {
        id: -2147483648,
        boolean: false,
        tinyint: 127,
        smallint: -32768,
        bigint: -(2n ** 63n),
        float: Number.NaN,
        double: Number.NEGATIVE_INFINITY,
        char: '',
        string: 'x'.repeat(100_000),
        decimal: '-99999999999999999999.999999999999999999',
        date: Temporal.PlainDate.from('-271821-04-19'),
        time: new Temporal.PlainTime(),
        timestamp: Temporal.PlainDateTime.from('-271821-04-19T00:00:00.000000001'),
        ltz: new Temporal.Instant(-8_640_000_000_000_000_000_000n),
        bytes: Uint8Array.of(0, 1, 2),
        binary: Uint8Array.of(1, 2),
        array: [],
        map: new Map([['k', { n: null }]]),
        row: { inner: { x: -1 } },
      },
      {
        id: 2147483647,
        boolean: null,
        tinyint: null,
        smallint: null,
        bigint: 2n ** 63n - 1n,
        float: -0,
        double: 5e-324,
        char: null,
        string: null,
        decimal: '0.000000000000000000',
        date: Temporal.PlainDate.from('+275760-09-13'),
        time: null,
        timestamp: Temporal.PlainDateTime.from('+275760-09-13T23:59:59.999999999'),
        ltz: new Temporal.Instant(8_640_000_000_000_000_000_000n),
        bytes: null,
        binary: null,
        array: null,
        map: null,
        row: null,
      },
    ];
    for (const one of rows) table.upsert(one);
    await table.flush();
    for (const one of rows) {
      const read = (await table.lookup({ id: one.id as number })) as Row;
      for (const [name, value] of Object.entries(one)) expect(show(read[name]), name).toBe(show(value));
      expect(Object.keys(read)).toEqual(Object.keys(one));
    }
  });
});

/** A value as text that tells apart −0, types and Temporal objects. */
function show(value: unknown): string {
  if (typeof value === 'string' && value.length > 1000) return `text of ${value.length}`;
  if (value instanceof Map) return `Map ${show([...value])}`;
  if (Array.isArray(value)) return `[${value.map(show).join()}]`;
  if (value instanceof Uint8Array) return `bytes ${[...value].join()}`;
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return `{${Object.entries(value).map(([name, member]) => `${name}: ${show(member)}`)}}`;
  return `${Object.prototype.toString.call(value)} ${Object.is(value, -0) ? '-0' : String(value)}`;
}

const EVENTS = { columns: { id: int(), name: string() } };

async function withEvents(count: number, now = () => 1000): Promise<{ db: Connection; table: Table }> {
  const opened = await freshTable(EVENTS, { clock: now });
  for (let id = 1; id <= count; id++) opened.table.append({ id, name: `n${id}` });
  await opened.table.flush();
  return opened;
}

describe('logs', () => {
  it('S18: offsets count the records', async () => {
    const { table } = await freshTable(EVENTS);
    expect(await table.latestOffset(0)).toBe(0);
    for (const id of [1, 2, 3]) table.append({ id, name: '' });
    await table.flush();
    expect(await table.latestOffset(0)).toBe(3);
    expect(await table.earliestOffset(0)).toBe(0);
  });

  it('S19: moments before the first and after the last record, and between', async () => {
    let now = 1000;
    const { table } = await withEvents(3, () => now);
    expect(await table.offsetAt(0)).toBe(0);
    expect(await table.offsetAt(new Date(5000))).toBe(3);
    now = 2000;
    await table.append({ id: 4, name: '' });
    for (const at of [1001, 2000, 2_000_000_000n, Temporal.Instant.fromEpochMilliseconds(1500)])
      expect(await table.offsetAt(at)).toBe(3);
    expect(await allOf(table.records({ from: { timestamp: 1500 } }))).toEqual([
      { row: { id: 4, name: '' }, offset: 3, bucket: 0, timestamp: 2000, changeType: '+A' },
    ]);
  });

  it('S20: columns by name; none, and one that is not there, are refused', async () => {
    const { table } = await withEvents(1);
    expect((await allOf(table.records({ columns: ['name'] })))[0].row).toEqual({ name: 'n1' });
    failureNow(() => table.records({ columns: [] }), 'INVALID_ARGUMENT');
    expect(failureNow(() => table.records({ columns: ['nope'] }), 'INVALID_ARGUMENT').message).toContain(
      '"nope"',
    );
  });

  it('S21: reading goes on from an offset', async () => {
    const { table } = await withEvents(6);
    const ids = async (from: number): Promise<unknown[]> =>
      (await allOf(table.records({ bucket: 0, from }))).map(({ row: { id } }) => id);
    expect(await ids(EARLIEST)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const id of [7, 8]) table.append({ id, name: '' });
    await table.flush();
    expect(await ids(6)).toEqual([7, 8]);
    expect(await ids(3)).toEqual([4, 5, 6, 7, 8]);
    expect(await ids(LATEST)).toEqual([]);
  });

  it('S22, different here: a limit of 0 yields nothing, and records have limits', async () => {
    const { table } = await withEvents(4);
    expect(await allOf(table.records({ limit: 0 }))).toEqual([]);
    expect((await allOf(table.records({ limit: 2 }))).map(({ offset }) => offset)).toEqual([0, 1]);
    for (const limit of [-5, 1.5, Number.NaN]) failureNow(() => table.records({ limit }), 'INVALID_ARGUMENT');
    const { table: users } = await withUsers();
    expect(await allOf(users.scan({ limit: 0 }))).toEqual([]);
    failureNow(() => users.scan({ limit: -5 }), 'INVALID_ARGUMENT');
  });

  it('S23: scans with a limit end there, of logs and of tables with keys', async () => {
    const { table } = await withEvents(4);
    expect((await allOf(table.scan({ limit: 3 }))).map(({ id }) => id)).toEqual([1, 2, 3]);
    const { table: users } = await withUsers();
    expect((await allOf(users.scan({ limit: 2 }))).map(({ id }) => id)).toEqual([1, 2]);
    expect((await allOf(users.scan({ limit: 20, reverse: true }))).map(({ id }) => id)).toEqual([3, 2, 1]);
  });

  it('S24: a bucket that is not there, and a table that was dropped, are refused', async () => {
    const { db, table } = await withEvents(1);
    for (const bucket of [1, -1, 0.5]) failureNow(() => table.records({ bucket }), 'INVALID_ARGUMENT');
    await failure(table.latestOffset(7), 'INVALID_ARGUMENT');
    await db.admin.dropTable('db.t');
    await db.admin.createTable('db.t', EVENTS);
    await failure(table.refresh(), 'NOT_FOUND');
    table.append({ id: 2, name: '' });
    await failure(table.flush(), 'NOT_FOUND');
    expect(await allOf((await db.table('db.t')).records())).toEqual([]);
  });

  it('S25, different here: reading ends at a stop offset, or at the end that there is', async () => {
    const { table } = await withEvents(5);
    const offsets = async (from: number, to: number): Promise<unknown[]> =>
      (await allOf(table.records({ bucket: 0, from, to }))).map(({ offset }) => offset);
    expect(await offsets(0, 2)).toEqual([0, 1]);
    expect(await offsets(2, 2)).toEqual([]);
    expect(await offsets(3, 100)).toEqual([3, 4]);
    expect(await offsets(100, 200)).toEqual([]);
    expect(await offsets(4, 1)).toEqual([]);
    expect(await offsets(0, LATEST)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('keys, buckets and names', () => {
  it("S26: buckets are Fluss's", async () => {
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    expect(bucketOfKey(Uint8Array.of(0x00, 0x0a), 7)).toBe(1);
    expect(bucketOfKey(Uint8Array.of(0x00, 0x0a, 0x0a, 0x0a), 12)).toBe(0);
    expect(bucketOfKey(text('2bb87d68-baf9-4e64-90f9-f80910419fa6'), 16)).toBe(6);
    expect(bucketOfKey(text('The quick brown fox jumps over the lazy dog'), 8)).toBe(6);
    const { table } = await freshTable({ columns: { u: string() }, primaryKey: ['u'], buckets: 16 });
    expect(table.bucketOf({ u: '2bb87d68-baf9-4e64-90f9-f80910419fa6' })).toBe(6);
    const { table: log } = await freshTable({ columns: { b: bytes() }, bucketKey: ['b'], buckets: 7 });
    await log.append({ b: Uint8Array.of(0x00, 0x0a) });
    expect((await allOf(log.records()))[0].bucket).toBe(1);
    expect((await allOf(log.records({ bucket: 1 }))).length).toBe(1);
  });

  it('S27: an empty key, and no buckets, are refused', async () => {
    failureNow(() => bucketOfKey(new Uint8Array(0), 3), 'INVALID_ARGUMENT');
    failureNow(() => bucketOfKey(Uint8Array.of(1), 0), 'INVALID_ARGUMENT');
    const db = await freshConnection();
    await failure(db.admin.createTable('db.t', { ...USERS, primaryKey: [] }), 'INVALID_ARGUMENT');
    await failure(db.admin.createTable('db.t', { ...USERS, buckets: 0 }), 'INVALID_ARGUMENT');
  });

  it('S28: the bytes of a bucket key, and null in a key', async () => {
    const writer = new RowWriter();
    for (const value of [1, 3, 2]) new IntegerKind('INT', 32).writeBucketKey(value, writer);
    expect([...writer.copy()]).toEqual([1, 3, 2]);
    const { table } = await freshTable({
      columns: { a: int(), b: bigint(), c: int() },
      primaryKey: ['a', 'b', 'c'],
    });
    const { message } = failureNow(() => table.upsert({ a: 1, b: 3n, c: null }), 'INVALID_ARGUMENT');
    expect(message).toContain('Cannot encode key with null value at position: 2');
    expect((await failure(table.lookup({ a: 1, b: 3n, c: null }), 'INVALID_ARGUMENT')).message).toContain(
      'position: 2',
    );
  });

  it('S29: names', async () => {
    const db = await freshConnection();
    for (const [name, why] of [
      ['*abc', "characters other than ASCII letters and digits, '_' and '-'"],
      ['', 'the empty string is not allowed'],
      ['.', "'.' is not allowed"],
      ['..', "'..' is not allowed"],
      ['a'.repeat(201), 'is 201, longer than the allowed 200'],
      ['__x', "'__' is not allowed as prefix"],
    ] as const) {
      expect((await failure(db.admin.createDatabase(name), 'INVALID_ARGUMENT')).message).toContain(why);
    }
    await db.admin.createDatabase('a'.repeat(200));
    await db.admin.createTable(`${'a'.repeat(200)}.${'b'.repeat(200)}`, USERS);
    await failure(db.admin.createTable('db.*abc', USERS), 'INVALID_ARGUMENT');
    await failure(db.admin.createTable('db', USERS), 'INVALID_ARGUMENT');
    await failure(db.admin.createTable('db.a.b', USERS), 'INVALID_ARGUMENT');
  });

  it('S30: the names of partitions', async () => {
    const columns = ['date', 'region'];
    expect(partitionName(['2024-01-15', 'US'])).toBe('2024-01-15$US');
    expect(qualifiedPartitionName(columns, ['2024-01-15', 'US'])).toBe('date=2024-01-15/region=US');
    expect(parsePartitionName(columns, '2024-01-15$US')).toEqual(['2024-01-15', 'US']);
    expect(parseQualifiedPartitionName(columns, 'region=US/date=2024-01-15')).toEqual(['2024-01-15', 'US']);
    expect(failureNow(() => parsePartitionName(columns, 'US'), 'INVALID_ARGUMENT').message).toContain(
      '1 values',
    );
    failureNow(() => parseQualifiedPartitionName(columns, 'date=2024-01-15'), 'INVALID_ARGUMENT');
    failureNow(() => parseQualifiedPartitionName(columns, 'date=1/city=2'), 'INVALID_ARGUMENT');
    const { db, table } = await freshTable({
      columns: { date: date(), region: string(), id: int() },
      primaryKey: ['date', 'region', 'id'],
      partitionedBy: columns,
    });
    await table.upsert({ date: '2024-01-15', region: 'US', id: 1 });
    expect(await db.admin.listPartitions('db.t')).toEqual([
      {
        name: '2024-01-15$US',
        qualifiedName: 'date=2024-01-15/region=US',
        values: { date: expect.anything(), region: 'US' },
      },
    ]);
  });

  it('S31: what exists, and what does not', async () => {
    const { db } = await withUsers();
    await failure(db.admin.createDatabase('db'), 'ALREADY_EXISTS');
    await failure(db.admin.createTable('db.t', USERS), 'ALREADY_EXISTS');
    await db.admin.createDatabase('db', { ignoreIfExists: true });
    await db.admin.createTable('db.t', EVENTS, { ignoreIfExists: true });
    expect((await db.admin.tableInfo('db.t')).primaryKey).toEqual(['id']);
    await failure(db.admin.dropDatabase('nope'), 'NOT_FOUND');
    await failure(db.admin.dropTable('db.nope'), 'NOT_FOUND');
    await failure(db.admin.dropTable('nope.t'), 'NOT_FOUND');
    await failure(db.admin.createTable('nope.t', USERS), 'NOT_FOUND');
    await failure(db.table('db.nope'), 'NOT_FOUND');
    await failure(db.admin.tableInfo('db.nope'), 'NOT_FOUND');
    await failure(db.admin.listTables('nope'), 'NOT_FOUND');
    await failure(db.admin.databaseInfo('nope'), 'NOT_FOUND');
    await db.admin.dropDatabase('nope', { ignoreIfNotExists: true });
    await db.admin.dropTable('db.nope', { ignoreIfNotExists: true });
    expect((await failure(db.admin.dropDatabase('db'), 'INVALID_ARGUMENT')).argument).toBe('cascade');
    await db.admin.dropDatabase('db', { cascade: true });
    expect(await db.admin.listDatabases()).toEqual([]);
  });

  it('S32: a partition that is not there', async () => {
    const { db, table } = await freshTable({ columns: { p: string(), v: int() }, partitionedBy: ['p'] });
    await table.append({ p: 'there', v: 1 });
    const message = "Table partition 'db.t(p=NOT Exists)' does not exist.";
    const reading = allOf(table.records({ partition: { p: 'NOT Exists' } }));
    expect((await failure(reading, 'NOT_FOUND')).message).toBe(message);
    expect((await failure(db.admin.dropPartition('db.t', { p: 'NOT Exists' }), 'NOT_FOUND')).message).toBe(
      message,
    );
    expect((await allOf(table.records({ partition: { p: 'there' } }))).length).toBe(1);
  });
});

it('a root that is a store is refused', async () => {
  const { createStore } = await import('../../src/index.ts');
  await createStore('memory:no-root').put('a', 1).close();
  const db = await connect('memory:no-root');
  await failure(db.admin.createDatabase('db'), 'NOT_A_STORE');
});
