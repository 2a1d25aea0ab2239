import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { Interruption } from '../../../src/cli/terminal/failure.ts';
import { openLog } from '../../../src/node/log.ts';
import { directoryPerTest, fileWriter } from '../../support/directory-per-test.ts';
import { type Row, rows } from '../../support/log-records.ts';
import { cairn, must } from '../../support/run-cairn.ts';
import { tree } from '../../support/storage-tools.ts';

const at = directoryPerTest();
const file = fileWriter(at);
let log = '';

beforeEach(() => {
  log = at('log');
});

async function read(uri: string = log): Promise<Row[]> {
  await using reader = await openLog(uri);
  return await rows(reader);
}

const TRANSACTIONS = 'alice=Deposit 100.00\nbob=Withdraw 50.00\nbob=Withdraw 25.00\n';

describe('cairn produce', () => {
  it('F1: prints the records of a file as [key] value with -v', async () => {
    const input = file('transactions.txt', TRANSACTIONS);
    const { out, err } = await must(['produce', '-v', '--key-separator', '=', '-f', input, `log:${log}`]);
    expect(out).toBe('[alice] Deposit 100.00\n[bob] Withdraw 50.00\n[bob] Withdraw 25.00\n');
    expect(err).toMatch(/^produced 3 records in 1 bucket, \d+ B\n$/);
    expect(await read()).toEqual([
      [0, 0, 'alice', 'Deposit 100.00'],
      [0, 1, 'bob', 'Withdraw 50.00'],
      [0, 2, 'bob', 'Withdraw 25.00'],
    ]);
  });

  it('F5: splits at the first separator', async () => {
    await must(['produce', log, '--key-separator', '='], { stdin: 'a=b=c\n=empty\nd=\n' });
    expect(await read()).toEqual([
      [0, 0, 'a', 'b=c'],
      [0, 1, '', 'empty'],
      [0, 2, 'd', ''],
    ]);
  });

  it.each([
    ['||', 'k1||v1|x\n', 'k1', 'v1|x'],
    ['\\t', 'k\tv\tw\n', 'k', 'v\tw'],
    ['→', 'k→v\n', 'k', 'v'],
    ['ab', 'aab\n', 'a', ''],
  ])('takes the separator %j', async (separator, stdin, key, value) => {
    await must(['produce', log, '--key-separator', separator], { stdin });
    expect(await read()).toEqual([[0, 0, key, value]]);
  });

  it('F6: skips a line without the separator, says which, and counts it', async () => {
    const stdin = 'a=1\nno separator\n\nb=2\n';
    const { out, err } = await must(['produce', log, '-v', '--key-separator', '='], { stdin });
    expect(out).toBe('[a] 1\n[b] 2\n');
    expect(err).toMatch(
      /^cairn: skipped standard input, line 2: no "=" separates [^\n]*\ncairn: skipped standard input, line 3: [^\n]*\nproduced 2 records in [^\n]*; 2 lines without the separator skipped\n$/,
    );
    expect((await read()).map(([, , key]) => key)).toEqual(['a', 'b']);
  });

  it('names ten skipped lines, and counts the rest', async () => {
    const { err } = await must(['produce', log, '--key-separator', '='], {
      stdin: `${'x\n'.repeat(25)}a=1\n`,
    });
    expect(err.match(/^cairn: skipped/gm)?.length).toBe(10);
    expect(err).toContain('produced 1 record in 1 bucket');
    expect(err).toContain('25 lines without the separator skipped\n');
  });

  it('refuses input in which no line has the separator, and one that is empty unless it is told to', async () => {
    const { code, err } = await cairn(['produce', log, '--key-separator', '='], { stdin: 'x\ny\n' });
    expect([code, existsSync(log)]).toEqual([2, false]);
    expect(err).toContain(
      'no line has the separator "=": 2 were skipped. Name another with --key-separator\n',
    );
    expect((await cairn(['produce', log], { stdin: '' })).err).toContain(
      'the input is empty: no log was written',
    );
    await must(['produce', log, '--key-separator', '=', '--allow-empty'], { stdin: '' });
    expect(await read()).toEqual([]);
  });

  it('says that lines which end in carriage returns are read as one', async () => {
    const { err } = await must(['produce', log, '-q'], { stdin: 'a\rb\r' });
    expect(err).toMatch(
      /^cairn: standard input: has carriage returns and no newline, and is read as one line/,
    );
    expect(await read()).toEqual([[0, 0, null, 'a\rb\r']]);
  });

  it('leaves out a byte-order mark at the beginning of lines, and says so, but not with --raw', async () => {
    const { err } = await must(['produce', log, '-q', '--key-separator', '='], {
      stdin: '\ufeffa=1\n\ufeffb=2\n',
    });
    expect(err).toBe('cairn: standard input: left out the byte-order mark at its beginning\n');
    expect(await read()).toEqual([
      [0, 0, 'a', '1'],
      [0, 1, '\ufeffb', '2'],
    ]);
    await must(['produce', at('raw'), '-q', '--raw'], { stdin: '\ufeffa' });
    expect(await read(at('raw'))).toEqual([[0, 0, null, '\ufeffa']]);
  });

  it('unpacks compressed input as import does, but not with --raw', async () => {
    const zipped = gzipSync('a=1\nb=2\n');
    const expected = [
      [0, 0, 'a', '1'],
      [0, 1, 'b', '2'],
    ];
    await must(['produce', log, '--key-separator', '=', '-f', file('in.gz', zipped)]);
    expect(await read()).toEqual(expected);
    await must(['produce', at('sniffed'), '--key-separator', '='], { stdin: zipped });
    expect(await read(at('sniffed'))).toEqual(expected);
    await must(['produce', at('raw'), '--raw', '-f', at('in.gz'), '--compression', 'none']);
    await using raw = await openLog(at('raw'));
    for await (const record of raw.records()) expect(record.value()).toEqual(new Uint8Array(zipped));
    await must(['produce', at('unpacked'), '--raw', '--decompress', 'gzip', '-f', at('in.gz')]);
    expect(await read(at('unpacked'))).toEqual([[0, 0, null, 'a=1\nb=2\n']]);
  });

  it('refuses such a line with --strict, and leaves nothing', async () => {
    const input = file('in', 'a=1\nnothing\nb=2\n');
    const { code, err } = await cairn(['produce', log, '--strict', '--key-separator', '=', '-f', input]);
    expect(code).toBe(2);
    expect(err).toMatch(/^cairn: [^\n]*in, line 2: no "=" separates a key from a value[^\n]*\n$/);
    expect(existsSync(log)).toBe(false);
  });

  it.each([[''], ['a\nb']])('F7: refuses the separator %j', async (separator) => {
    const { code, err } = await cairn(['produce', log, '--key-separator', separator], { stdin: 'a=b\n' });
    expect([code, existsSync(log)]).toEqual([2, false]);
    expect(err).toContain('--key-separator must have at least one character');
  });

  it('F8: gives every record the key of --key', async () => {
    const { out } = await must(['produce', log, '-v', '--key', 'k'], { stdin: '"&"\na=b\n' });
    expect(out).toBe('[k] "&"\n[k] a=b\n');
    expect(await read()).toEqual([
      [0, 0, 'k', '"&"'],
      [0, 1, 'k', 'a=b'],
    ]);
    await must(['produce', `${log}-2`, '--key', ''], { stdin: 'x\n' });
    expect(await read(`${log}-2`)).toEqual([[0, 0, '', 'x']]);
  });

  it('F15: gives lines no key unless told to, and spreads them over the buckets in turn', async () => {
    const { out, err } = await must(['produce', log, '-v', '--buckets', '3'], { stdin: '0\n1\n2\n3\n\n5' });
    expect(out).toBe('[null] 0\n[null] 1\n[null] 2\n[null] 3\n[null] \n[null] 5\n');
    expect(err).toContain('produced 6 records in 3 buckets');
    expect(await read()).toEqual([
      [0, 0, null, '0'],
      [0, 1, null, '3'],
      [1, 0, null, '1'],
      [1, 1, null, ''],
      [2, 0, null, '2'],
      [2, 1, null, '5'],
    ]);
  });

  it.each(['none', 'deflate', 'zstd'])('F18: keeps the text with --compression %s', async (compression) => {
    const lines = Array.from({ length: 300 }, (_, i) => `key ${i % 9}=${'text '.repeat(30)}${i}`);
    const argv = [
      'produce',
      log,
      '-q',
      '--key-separator',
      '=',
      '--compression',
      compression,
      '--buckets',
      '2',
    ];
    expect(await must(argv, { stdin: lines.join('\n') })).toMatchObject({ out: '', err: '' });
    const back = (await read()).map(([, , key, value]) => `${key}=${value}`);
    expect(back.sort()).toEqual([...lines].sort());
  });

  it('keeps bytes as they are, and carriage returns unless told to leave them out', async () => {
    const stdin = Buffer.from([0xff, 0x3d, 0xfe, 0, 13, 10, 0x3d, 13, 13, 10, 0x61, 0x3d, 13]);
    await must(['produce', log, '--key-separator', '='], { stdin });
    await must(['produce', `${log}-2`, '--crlf', '--key-separator', '='], { stdin });
    const bytesOf = async (uri: string): Promise<[number[] | null, number[]][]> => {
      const found: [number[] | null, number[]][] = [];
      await using reader = await openLog(uri);
      for await (const record of reader.records())
        found.push([[...(record.key() ?? [])], [...record.value()]]);
      return found;
    };
    expect(await bytesOf(log)).toEqual([
      [[0xff], [0xfe, 0, 13]],
      [[], [13, 13]],
      [[0x61], [13]],
    ]);
    expect(await bytesOf(`${log}-2`)).toEqual([
      [[0xff], [0xfe, 0]],
      [[], [13]],
      [[0x61], [13]],
    ]);
  });

  it('prints bytes as they are, and what is no text as hex on a terminal', async () => {
    const stdin = Buffer.from([0xff, 0x3d, 0xfe, 10, 0x1b, 0x3d, 0x61, 10]);
    const { outBytes } = await must(['produce', log, '-v', '--key-separator', '='], { stdin });
    expect([...outBytes]).toEqual([
      ...[0x5b, 0xff, 0x5d, 0x20, 0xfe, 10],
      ...[0x5b, 0x1b, 0x5d, 0x20, 0x61, 10],
    ]);
    const shown = await must(['produce', `${log}-2`, '-v', '--key-separator', '='], {
      stdin,
      terminal: true,
    });
    expect(shown.out).toBe('[0xff] 0xfe\n[\\u001b] a\n');
  });

  it('makes one record of each input with --raw', async () => {
    const picture = file('picture', Uint8Array.of(0x89, 10, 13, 10, 0));
    await must(['produce', log, '--raw', '--key', 'cat', '-f', picture, '-f', '-'], { stdin: 'a=b\nc\n' });
    await must(['produce', `${log}-2`, '--raw'], { stdin: '' });
    await using reader = await openLog(log);
    expect((await reader.bucket(0).at(0))?.value()).toEqual(Uint8Array.of(0x89, 10, 13, 10, 0));
    expect((await reader.bucket(0).at(1))?.valueString()).toBe('a=b\nc\n');
    expect(await reader.bucket(0).count()).toBe(2);
    expect(await read(`${log}-2`)).toEqual([[0, 0, null, '']]);
  });

  it('takes several files one after the other, wherever their chunks end', async () => {
    const pieces = Array.from('b=2\nc=3', (character) => Buffer.from(character));
    const argv = [
      'produce',
      log,
      '--key-separator',
      '=',
      '-f',
      file('1', 'a=1'),
      '-f',
      '-',
      '-f',
      file('3', 'd=4'),
    ];
    await must(argv, { stdin: Readable.from(pieces) });
    expect((await read()).map(([, , key, value]) => `${key}${value}`)).toEqual(['a1', 'b2', 'c3', 'd4']);
  });

  it('gives the same files for the same input, --timestamp and --build-id', async () => {
    const input = file('in', Array.from({ length: 200 }, (_, i) => `k${i % 7}=v${i}\n`).join(''));
    const made: string[][] = [];
    for (const name of ['a', 'b']) {
      const uri = at(name);
      const argv = ['produce', uri, '-f', input, '--key-separator', '=', '--buckets', '4', '--build-id', '7'];
      await must([...argv, '--timestamp', '2026-11-20T01:02:03.004Z', '--sort-bytes', '64k']);
      const files = (await tree(uri)).filter((path) => !path.endsWith('/'));
      made.push(files.map((path) => `${path} ${readFileSync(join(uri, path)).toString('base64')}`));
    }
    expect(made[0].length).toBe(2);
    expect(made[1]).toEqual(made[0]);
    await using reader = await openLog(at('a'));
    expect((await reader.bucket(0).at(0))?.timestamp).toBe(Date.UTC(2026, 10, 20, 1, 2, 3, 4));
  });

  it('refuses what does not go together, or makes no sense', async () => {
    const refused: string[][] = [
      ['--key-separator', '=', '--key', 'k'],
      ['--key-separator', '=', '--raw'],
      ['--crlf', '--raw'],
      ['--buckets', '0'],
      ['--buckets', '65537'],
      ['--buckets', 'two'],
      ['--timestamp', 'yesterday'],
      ['--timestamp', '2026-02-30T00:00:00Z'],
      ['--timestamp', '2026-02-20 00:00:00'],
      ['--compression', 'snappy'],
      ['-f'],
    ];
    for (const options of refused) {
      const { code, out, err } = await cairn(['produce', log, ...options], { stdin: 'a=b\n' });
      expect([code, out], options.join(' ')).toEqual([2, '']);
      expect(err).toMatch(/^cairn: [^\n]+\n$/);
    }
    expect((await cairn(['produce', log, '-f', at('nothing')])).code).toBe(2);
    expect(existsSync(log)).toBe(false);
  });

  it('leaves what is there as it was', async () => {
    await must(['produce', log], { stdin: 'first\n' });
    const again = await cairn(['produce', log], { stdin: 'second\n' });
    expect(again).toMatchObject({ code: 2, out: '', err: expect.stringContaining('is already a store') });
    expect(await read()).toEqual([[0, 0, null, 'first']]);
    mkdirSync(at('full'));
    file('full/note', 'text');
    expect((await cairn(['produce', at('full')], { stdin: 'x\n' })).code).toBe(2);
  });

  it('names the line of a record that no partition can hold, and leaves nothing', async () => {
    const stdin = `a\n${'b'.repeat(5000)}\n`;
    const { code, err } = await cairn(['produce', log, '--partition-bytes', '4096'], { stdin });
    expect(code).toBe(2);
    expect(err).toMatch(/^cairn: standard input, line 2: record 1 \(key of 0 bytes, value of 5000 bytes\)/);
    expect(existsSync(log)).toBe(false);
  });

  it('leaves nothing when it is interrupted', async () => {
    const controller = new AbortController();
    const stdin = new Readable({
      read() {
        this.push('a=1\n');
        controller.abort(new Interruption('SIGINT'));
      },
    });
    const outcome = await cairn(['produce', log, '--buckets', '2'], { stdin, signal: controller.signal });
    expect(outcome).toMatchObject({ code: 130, err: 'cairn: interrupted\n' });
    expect(existsSync(log)).toBe(false);
  });
});
