import { describe, expect, it } from 'vitest';
import { directoryPerTest, fileWriter } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();
const write = fileWriter(at);

/** Runs `cairn table <words>` on the root of this test. */
function table(...words: string[]): ReturnType<typeof cairn> {
  return cairn(['table', ...words, '--root', at('warehouse')]);
}

async function made(): Promise<void> {
  await must([
    ...['table', 'create', 'shop.users', '--root', at('warehouse'), '-q', '--buckets', '3'],
    ...[
      '-c',
      'region STRING, id INT, name STRING?, score DECIMAL(5, 2)?, tags ARRAY<STRING>?',
      '-k',
      'region,id',
    ],
  ]);
}

describe('cairn table', () => {
  it('makes, describes, alters, lists and drops tables', async () => {
    await made();
    expect((await table('list')).out).toBe(
      'table       kind         columns  key         version  bytes\n' +
        'shop.users  primary-key        5  region, id        0    0 B\n',
    );
    const { err } = await table('alter', 'shop.users', '--drop', 'tags', '--add', 'email STRING?');
    expect(err).toBe('version 2 of the columns of shop.users: region, id, name, score, email\n');
    const { out } = await table('info', 'shop.users');
    expect(out).toContain('buckets  3 by region, id\n');
    expect(out).toContain('score   DECIMAL(5, 2)  yes\n');
    expect(out).toContain('id      INT            no    2\n');
    expect(JSON.parse((await table('info', 'shop.users', '--json')).out).columns[4]).toEqual({
      name: 'email',
      type: 'STRING',
      nullable: true,
    });
    expect(JSON.parse((await table('list', 'shop', '--json')).out).kind).toBe('primary-key');
    expect((await table('drop', 'shop.users')).code).toBe(0);
    expect((await table('drop', 'shop.users')).code).toBe(5);
    expect((await table('drop', 'shop.users', '--if-exists')).code).toBe(0);
  });

  it('upserts, looks up, scans and deletes rows', async () => {
    await made();
    const upserted = await table('upsert', 'shop.users', 'region=US', 'id=1', 'name=Verso, "V"', 'score=1.5');
    expect(upserted.err).toBe('upserted 1 row in version 1\n');
    await table(
      'upsert',
      'shop.users',
      '{"region":"US","id":20,"tags":["a"]}',
      '{"region":"EU","id":3,"name":""}',
    );
    expect((await table('scan', 'shop.users')).out).toBe(
      'region  id  name        score  tags\n' +
        'EU       3               NULL  NULL\n' +
        'US       1  Verso, "V"   1.50  NULL\n' +
        'US      20  NULL         NULL  ["a"]\n',
    );
    const scan = ['scan', 'shop.users', '--columns', 'id,name'];
    expect(
      (await table(...scan, '--where', 'region=US', '--where', 'id>=1', '--limit', '1', '--csv')).out,
    ).toBe('id,name\n1,"Verso, ""V"""\n');
    expect((await table(...scan, '-w', 'region<US', '--json')).out).toBe('{"id":3,"name":""}\n');
    expect((await table(...scan, '--csv', '--reverse')).out).toBe('id,name\n20,\n1,"Verso, ""V"""\n3,""\n');
    await table('upsert', 'shop.users', '--partial', 'region=US', 'id=1', 'score=2');
    const one = await table('lookup', 'shop.users', 'region=US', 'id=1', '--json');
    expect(one.out).toBe('{"region":"US","id":1,"name":"Verso, \\"V\\"","score":"2.00","tags":null}\n');
    expect((await table('lookup', 'shop.users', 'region=US', '--prefix', '-c', 'id', '--csv')).out).toBe(
      'id\n1\n20\n',
    );
    expect((await table('scan', 'shop.users', '--version', '1', '--csv')).out.split('\n').length).toBe(3);
    const missing = await table('lookup', 'shop.users', 'region=US', 'id=9');
    expect([missing.code, missing.err]).toEqual([1, 'cairn: shop.users has no row with region=US id=9\n']);
    expect((await table('delete', 'shop.users', 'region=US', 'id=1')).code).toBe(0);
    expect((await table('delete', 'shop.users', 'region=US', 'id=1')).code).toBe(1);
  });

  it('appends to logs, and prints their records', async () => {
    const events = ['shop.events', '-c', 'id INT, what STRING, day DATE', '--partitioned-by', 'day', '-q'];
    await table('create', ...events);
    await table('append', 'shop.events', 'id=1', 'what=login', 'day=2026-11-30');
    await table(
      'append',
      'shop.events',
      '{"id":2,"what":"buy","day":"2026-12-01"}',
      '{"id":3,"what":"x","day":"2026-11-30"}',
    );
    const { out } = await table('records', 'shop.events', '--csv', '-c', 'id');
    expect(out.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'T')).toBe(
      'bucket,offset,timestamp,id\n0,0,T,1\n0,1,T,3\n0,0,T,2\n',
    );
    const records = ['records', 'shop.events', '--json', '-c', 'id'];
    const ids = async (...words: string[]): Promise<number[]> => {
      const lines = (await table(...records, ...words)).out
        .trim()
        .split('\n')
        .filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line).id);
    };
    expect(await ids('--partition', 'day=2026-11-30', '--from', '1')).toEqual([3]);
    expect(await ids('--from', 'latest')).toEqual([]);
    expect(await ids('--from', '2000-01-01T00:00:00Z', '--limit', '2')).toEqual([1, 3]);
    expect((await table(...records, '--partition', 'day=1999-01-01')).code).toBe(5);
    expect((await table(...records, '--from', 'soon')).code).toBe(2);
    expect((await table(...records, '--bucket', '4')).code).toBe(2);
  });

  it.each([
    [['scan', 'shop.nope'], 5, 'the table shop.nope does not exist'],
    [['scan', 'users'], 2, 'names no table: write database.table'],
    [['scan', 'shop.users', '-w', 'nope=1'], 2, 'has no column "nope"'],
    [['scan', 'shop.users', '-w', 'id'], 2, 'write a condition as column=value'],
    [['scan', 'shop.users', '-w', 'id=x'], 2, 'column "id" is "x", not an integer'],
    [['scan', 'shop.users', '-w', 'tags=[]'], 2, 'which has no order'],
    [['scan', 'shop.users', '--json', '--csv'], 2, 'cannot be used with'],
    [['scan', 'shop.users', '--version', '7'], 5, 'version 7'],
    [['upsert', 'shop.users', 'region=US', 'id=1', 'id=2'], 2, 'there twice'],
    [['upsert', 'shop.users', 'region=US'], 2, 'lacks "id"'],
    [['upsert', 'shop.users', '{"region":"US"', '{}'], 2, 'is not JSON'],
    [['upsert', 'shop.users', 'region=US', 'id=1', 'score=1.234'], 2, 'more than 2 digits after the point'],
    [['append', 'shop.users', 'region=US', 'id=1'], 2, 'append() is for logs'],
    [['create', 'shop.users', '-c', 'id INT'], 2, 'already exists'],
    [['create', 'shop.x', '-c', 'id NUMBER'], 2, 'names no type'],
    [['create', 'shop.x', '-c', 'id INT, id INT'], 2, 'two columns "id"'],
    [['create', 'shop.x'], 2, 'name the columns'],
    [['create', 'shop.x', '-c', 'id DOUBLE', '-k', 'id'], 2, 'of which no key can be made'],
    [['alter', 'shop.users', '--drop', 'id'], 2, 'belongs to a key'],
    [['alter', 'shop.users', '--add', 'more INT'], 2, 'must be nullable'],
    [['list', 'nope'], 5, 'the database nope does not exist'],
    [['lookup', 'shop.users', 'region=US'], 2, 'lacks "id"'],
  ])('%j is refused', async (words, code, why) => {
    await made();
    const { code: given, err } = await table(...words);
    expect(err).toContain(why);
    expect(given).toBe(code);
    expect((await table('list', '--json')).out.trim().split('\n').length).toBe(1);
  });

  it('leaves nothing of rows of which one is refused', async () => {
    await made();
    expect((await table('upsert', 'shop.users', '{"region":"US","id":1}', '{"region":"US"}')).code).toBe(2);
    expect((await table('scan', 'shop.users', '--json')).out).toBe('');
  });
});

describe('cairn import --table', () => {
  const load = (...words: string[]): ReturnType<typeof cairn> =>
    cairn(['import', '--table', 'shop.users', '--root', at('warehouse'), ...words]);

  it('reads CSV with the types of the columns, and what scan --csv prints', async () => {
    await made();
    const csv = 'id,region,name,tags\r\n7,EU,"a ""b""\nc","[""x"",""y""]"\r\n8,EU,,\r\n';
    const { code, err } = await load('-f', write('a.csv', csv), '--format', 'csv');
    expect([code, err]).toEqual([0, 'imported 2 rows as version 1\n']);
    const { out } = await table('scan', 'shop.users', '--csv');
    expect(out).toBe('region,id,name,score,tags\nEU,7,"a ""b""\nc",,"[""x"",""y""]"\nEU,8,,,\n');
    expect((await load('-f', write('b.csv', out), '--format', 'csv', '--json')).out).toBe(
      '{"table":"shop.users","rows":2,"version":2}\n',
    );
    expect((await table('scan', 'shop.users', '--csv')).out).toBe(out);
  });

  it('reads lines of JSON, and what scan --json prints', async () => {
    await made();
    const jsonl =
      '\ufeff{"region":"EU","id":1,"score":12.5,"tags":["a"]}\n\n{"region":"EU","id":2,"score":"3"}';
    expect((await load('-f', write('a.jsonl', jsonl), '--format', 'jsonl', '-q')).code).toBe(0);
    const { out } = await table('scan', 'shop.users', '--json');
    expect(out.split('\n')[0]).toBe('{"region":"EU","id":1,"name":null,"score":"12.50","tags":["a"]}');
    expect((await load('-f', write('b.jsonl', out), '--format', 'jsonl', '-q')).code).toBe(0);
    expect((await table('scan', 'shop.users', '--json')).out).toBe(out);
  });

  it('keeps integers that a double can not hold', async () => {
    await table('create', 'shop.big', '-c', 'id BIGINT, d DECIMAL(38, 18)', '-k', 'id', '-q');
    const jsonl = '{"id":9007199254740993,"d":12345678901234567890.123456789012345678}\n';
    const file = write('big.jsonl', jsonl);
    const { code } = await cairn([
      'import',
      '--table',
      'shop.big',
      '-r',
      at('warehouse'),
      '--root',
      at('warehouse'),
      '-f',
      file,
      '--format',
      'jsonl',
      '-q',
    ]);
    expect(code).toBe(2);
    await must([
      'import',
      '--table',
      'shop.big',
      '--root',
      at('warehouse'),
      '-f',
      file,
      '--format',
      'jsonl',
      '-q',
    ]);
    expect((await table('scan', 'shop.big', '--csv')).out).toBe(
      'id,d\n9007199254740993,12345678901234567890.123456789012345678\n',
    );
  });

  it.each([
    [
      'csv',
      'region,id\nEU,1\nEU,x\n',
      'line 3: shop.users: column "id" is "x", not an integer. Nothing was imported',
    ],
    ['csv', 'region,id,nope\nEU,1,2\n', 'line 1: shop.users has no column "nope"'],
    ['csv', 'region,id\nEU\n', 'line 2: the row has 1 cells, but there are 2 columns'],
    ['csv', 'region,region\nEU,1\n', 'is there twice'],
    ['csv', 'region,id\n"EU,1\n', 'line 2'],
    ['csv', 'region,name\nEU,a\n', 'line 2: shop.users: row lacks "id"'],
    [
      'tsv',
      'region\tid\nEU\t1\nEU\t99999999999\n',
      'line 3: shop.users: column "id" is 99999999999, outside',
    ],
    ['jsonl', '{"region":"EU","id":1}\n{"region":"EU","id":1.5}\n', 'line 2: shop.users: column "id"'],
    ['jsonl', '{"region":"EU"\n', 'line 1: '],
    ['jsonl', '[1]\n', 'line 1: a row is a JSON object'],
    ['jsonl', '{"region":"EU","id":2,"tags":[1]}\n', 'line 1: shop.users: column "tags"[0] is the number 1'],
    ['lines', 'a\tb\n', '--table takes --format csv, tsv or jsonl'],
  ])('refuses %s %j, and imports nothing', async (format, content, why) => {
    await made();
    const { code, err } = await load('-f', write(`bad.${format}`, content), '--format', format);
    expect(err).toContain(why);
    expect(code).toBe(2);
    expect((await table('scan', 'shop.users', '--json')).out).toBe('');
  });

  it('refuses options of entries, and other targets', async () => {
    await made();
    const file = write('a.csv', 'region,id\nEU,1\n');
    for (const words of [['--key', 'id'], ['--sort'], ['--into', 'x'], ['store']])
      expect((await load('-f', file, '--format', 'csv', ...words)).code).toBe(2);
    expect((await cairn(['import', 'store', '--root', 'x', '-f', file])).code).toBe(2);
    expect((await table('scan', 'shop.users', '--json')).out).toBe('');
  });
});
