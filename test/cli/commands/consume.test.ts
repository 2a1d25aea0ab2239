import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createLog, type KeyedRecord } from '../../../src/node/log.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();
let log = '';

beforeEach(() => {
  log = at('log');
});

async function record(records: Iterable<KeyedRecord>, buckets = 1): Promise<void> {
  const producer = await createLog(log, { buckets });
  await producer.sendAll(records);
  await producer.close();
}

const keyed = (...keys: string[]): KeyedRecord[] => keys.map((key) => [key, `v${key}`]);
const plain = (...values: (string | Uint8Array)[]): KeyedRecord[] => values.map((value) => [null, value]);
const consume = async (...argv: string[]): Promise<string> => (await must(['consume', log, ...argv])).out;

const TRANSACTIONS: KeyedRecord[] = [
  ['alice', 'Deposit 100.00'],
  ['bob', 'Withdraw 50.00'],
  ['bob', 'Withdraw 25.00'],
];

describe('cairn consume', () => {
  it('F2: prints the values in the order in which they were produced', async () => {
    await record(TRANSACTIONS);
    expect(await consume()).toBe('Deposit 100.00\nWithdraw 50.00\nWithdraw 25.00\n');
  });

  it('F3: prints keys in brackets with --key-value, also of a URI that says log:', async () => {
    await record(TRANSACTIONS);
    const expected = '[alice] Deposit 100.00\n[bob] Withdraw 50.00\n[bob] Withdraw 25.00\n';
    const { out, err } = await must(['consume', '--key-value', `log:${log}`]);
    expect([out, err]).toEqual([expected, '']);
    expect(await consume('-k')).toBe(expected);
  });

  it('F4: fills a template, after a separator of two characters', async () => {
    await must(['produce', log, '-q', '--key-separator', '||'], { stdin: 'k1||v1\nk2||v2\nk3||v3\n' });
    expect(await consume('-F', '{{key}}={{value}}')).toBe('k1=v1\nk2=v2\nk3=v3\n');
  });

  it('F8: escapes nothing in a template', async () => {
    await record([['k', '"&"']]);
    expect(await consume('-F', '{{value}}')).toBe('"&"\n');
    expect(await consume('-F', '<{{ key }}>{{value}}{')).toBe('<k>"&"{\n');
  });

  it('F9: knows key, offset and partition in a template', async () => {
    await record([['k', 'v']]);
    expect(await consume('-F', '{{key}} {{offset}} {{partition}} {{bucket}}')).toBe('k 0 0 0\n');
  });

  it('F10: prints the time in UTC', async () => {
    await record([['k', 'v', { timestamp: Date.UTC(2026, 10, 20, 1, 2, 3, 45) }]]);
    expect(await consume('-F', '{{time}}')).toBe('2026-11-20T01:02:03.045Z\n');
    const before = Date.now();
    await must(['produce', at('now')], { stdin: 'v\n' });
    const { out } = await must(['consume', at('now'), '-F', '{{time}}']);
    expect(Date.parse(out.trim())).toBeGreaterThanOrEqual(before);
    expect(Date.parse(out.trim())).toBeLessThanOrEqual(Date.now());
  });

  it('F11: prints the last line alone with --tail 1', async () => {
    await record(plain('first', 'second'));
    expect(await consume('--tail', '1')).toBe('second\n');
  });

  it('F12, F13: prints the buckets that are asked for', async () => {
    await record(keyed('1', '2', '4', '8'), 2);
    expect(await consume('-p', '0')).toBe('v1\nv2\n');
    expect(await consume('--bucket', '1')).toBe('v4\nv8\n');
    expect(await consume('--partition', '1')).toBe('v4\nv8\n');
    expect(await consume('-p', '1', '-p', '0', '-p', '1')).toBe('v4\nv8\nv1\nv2\n');
    expect(await consume()).toBe('v1\nv2\nv4\nv8\n');
    log = at('three');
    await record(keyed('1', '2', '3'), 3);
    expect((await consume('-p', '1', '-p', '2')).trim().split('\n').sort()).toEqual(['v1', 'v2']);
  });

  it('starts and ends where it is told to, in each bucket', async () => {
    await record(plain(...'0123456789'), 2);
    const joined = async (...argv: string[]): Promise<string> =>
      (await consume(...argv)).replaceAll('\n', '');
    expect(await joined()).toBe('0246813579');
    expect(await joined('-H', '3')).toBe('6879');
    expect(await joined('--start', '3')).toBe('6879');
    expect(await joined('-T', '2')).toBe('6879');
    expect(await joined('-T', '99')).toBe('0246813579');
    expect(await joined('-T', '0')).toBe('');
    expect(await joined('--start', '99')).toBe('');
    expect(await joined('--end', '1')).toBe('0213');
    expect(await joined('--start', '1', '--end', '2', '-p', '1')).toBe('35');
    expect(await joined('-H', '1', '--end', '1')).toBe('23');
    expect(await joined('-T', '3', '--end', '2')).toBe('45');
    expect(await joined('--end', '99')).toBe('0246813579');
  });

  it('F26: says on a terminal what it is about to print', async () => {
    await record(plain('a', 'b', 'c', 'd'));
    const status = async (...argv: string[]): Promise<string> => {
      const { err } = await must(['consume', log, ...argv], { terminal: true });
      expect(err).toMatch(/^[^\n]*\n$/);
      return err.trim().replace(log, 'T');
    };
    const prefix = "Consuming records from 'T'";
    expect(await status('-H', '1', '--end', '2')).toBe(
      `${prefix} starting 1 from the beginning of log until offset 2 (inclusive)`,
    );
    expect(await status('--head', '1')).toBe(`${prefix} starting 1 from the beginning of log`);
    expect(await status('--start', '1')).toBe(`${prefix} starting at offset 1`);
    expect(await status('--start', '1', '--end', '2')).toBe(
      `${prefix} starting at offset 1 until offset 2 (inclusive)`,
    );
    expect(await status('--tail', '1')).toBe(`${prefix} starting 1 from the end of log`);
    expect(await status('--end', '2')).toBe(`${prefix} until offset 2 (inclusive)`);
    expect(await status()).toBe(prefix);
    expect((await must(['consume', log])).err).toBe('');
  });

  it('F27: prints [null] where there is no key, and empty brackets for an empty one', async () => {
    await record([
      [null, 'none'],
      ['', 'empty'],
    ]);
    expect(await consume('-k')).toBe('[null] none\n[] empty\n');
    expect(await consume('-F', '{{key}}|')).toBe('null|\n|\n');
  });

  it('prints what is no text as Fluvio does', async () => {
    await record(plain('text', Uint8Array.of(0xff, 0x41), 'NUL\0'));
    const dump = (cells: string, text: string): string =>
      `00000000  ${cells.padEnd(48)}  |${text.padEnd(16)}|\n${'-'.repeat(78)}\n`;
    const dynamic = `text\n${dump('ff 41', ' A')}${dump('4e 55 4c 00', 'NUL ')}`;
    expect(await consume()).toBe(dynamic);
    expect(await consume('-O', 'dynamic')).toBe(dynamic);
    expect(await consume('-O', 'text')).toBe('text\nbinary: (2 bytes)\nbinary: (4 bytes)\n');
    expect(await consume('-O', 'binary', '-H', '2', '-k')).toBe(`[null] ${dump('4e 55 4c 00', 'NUL ')}`);
    const { outBytes } = await must(['consume', log, '-O', 'raw']);
    expect([...outBytes]).toEqual([...Buffer.from('text\n'), 0xff, 0x41, 10, ...Buffer.from('NUL\0\n')]);
  });

  it('prints bytes in keys and templates as they are, and nothing that commands a terminal', async () => {
    await record([
      [Uint8Array.of(0xfe), Uint8Array.of(0xff)],
      ['\u001b[2J', 'a\tb'],
    ]);
    const { outBytes } = await must(['consume', log, '-F', '{{key}}:{{value}}', '--end', '0']);
    expect([...outBytes]).toEqual([0xfe, 0x3a, 0xff, 10]);
    const bracketed = await must(['consume', log, '-k', '-O', 'raw', '--end', '0']);
    expect([...bracketed.outBytes]).toEqual([0x5b, 0xfe, 0x5d, 0x20, 0xff, 10]);
    const shown = await must(['consume', log, '-F', '{{key}}:{{value}}'], { terminal: true });
    expect(shown.out).toBe('0xfe:0xff\n\\u001b[2J:a\\tb\n');
    const text = await must(['consume', log, '-k', '--start', '1'], { terminal: true });
    expect(text.out).toBe('[\\u001b[2J] a\\tb\n');
  });

  it('prints JSON over several lines, with its digits as they were, and says what is none', async () => {
    await record(
      plain('{"a":1.50,"b":[],"c":[12345678901234567890,{"d":"x"}]}', 'no', Uint8Array.of(0xff), '7'),
    );
    const lines = (await consume('-O', 'json')).split('\n');
    expect(lines.slice(0, 11)).toEqual([
      '{',
      '  "a": 1.50,',
      '  "b": [],',
      '  "c": [',
      '    12345678901234567890,',
      '    {',
      '      "d": "x"',
      '    }',
      '  ]',
      '}',
      '{',
    ]);
    expect(lines[11]).toMatch(/^ {2}"error": "Unexpected token/);
    expect(lines.slice(12)).toEqual(['}', '{', '  "error": "the value is not UTF-8"', '}', '7', '']);
    const { out } = await must(['consume', log, '-O', 'json', '--end', '0'], { terminal: true });
    expect(out.split('\n').length).toBe(11);
  });

  it('refuses what does not go together, or makes no sense', async () => {
    await record(plain('a', 'b'), 2);
    const refused: string[][] = [
      ['-B'],
      ['-d'],
      ['--format', '{{key}}'],
      ['-H', '1', '-T', '1'],
      ['-H', '1', '--start', '1'],
      ['-T', '1', '--start', '1'],
      ['-F', '{{key}}', '-O', 'text'],
      ['-A'],
      ['--start', '2', '--end', '1'],
      ['--head', '2', '--end', '1'],
      ['-p', '2'],
      ['-p', '0', '-p', '2'],
      ['-p', 'x'],
      ['-H', '-1'],
      ['-T', '1.5'],
      ['-O', 'table'],
      ['-F', '{{keys}}'],
      ['-F', '{{}}'],
    ];
    for (const options of refused) {
      const { code, out, err } = await cairn(['consume', log, ...options]);
      expect([code, out], options.join(' ')).toEqual([2, '']);
      expect(err).toMatch(/^cairn: [^\n]+\n$/);
    }
    expect((await cairn(['consume', log, '-F', '{{keys}}'])).err).toContain('{{bucket}}');
    expect((await cairn(['consume', log, '-p', '2'])).err).toContain('from 0 to 1');
  });

  it('ends with 5 where there is no log, and 3 where it is damaged', async () => {
    expect(await cairn(['consume', log])).toMatchObject({ code: 5, out: '' });
    await must(['import', log, '-q'], { stdin: 'a\t1\n' });
    expect(await cairn(['consume', log])).toMatchObject({
      code: 5,
      out: '',
      err: expect.stringContaining('but not a log'),
    });
    log = at('damaged');
    await record(plain('some value that is damaged', 'another'));
    const [part] = readdirSync(`${log}/data`);
    const bytes = readFileSync(`${log}/data/${part}`);
    bytes[bytes.indexOf('damaged')] ^= 1;
    writeFileSync(`${log}/data/${part}`, bytes);
    const { code, err } = await cairn(['consume', log]);
    expect([code, err.includes(part)]).toEqual([3, true]);
  });

  it('gives back what produce was given, line by line', async () => {
    const line = fc.uint8Array({ maxLength: 12 }).map((bytes) => bytes.filter((byte) => byte !== 10));
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 20 }), async (lines) => {
        const uri = at(`again-${number++}`);
        const stdin = Buffer.concat(lines.flatMap((each) => [each, Buffer.from('\n')]));
        await must(['produce', uri, '-q', '--allow-empty'], { stdin });
        const { outBytes } = await must(['consume', uri, '-O', 'raw']);
        expect(Buffer.from(outBytes).equals(stdin)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
