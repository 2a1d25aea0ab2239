import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { Interruption } from '../../../src/cli/terminal/failure.ts';
import { storeInfo } from '../../../src/node/index.ts';
import { directoryPerTest, fileWriter } from '../../support/directory-per-test.ts';
import { cairn, must, type Outcome } from '../../support/run-cairn.ts';
import { entriesOf } from '../../support/store-entries.ts';

const at = directoryPerTest();
const file = fileWriter(at);
let store = '';

beforeEach(() => {
  store = at('store');
});

describe('cairn import of lines', () => {
  it('splits at the first TAB and keeps the rest of the line', async () => {
    const { out, err } = await must(['import', store], { stdin: 'a\tone\nb\ttwo\tthree\nc\t\n' });
    expect(await entriesOf(store)).toEqual([
      ['a', 'one'],
      ['b', 'two\tthree'],
      ['c', ''],
    ]);
    expect(out).toBe('');
    expect(err).toMatch(/^imported 3 entries, \d+ B in 1 partition\n$/);
    expect(await storeInfo(store)).toMatchObject({ keyEncoding: 'utf8', valueEncoding: 'utf8' });
  });

  it('leaves out a byte-order mark at the beginning of each file, and says so', async () => {
    const first = file('1', '\ufeffa\t1\nb\t2\n');
    const second = file('2', '\ufeffc\t\ufeff3\n');
    const { err } = await must(['import', store, '-q', '-f', first, '-f', second]);
    expect(await entriesOf(store)).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', '\ufeff3'],
    ]);
    expect(err).toBe(
      [first, second]
        .map((name) => `cairn: ${name}: left out the byte-order mark at its beginning\n`)
        .join(''),
    );
    const invalid = await cairn(['import', at('invalid')], {
      stdin: Buffer.from('\xef\xbb\xbfa\t\xff\n', 'latin1'),
    });
    expect(invalid.err).toContain('line 1: the byte 0xff at offset 5 is not UTF-8');
  });

  it('says that lines which end in carriage returns are read as one, and that nul keeps a byte-order mark', async () => {
    const { err } = await must(['import', store, '-q'], { stdin: 'a\t1\rb\t2\r' });
    expect(err).toMatch(
      /^cairn: standard input: has carriage returns and no newline, and is read as one line/,
    );
    expect(await entriesOf(store)).toEqual([['a', '1\rb\t2\r']]);
    expect((await must(['import', at('crlf'), '-q'], { stdin: 'a\t1\r\nb\t2\r' })).err).toContain(
      '--crlf drops them',
    );
    const nul = await must(['import', at('nul'), '-q', '--format', 'nul'], { stdin: '\ufeffa\x001\0' });
    expect(nul.err).toBe('cairn: standard input: the first key begins with a byte-order mark\n');
    expect(await entriesOf(at('nul'))).toEqual([['\ufeffa', '1']]);
  });

  it('keeps a byte-order mark of keys that are bytes', async () => {
    await must(['import', store, '--key-encoding', 'binary'], { stdin: '\ufeffa\t1\n' });
    expect(await entriesOf(store)).toEqual([[Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), '1']]);
    const { out } = await must(['export', store]);
    await must(['import', at('again'), '--key-encoding', 'binary'], { stdin: out });
    expect((await storeInfo(at('again'))).id).toBe((await storeInfo(store)).id);
  });

  it('shows a byte-order mark elsewhere, and exports none where it would be left out', async () => {
    const { err } = await cairn(['import', store], { stdin: 'b\t1\n\ufeffa\t2\n'.replace('b', '\uffff') });
    expect(err).toContain('line 2: the key "\\ufeffa" does not come after');
    await must(['import', store, '--format', 'jsonl', '--value-encoding', 'utf8'], {
      stdin: '{"key":"\ufeffa","value":"1"}\n',
    });
    const exported = await cairn(['export', store]);
    expect([exported.code, exported.err]).toEqual([
      2,
      expect.stringContaining('a byte-order mark at the beginning'),
    ]);
  });

  it('takes several separators as one with --collapse-separators', async () => {
    const stdin = '   3 a  b\n  12   c\n4 \n';
    const options = ['--key-separator', ' ', '--collapse-separators', '--sort'];
    for (const encodings of [[], ['--value-encoding', 'binary'], ['--skip-lines', '^#']]) {
      const uri = at(`store${encodings.length}${encodings[0]}`);
      await must(['import', uri, ...options, ...encodings], { stdin });
      const text = (value: unknown): string => Buffer.from(value as Uint8Array).toString();
      expect((await entriesOf(uri)).map(([key, value]) => [key, text(value)])).toEqual([
        ['12', 'c'],
        ['3', 'a  b'],
        ['4', ''],
      ]);
    }
    const { err } = await cairn(['import', store, ...options, '--strict'], { stdin: 'a b\n   \n' });
    expect(err).toContain('line 2: the line is empty');
  });

  it('takes a last line without a newline, and keeps carriage returns and a byte-order mark', async () => {
    await must(['import', store], { stdin: 'b\tx\r\n\ufeffa\ty' });
    expect(await entriesOf(store)).toEqual([
      ['b', 'x\r'],
      ['\ufeffa', 'y'],
    ]);
  });

  it('takes the place of a store with --replace, and says how otherwise', async () => {
    await must(['import', store, '-q'], { stdin: 'a\t1\n' });
    const { code, err } = await cairn(['import', store], { stdin: 'b\t2\n' });
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('replace it with --replace, or delete it first'),
    ]);
    await must(['import', store, '--replace', '-q'], { stdin: 'b\t2\n' });
    expect(await entriesOf(store)).toEqual([['b', '2']]);
    expect(await cairn(['import', store, '--replace'], { stdin: '' })).toMatchObject({ code: 2 });
    expect(await entriesOf(store)).toEqual([['b', '2']]);
  });

  it('says that carriage returns stay, and what drops them', async () => {
    const { err } = await must(['import', store, '-q'], { stdin: 'a\t1\r\nb\t2\r\n' });
    expect(err).toBe(
      'cairn: standard input: lines end in carriage returns, which stay in the values. --crlf drops them\n',
    );
    expect((await must(['import', at('other'), '-q', '--crlf'], { stdin: 'a\t1\r\n' })).err).toBe('');
  });

  it('names the delimiter that the header of CSV looks like', async () => {
    const { err } = await cairn(['import', store, '--format', 'csv', '--key', 'id'], {
      stdin: 'id;price\n1;2\n',
    });
    expect(err).toContain('the columns are "id;price"; is the delimiter ";"?');
  });

  it('makes an empty store of no input, if it is told to', async () => {
    await must(['import', store, '--allow-empty'], { stdin: '' });
    expect((await storeInfo(store)).count).toBe(0);
  });

  it.each([
    [':', 'a:1:2\n', 'a', '1:2'],
    ['::', 'a:b::c\n', 'a:b', 'c'],
    ['\\t', 'a\tb\n', 'a', 'b'],
    ['→', 'a→b→c\n', 'a', 'b→c'],
    ['\\\\', 'a\\b\n', 'a', 'b'],
  ])('takes the separator %j', async (separator, stdin, key, value) => {
    await must(['import', store, '--key-separator', separator], { stdin });
    expect(await entriesOf(store)).toEqual([[key, value]]);
  });

  it('reads several files one after the other, and - as standard input', async () => {
    const first = file('1', 'a\t1\nb\t2');
    const last = file('3', 'd\t4\n');
    await must(['import', store, '-f', first, '-f', '-', '-f', last], { stdin: 'c\t3\n' });
    expect((await entriesOf(store)).map(([key]) => key)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps bytes that are not UTF-8 with the encoding binary', async () => {
    const bytes = Uint8Array.of(0x61, 0xff, 9, 0xfe, 0x0d, 10);
    await must(['import', store, '--key-encoding', 'binary', '--value-encoding', 'binary'], { stdin: bytes });
    expect(await entriesOf(store)).toEqual([[Uint8Array.of(0x61, 0xff), Uint8Array.of(0xfe, 0x0d)]]);
  });

  it('reads tuples and JSON as text of JSON', async () => {
    const stdin = '["DE",42]\t{"a":1}\n["DE",{"$bigint":"43"}]\tnull\n';
    await must(['import', store, '--key-encoding', 'tuple', '--value-encoding', 'json'], { stdin });
    expect(await entriesOf(store)).toEqual([
      [['DE', 42], { a: 1 }],
      [['DE', 43n], null],
    ]);
  });

  it('gives the same entries wherever the chunks of the input end', async () => {
    const lines = Array.from(
      { length: 300 },
      (_, i) => `key ${String(i).padStart(4, '0')}\tvalüe ${i} 😀\n`,
    ).join('');
    const bytes = Buffer.from(lines);
    const pieces: Buffer[] = [];
    for (let from = 0, size = 1; from < bytes.length; from += size, size = (size % 61) + 1) {
      pieces.push(bytes.subarray(from, from + size));
    }
    await must(['import', store], { stdin: Readable.from(pieces) });
    const whole = at('whole');
    await must(['import', whole], { stdin: lines });
    expect((await storeInfo(store)).id).toBe((await storeInfo(whole)).id);
    expect((await storeInfo(store)).count).toBe(300);
  });
});

describe('cairn import of jsonl', () => {
  it('takes key and value, passes over other members, blank lines and a byte-order mark', async () => {
    const stdin =
      '\ufeff{"key":"a","value":{"x":[1,null]}}\n\n  \r\n{"other":1,"value":"text","key":"b"}\r\n';
    await must(['import', store, '--format', 'jsonl'], { stdin });
    expect(await entriesOf(store)).toEqual([
      ['a', { x: [1, null] }],
      ['b', 'text'],
    ]);
    expect(await storeInfo(store)).toMatchObject({ keyEncoding: 'utf8', valueEncoding: 'json' });
  });

  it('takes members of other names', async () => {
    const stdin = '{"id":"a","price":1.5}\n';
    await must(['import', store, '--format', 'jsonl', '--key', 'id', '--value', 'price'], { stdin });
    expect(await entriesOf(store)).toEqual([['a', 1.5]]);
  });

  it('reads what JSON lacks as tagged objects', async () => {
    const stdin =
      '{"key":{"$bytes":"00ff"},"value":[{"$date":"2026-11-20T00:00:00.000Z"},{"$number":"NaN"}]}\n';
    await must(
      ['import', store, '--format', 'jsonl', '--key-encoding', 'binary', '--value-encoding', 'msgpack'],
      { stdin },
    );
    expect(await entriesOf(store)).toEqual([
      [Uint8Array.of(0, 255), [new Date('2026-11-20T00:00:00.000Z'), Number.NaN]],
    ]);
  });

  it('leaves objects that look tagged alone where values are JSON', async () => {
    await must(['import', store, '--format', 'jsonl'], { stdin: '{"key":"a","value":{"$bytes":"00"}}\n' });
    expect(await entriesOf(store)).toEqual([['a', { $bytes: '00' }]]);
  });
});

describe('cairn import options', () => {
  it('hands them on to the store', async () => {
    const stdin = Array.from({ length: 500 }, (_, i) => `${i + 1000}\t${'x'.repeat(50)}\n`).join('');
    const args = [
      '--partition-bytes',
      '8k',
      '--block-bytes',
      '256',
      '--compression',
      'deflate',
      '--no-hash-index',
    ];
    await must(['import', store, ...args, '--metadata', '{"a":[1]}', '--build-id', 'b1'], { stdin });
    const info = await storeInfo(store);
    expect(info).toMatchObject({ count: 500, compression: 'deflate', metadata: { a: [1] } });
    expect(info.partitions.length).toBeGreaterThan(1);
    expect(info.partitions[0].name).toBe('part-00000-b1.cairn');
  });

  it('says nothing when quiet, and what the store says of itself as JSON', async () => {
    const { out, err } = await must(['import', store, '-q', '--json'], { stdin: 'a\t1\n' });
    expect(err).toBe('');
    expect(JSON.parse(out)).toMatchObject({ count: 1, firstKey: 'a', lastKey: 'a' });
  });

  it('passes over invalid lines, naming the first of them and counting all', async () => {
    const stdin = `${'bad\n'.repeat(12)}a\t1\n\tx\nb\t\u00e9\n`;
    const { err } = await must(['import', store, '--skip-invalid'], { stdin });
    expect(
      err.split('\n').filter((line) => line.startsWith('cairn: skipped standard input, line ')),
    ).toHaveLength(10);
    expect(err).toContain('cairn: skipped standard input, line 10: no TAB separates a key from a value\n');
    expect(err).toContain('13 invalid lines skipped');
    expect(await entriesOf(store)).toEqual([
      ['a', '1'],
      ['b', 'é'],
    ]);
  });

  it('passes over entries that the store refuses, but not over unsorted ones', async () => {
    const stdin = `{"key":"","value":1}\n{"key":"a","value":-0}\n{"key":"b","value":2}\n{"key":7,"value":3}\n`;
    const { err } = await must(['import', store, '--format', 'jsonl', '--skip-invalid'], { stdin });
    expect(err).toContain('3 invalid lines skipped');
    expect(await entriesOf(store)).toEqual([['b', 2]]);
    const unsorted = await cairn(['import', at('other'), '--skip-invalid'], { stdin: 'b\t1\na\t2\n' });
    expect(unsorted.code).toBe(2);
  });

  it('shows progress on a terminal only when it takes long, and wipes it away', async () => {
    const pieces = Array.from({ length: 20 }, (_, i) => Buffer.from(`${i + 100}\tx\n`));
    let time = 0;
    const slow = await must(['import', store], {
      stdin: Readable.from(pieces),
      terminal: true,
      now: () => {
        time += 100;
        return time;
      },
    });
    expect(slow.err).toMatch(/\rimporting \d+ entries/);
    expect(slow.err).toContain('\r\u001b[Kimported 20 entries');
    const fast = await must(['import', at('fast')], { stdin: Readable.from(pieces), terminal: true });
    expect(fast.err).not.toContain('importing');
  });
});

describe('cairn import of bad input', () => {
  /** One line on standard error, this exit code, and no store. */
  function expectRefusal({ code, out, err }: Outcome, expected: number, ...parts: string[]): void {
    expect(err).toMatch(/^cairn: [^\n]+\n$/);
    for (const part of parts) expect(err).toContain(part);
    expect(code).toBe(expected);
    expect(out).toBe('');
    expect(existsSync(store)).toBe(false);
  }

  it('names the line that has no separator, with --strict', async () => {
    const input = file('in', 'a\t1\nb 2\nc\t3\n');
    const outcome = await cairn(['import', store, '--strict', '-f', input]);
    expectRefusal(
      outcome,
      2,
      `${input}, line 2: no TAB separates a key from a value`,
      '--key-separator',
      'without --strict',
    );
    const empty = await cairn(['import', store, '--strict'], { stdin: 'a\t1\n\n' });
    expectRefusal(empty, 2, 'line 2: the line is empty');
  });

  it('passes over lines without a separator, unless there is nothing else', async () => {
    const { err } = await must(['import', store], { stdin: 'a\t1\nb 2\n\nc\t3\n' });
    expect(err).toContain('cairn: skipped standard input, line 2: no TAB separates a key from a value\n');
    expect(err).toContain('cairn: skipped standard input, line 3: the line is empty\n');
    expect(err).toContain('imported 2 entries');
    expect(err).toContain('2 invalid lines skipped');
    const { code, err: why } = await cairn(['import', at('none')], { stdin: 'a=1\nb=2\n' });
    expect(code).toBe(2);
    expect(why).toContain(
      'no line holds an entry: 2 were passed over. Name the separator with --key-separator',
    );
    expect(existsSync(at('none'))).toBe(false);
  });

  it('names a line with an empty key', async () => {
    expectRefusal(await cairn(['import', store], { stdin: 'a\t1\n\tx\n' }), 2, 'line 2: the key is empty');
  });

  it('names an unsorted line, its key, and the one before', async () => {
    const outcome = await cairn(['import', store], { stdin: 'a\t1\nc\t2\nb\t3\n' });
    expectRefusal(
      outcome,
      2,
      'standard input, line 3: the key "b" does not come after the one before it, "c" (line 2)',
      'LC_ALL=C sort',
    );
  });

  it('names the two lines of a duplicate, in different files too', async () => {
    expectRefusal(
      await cairn(['import', store], { stdin: 'a\t1\na\t2\n' }),
      2,
      'line 2: the key "a" stands in line 1 too',
    );
    const first = file('first', 'x\t1\ny\t2\n');
    const second = file('second', 'y\t3\n');
    const outcome = await cairn(['import', store, '-f', first, '-f', second]);
    expectRefusal(outcome, 2, `${second}, line 1: the key "y" stands in ${first}, line 2 too`);
  });

  it.each([
    ['a value', 'a\t1\nb\tx\xff\n', 2, 7, '0xff'],
    ['a key', 'a\t1\nb\xc3(\tx\n', 2, 5, '0xc3'],
    ['a sequence cut by the end of the line', 'a\t\xe2\x82\n', 1, 2, '0xe2'],
  ])('names line and offset of broken UTF-8 in %s', async (_, text, line, offset, byte) => {
    const outcome = await cairn(['import', store], { stdin: Buffer.from(text, 'latin1') });
    expectRefusal(
      outcome,
      2,
      `line ${line}: the byte ${byte} at offset ${offset} is not UTF-8`,
      '--value-encoding binary',
    );
  });

  it('names line and offset of broken UTF-8 in jsonl', async () => {
    const stdin = Buffer.from('{"key":"a","value":1}\n{"key":"\xff","value":1}\n', 'latin1');
    const outcome = await cairn(['import', store, '--format', 'jsonl'], { stdin });
    expectRefusal(
      outcome,
      2,
      'line 2: the byte 0xff at offset 30 is not UTF-8. Convert the input to UTF-8, or leave',
    );
  });

  it.each([
    ['{"key":"a","value":1', 'line 1: not valid JSON'],
    ['[1]', 'line 1: not a JSON object'],
    ['{"key":"a"}', 'line 1: the object has no member "value"'],
    ['{"value":1}', 'line 1: the object has no member "key"'],
    ['{"key":5,"value":1}', 'line 1: key is the number 5'],
    ['{"key":"a","value":12345678901234567890}', 'line 1: the number 12345678901234567890 would be altered'],
    ['{"key":"a","value":{"b":-0}}', 'line 1: value.b is -0'],
    ['{"key":"a","value":1}\n{"key":"b","value":2}\n{}', 'line 3: the object has no member "key"'],
  ])('refuses the JSON line %s', async (stdin, message) => {
    expectRefusal(await cairn(['import', store, '--format', 'jsonl'], { stdin }), 2, message);
  });

  it('refuses a key that is too long, by its line', async () => {
    const outcome = await cairn(['import', store], { stdin: `a\t1\n${'b'.repeat(65_536)}\t2\n` });
    expectRefusal(outcome, 2, 'line 2: a key of 65536 bytes is too long');
  });

  it('refuses a value that no partition can hold, by its line', async () => {
    const outcome = await cairn(['import', store, '--partition-bytes', '1k'], {
      stdin: `a\t${'x'.repeat(5000)}\n`,
    });
    expectRefusal(outcome, 2, 'line 1: ', '1024 bytes');
  });

  it('names a missing file, before the store is begun', async () => {
    expectRefusal(await cairn(['import', store, '-f', at('nothing')]), 2, `${at('nothing')} does not exist`);
  });

  it('refuses a directory as a file', async () => {
    mkdirSync(at('directory'));
    const outcome = await cairn(['import', store, '-f', at('directory')]);
    expectRefusal(outcome, 2, `${at('directory')} is a directory; name the files in it`);
  });

  it('leaves an existing store as it is', async () => {
    await must(['import', store], { stdin: 'a\t1\n' });
    const { id } = await storeInfo(store);
    const { code, err } = await cairn(['import', store], { stdin: 'b\t2\n' });
    expect([code, err]).toEqual([2, expect.stringContaining('is already a store')]);
    expect((await storeInfo(store)).id).toBe(id);
  });

  it('leaves another directory as it is', async () => {
    mkdirSync(store);
    writeFileSync(`${store}/notes.txt`, 'mine');
    const { code, err } = await cairn(['import', store], { stdin: 'b\t2\n' });
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('is already a directory with other things in it'),
    ]);
    expect(readdirSync(store)).toEqual(['notes.txt']);
  });

  it.each([
    [
      ['--format', 'xml'],
      "argument 'xml' is invalid. Allowed choices are lines, csv, tsv, jsonl, json, msgpack, nul, length-prefixed.",
    ],
    [['--key-separator', ''], '--key-separator must have at least one character'],
    [['--key-separator', 'a\nb'], '--key-separator must have at least one character, and no newline'],
    [
      ['--key-separator', ':', '--format', 'jsonl'],
      '--key-separator belongs to the format lines or nul, not to jsonl',
    ],
    [['--key', 'id'], '--key belongs to the format csv, tsv, jsonl or json, not to lines'],
    [['--partition-bytes', 'lots'], 'Write a number of bytes such as 65536, 64k or 64MiB.'],
    [['--partition-bytes', '1'], '--partition-bytes must be an integer from 1024'],
    [['--metadata', '{'], 'Write a JSON object.'],
    [['--metadata', '[]'], '--metadata must be a JSON object'],
    [['--compression', 'lzw'], 'Allowed choices are none, deflate, zstd.'],
    [['--build-id', '../x'], '--build-id must be'],
  ])('refuses the options %j', async (options, message) => {
    expectRefusal(await cairn(['import', store, ...options], { stdin: 'a\t1\n' }), 2, message);
  });

  it('cancels when it is interrupted, while it waits for input', async () => {
    const controller = new AbortController();
    const stdin = new Readable({ read() {} });
    stdin.push('a\t1\n');
    const running = cairn(['import', store], { stdin, signal: controller.signal });
    while (!existsSync(`${store}/data`)) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Interruption('SIGTERM'));
    expectRefusal(await running, 143, 'interrupted');
  });

  it('cancels when the input fails', async () => {
    const stdin = new Readable({
      read() {
        this.destroy(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' }));
      },
    });
    expectRefusal(await cairn(['import', store], { stdin }), 4, 'read of standard input failed: EIO');
  });
});
