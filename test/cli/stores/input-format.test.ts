import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { storeInfo } from '../../../src/node/index.ts';
import { directoryPerTest, fileWriter } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';
import { entriesOf } from '../../support/store-entries.ts';

const at = directoryPerTest();
const file = fileWriter(at);
let store = '';
beforeEach(() => {
  store = at('store');
});

const ROWS = [
  ['a', { price: '1', unit: 'kg' }],
  ['b', { price: '2', unit: 'l' }],
];
const OBJECTS = '{"key":"a","price":"1","unit":"kg"}\n{"key":"b","price":"2","unit":"l"}\n';

describe('what an import reads', () => {
  it.each([
    ['data.csv', 'key,price,unit\na,1,kg\nb,2,l\n', 'csv', []],
    ['data.CSV', 'key,price,unit\na,1,kg\nb,2,l\n', 'csv', []],
    ['data.tsv', 'sku\tprice\tunit\na\t1\tkg\nb\t2\tl\n', 'tsv', ['--key', 'sku']],
    ['data.ndjson', OBJECTS, 'jsonl', ['--key', 'key']],
    ['data.jsonl', OBJECTS, 'jsonl', ['--key', 'key']],
    ['data.json', `[${OBJECTS.trim().replace('\n', ',')}]`, 'json', ['--key', 'key']],
  ] as const)(
    'is known by the name %s, before its compression, and said in the summary',
    async (name, text, format, more) => {
      const { err } = await must(['import', store, file(name, text), ...more]);
      expect(err).toMatch(new RegExp(`^imported 2 entries, .*; read as ${format}\n$`));
      expect(await entriesOf(store)).toEqual(ROWS);
      const packed = file(`${name}.gz`, gzipSync(text));
      await must(['import', at('packed'), packed, ...more]);
      expect((await storeInfo(at('packed'))).id).toBe((await storeInfo(store)).id);
    },
  );

  it.each([
    [OBJECTS, 'jsonl', ['--key', 'key']],
    [`[\n${OBJECTS.trim().replace('\n', ',')}]`, 'json', ['--key', 'key']],
    ['{"key":"a","value":"1"}\n', 'jsonl', []],
  ] as const)('is known by its first line: %j', async (stdin, format, more) => {
    const { err } = await must(['import', store, ...more], { stdin });
    expect(err).toContain(`; read as ${format}\n`);
  });

  it('is lines where it looks like nothing else, or where the options say so', async () => {
    for (const [i, stdin] of ['a\t{"x":1}\n', '["a",1]\tx\n', 'a\tb\n'].entries()) {
      const { err } = await must(['import', at(`${i}`)], { stdin });
      expect(err).toMatch(/^imported 1 entry, \d+ B in 1 partition\n$/);
    }
    // A table of TABs needs a header: otherwise the first row is an entry, too.
    await must(['import', at('tsv'), file('export.tsv', 'a\t1\nb\t2\n')]);
    expect(await entriesOf(at('tsv'))).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    await must(['import', at('users'), file('users.csv', 'a:1\nb:2\n'), '--key-separator', ':']);
    expect((await entriesOf(at('users'))).length).toBe(2);
  });

  it('is named in one way, and its files have one format', async () => {
    const csv = file('a.csv', 'key,value\na,1\n');
    const jsonl = file('b.jsonl', '{"key":"b","value":"2"}\n');
    expect(await cairn(['import', store, csv, jsonl])).toMatchObject({
      code: 2,
      err: expect.stringContaining(`${csv} and ${jsonl} look like different formats: name one with --format`),
    });
    expect(await cairn(['import', store, csv, '-f', csv])).toMatchObject({
      code: 2,
      err: expect.stringContaining('name the files in one way'),
    });
    expect(await cairn(['import', store, at('none.csv')])).toMatchObject({ code: 2 });
    const more = file('c.csv', 'key,value\nc,3\n');
    await must(['import', store, csv, more]);
    expect(await entriesOf(store)).toEqual([
      ['a', '1'],
      ['c', '3'],
    ]);
    const { err } = await must(['import', '--into', at('collection'), csv, more]);
    expect(err).toContain('; read as csv\n');
    expect((await must(['count', at('collection')])).out).toBe('2\n');
  });

  it('is refused if it is empty, unless that is allowed', async () => {
    expect(await cairn(['import', store])).toMatchObject({
      code: 2,
      out: '',
      err: 'cairn: the input is empty: no store was written. With --allow-empty, an empty one is\n',
    });
    await must(['import', store, '--allow-empty']);
    expect((await storeInfo(store)).count).toBe(0);
    expect(await cairn(['import', 'memory:x'], { stdin: 'a\t1\n' })).toMatchObject({
      code: 2,
      err: expect.stringContaining('would be gone when the command ends'),
    });
  });
});

describe('an export without a format', () => {
  it.each([
    ['text', [], 'a\t1\nb\t2\n'],
    ['JSON', ['--format', 'jsonl'], '{"key":"a","value":{"x":1}}\n{"key":"b","value":null}\n'],
    [
      'MessagePack',
      ['--format', 'jsonl', '--value-encoding', 'msgpack'],
      '{"key":"a","value":{"$bytes":"00ff"}}\n',
    ],
    ['typed', ['--format', 'jsonl', '--value-encoding', 'typed'], '{"key":"a","value":1.5}\n'],
    ['bytes', ['--key-encoding', 'binary', '--value-encoding', 'binary'], 'a\t\u0000\u0001\n'],
    ['numbers', ['--key-encoding', 'number'], '1.5\ta\n20\tb\n'],
    ['tuples', ['--format', 'jsonl', '--key-encoding', 'tuple'], '{"key":["a",1],"value":2}\n'],
    ['addresses', ['--key-format', 'ip'], '1.2.3.0\ta\n10.0.0.0\tb\n'],
    [
      'addresses of JSON',
      ['--key-format', 'ip6', '--value-encoding', 'json'],
      '1.2.3.0\t{"end":"1.2.3.255"}\n',
    ],
    ['hex', ['--key-format', 'hex'], '00ff\ta\n'],
  ])('of %s is imported to the same id without options', async (_, options, stdin) => {
    await must(['import', store, ...options], { stdin });
    const { out } = await must(['export', store]);
    await must(['import', at('again')], { stdin: out });
    const [before, after] = [await storeInfo(store), await storeInfo(at('again'))];
    expect(after.id).toBe(before.id);
    expect(after.metadata).toEqual(before.metadata);
    await must(['import', at('file'), file('exported', out)]);
    expect((await storeInfo(at('file'))).id).toBe(before.id);
    expect((await must(['diff', store, at('again')])).out).toBe('');
  });

  it('goes by the name of the file', async () => {
    await must(['import', store, file('data.csv', 'key,price,unit\na,1,kg\n')]);
    for (const name of ['out.csv', 'out.jsonl', 'out.ndjson.gz', 'out.json', 'out.msgpack']) {
      await must(['export', store, '-o', at(name), '-q']);
      await must([
        'import',
        at(`from-${name}`),
        at(name),
        ...(name === 'out.msgpack' ? ['--value-encoding', 'json'] : []),
      ]);
      expect((await storeInfo(at(`from-${name}`))).id, name).toBe((await storeInfo(store)).id);
    }
  });

  it('refuses a header that is none', async () => {
    expect(await cairn(['import', store], { stdin: '{"$cairn":{"format":"x"}}\n' })).toMatchObject({
      code: 2,
      err: expect.stringContaining('standard input, line 1: the header of the export is malformed'),
    });
  });
});
