import { existsSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { storeInfo } from '../../../src/node/index.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';
import { entriesOf } from '../../support/store-entries.ts';

const at = directoryPerTest();
let store = '';

beforeEach(() => {
  store = at('store');
});

/** What one line on standard error says of input that is refused, with exit code 2 and without a store. */
async function refused(stdin: string, ...options: string[]): Promise<string> {
  const { code, out, err } = await cairn(['import', store, '--format', 'jsonl', ...options], { stdin });
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/^cairn: [^\n]+\n$/);
  expect(existsSync(store)).toBe(false);
  return err;
}

const PRODUCTS = '{"sku":"a","price":1,"stock":{"here":2}}\n{"price":0.5,"sku":"b"}\n';
const AS_ARRAY = `[${PRODUCTS.trimEnd().replace('\n', ',')}]`;

describe.each([
  ['jsonl', PRODUCTS],
  ['json', AS_ARRAY],
])('cairn import --format %s --key', (format, stdin) => {
  const run = async (...options: string[]): Promise<[unknown, unknown][]> => {
    await must(['import', store, '-q', '--format', format, ...options], { stdin });
    return entriesOf(store);
  };

  it('takes the rest of each object for the value', async () => {
    expect(await run('--key', 'sku')).toEqual([
      ['a', { price: 1, stock: { here: 2 } }],
      ['b', { price: 0.5 }],
    ]);
    expect(await storeInfo(store)).toMatchObject({ keyEncoding: 'utf8', valueEncoding: 'json' });
  });

  it('leaves the key in the value with --keep-key', async () => {
    expect(JSON.stringify(await run('--key', 'sku', '--keep-key'))).toBe(
      '[["a",{"sku":"a","price":1,"stock":{"here":2}}],["b",{"price":0.5,"sku":"b"}]]',
    );
  });

  it('takes one member for the value, or an object of several, between commas or repeated', async () => {
    expect(await run('--key', 'sku', '--value', 'price')).toEqual([
      ['a', 1],
      ['b', 0.5],
    ]);
    await must(['delete', store]);
    const both = [
      ['a', { price: 1, sku: 'a' }],
      ['b', { price: 0.5, sku: 'b' }],
    ];
    expect(await run('--key', 'sku', '--value', 'price,sku')).toEqual(both);
    await must(['delete', store]);
    expect(await run('--key', 'sku', '--value', 'price', '--value', 'sku')).toEqual(both);
  });

  it('makes tuples of several members', async () => {
    expect(await run('--key', 'sku,price')).toEqual([
      [['a', 1], { stock: { here: 2 } }],
      [['b', 0.5], {}],
    ]);
    expect((await storeInfo(store)).keyEncoding).toBe('tuple');
  });

  it.each([
    ['--key', 'sku'],
    ['--key', 'sku', '--keep-key'],
    ['--key', 'sku,price'],
    ['--key', 'sku', '--value', 'price'],
    ['--key', 'sku', '--value-encoding', 'msgpack'],
    ['--key', 'sku', '--value-encoding', 'typed'],
  ])('gives a store that its export makes again: %s %s %s %s', async (...options) => {
    await run(...options);
    const encodings = options.indexOf('--value-encoding');
    const names = encodings < 0 ? options : options.slice(0, encodings);
    const { out } = await must(['export', store, '--format', format, ...names]);
    await must(['import', at('again'), '-q', '--format', format, ...options], { stdin: out });
    expect((await storeInfo(at('again'))).id).toBe((await storeInfo(store)).id);
  });
});

describe.each([
  ['jsonl', (line: string) => `${line}\n`],
  ['json', (line: string) => `[${line}]`],
])('cairn import --format %s of large numbers', (format, wrap) => {
  const run = async (line: string, ...options: string[]): Promise<[unknown, unknown][]> => {
    await must(['import', store, '-q', '--format', format, ...options], { stdin: wrap(line) });
    return entriesOf(store);
  };
  const refusal = async (line: string, ...options: string[]): Promise<string> => {
    const { code, err } = await cairn(['import', store, '--format', format, ...options], {
      stdin: wrap(line),
    });
    expect([code, existsSync(store)]).toEqual([2, false]);
    return err;
  };

  it('looks only at members that make key and value', async () => {
    const line = '{"id":12345678901234567890,"key":"a","more":{"value":[98765432109876543210]},"value":1}';
    expect(await run(line)).toEqual([['a', 1]]);
    await must(['delete', store]);
    expect(await run(line, '--value', 'key,value')).toEqual([['a', { key: 'a', value: 1 }]]);
    await must(['delete', store]);
    expect(await run('{"v,}":[1,{"a":2}],"key":"a","value":{"b":3},"z":12345678901234567890}')).toEqual([
      ['a', { b: 3 }],
    ]);
    await must(['delete', store]);
    expect(await refusal(line, '--key', 'key')).toContain('the number 12345678901234567890 would be altered');
    expect(await refusal(line, '--value', 'more')).toContain(
      'the number 98765432109876543210 would be altered',
    );
  });

  it('refuses a member that is twice in an object of the value, and ignores it elsewhere', async () => {
    const line = '{"more":{"a":1,"a":2},"key":"a","value":{"b":3}}';
    expect(await run(line)).toEqual([['a', { b: 3 }]]);
    await must(['delete', store]);
    for (const [text, ...options] of [
      [line, '--key', 'key'],
      [line, '--value', 'more'],
      ['{"key":"a","value":[{"a":1},{"a":{"a":1,"a":2}}]}'],
    ]) {
      expect(await refusal(text, ...options)).toContain('the object has the member "a" twice');
    }
  });

  it('takes integers of any size as keys that are bigints', async () => {
    const keys = ['9007199254740991', '9007199254740993', '12345678901234567890', '-12345678901234567890'];
    for (const key of keys) {
      expect(await run(`{"key":${key},"value":1}`, '--key-encoding', 'bigint')).toEqual([[BigInt(key), 1]]);
      await must(['delete', store]);
    }
    const kept = ['--key-encoding', 'bigint', '--key', 'id', '--keep-key'];
    expect(await run('{"id":9007199254740992}', ...kept)).toEqual([
      [9007199254740992n, { id: 9007199254740992 }],
    ]);
    await must(['delete', store]);
    expect(await run('{"id":1e3}', ...kept)).toEqual([[1000n, { id: 1000 }]]);
    await must(['delete', store]);
    expect(await refusal('{"id":9007199254740993}', ...kept)).toContain('would be altered');
    expect(await refusal('{"key":1e23,"value":1}', '--key-encoding', 'bigint')).toContain(
      'the number 1e+23 may be altered; write all its digits',
    );
    expect(await refusal('{"key":1.5,"value":1}', '--key-encoding', 'bigint')).toContain('1.5');
  });

  it('reads members of --value that are missing as null, with --missing-as-null', async () => {
    expect(await run('{"key":"a","y":2}', '--value', 'x,y', '--missing-as-null')).toEqual([
      ['a', { x: null, y: 2 }],
    ]);
    await must(['delete', store]);
    expect(await run('{"key":"a","y":2}', '--value', 'x', '--missing-as-null')).toEqual([['a', null]]);
    await must(['delete', store]);
    expect(await refusal('{"y":2}', '--value', 'x', '--missing-as-null')).toContain('no member "key"');
  });
});

describe('cairn import --format jsonl without --key', () => {
  it('wants the members key and value, or the one that --value names', async () => {
    expect(await refused('{"key":"a","price":1}\n')).toBe(
      'cairn: standard input, line 1: the object has no member "value". Name the key with --key, which makes all other members the value, or the value with --value, or leave such lines out with --skip-invalid\n',
    );
    await must(['import', store, '--format', 'jsonl', '--value', 'price'], {
      stdin: '{"key":"a","price":1}\n',
    });
    expect(await entriesOf(store)).toEqual([['a', 1]]);
  });
});

describe('cairn import --format jsonl --key of bad input', () => {
  it('names file, line and member', async () => {
    writeFileSync(at('products.jsonl'), `${PRODUCTS}\n{"name":"c"}\n`);
    expect(await refused('', '--key', 'sku', '-f', at('products.jsonl'))).toBe(
      `cairn: ${at('products.jsonl')}, line 4: the object has no member "sku". Mend it, or leave such lines out with --skip-invalid\n`,
    );
  });

  it.each([
    ['{"sku":1,"n":2}', [], "line 1: key is the number 1, but this store's keys are text"],
    ['{"sku":null,"n":2}', [], "line 1: key is null, but this store's keys are text"],
    ['{"sku":["a"],"n":2}', [], 'line 1: key is an array'],
    [
      '{"sku":"a"}',
      ['--key-encoding', 'number'],
      'line 1: key is the string "a", but this store\'s keys are numbers',
    ],
    ['{"sku":""}', [], 'line 1: '],
    ['{"sku":"a","sku":"b"}', [], 'line 1: the object has the member "sku" twice'],
    ['{"sku":"a","n":{"b":1,"b":2}}', [], 'line 1: the object has the member "b" twice'],
    [
      '{"sku":"a","n":9007199254740993}',
      [],
      'the number 9007199254740993 would be altered; write it as a string',
    ],
    ['{"sku":"a","n":-0}', [], 'line 1: '],
    ['{"sku":"a","n":1}', ['--value', 'n,m'], 'line 1: the object has no member "m"'],
    ['{"sku":"a"}', ['--value', 'n,n'], 'the member "n" is named twice'],
    ['{"sku":"a"}', ['--value-encoding', 'utf8'], 'line 1: the object has no member "value"'],
    ['{"sku":"a"}', ['--value', 'n', '--keep-key'], '--keep-key'],
  ])('refuses %j %j', async (line, options, message) => {
    expect(await refused(`${line}\n`, '--key', 'sku', ...options)).toContain(message);
  });

  it('refuses --keep-key where it has no meaning', async () => {
    expect(await refused('', '--keep-key')).toContain('--keep-key needs --key');
    const { code, err } = await cairn(['import', store, '--keep-key'], { stdin: '' });
    expect([code, err]).toEqual([
      2,
      'cairn: --keep-key belongs to the format csv, tsv, jsonl or json, not to lines\n',
    ]);
  });
});

describe('cairn import --format csv --keep-key', () => {
  it('leaves the key in the value', async () => {
    const stdin = 'sku,price\na,1\n';
    await must(['import', store, '-q', '--format', 'csv', '--key', 'sku', '--keep-key'], { stdin });
    expect(await entriesOf(store)).toEqual([['a', { sku: 'a', price: '1' }]]);
    const { code, err } = await cairn(['export', store, '--format', 'csv', '--key', 'sku', '--keep-key']);
    expect(code).toBe(2);
    expect(err).toContain('leave it out');
  });
});

describe('cairn export --format jsonl --key', () => {
  it('refuses a value that is no object, and says what to name', async () => {
    await must(['import', store, '-q', '--value-encoding', 'json'], { stdin: 'a\t"red"\n' });
    const { code, err } = await cairn(['export', store, '--format', 'jsonl', '--key', 'name']);
    expect(code).toBe(2);
    expect(err).toContain('it has a value that is not an object; name one other member for the value');
    expect(
      (await must(['export', store, '--format', 'jsonl', '--key', 'name', '--value', 'colour'])).out,
    ).toBe('{"name":"a","colour":"red"}\n');
  });
});
