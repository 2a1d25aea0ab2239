import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { createStore } from '../../../src/node/index.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();
let fruit = '';

beforeEach(async () => {
  fruit = at('fruit');
  await must(['import', fruit, '-q'], { stdin: 'apple\tred\nbanana\tyellow\ncherry\tred\ngrape\t\n' });
});

describe('cairn get', () => {
  it('prints values alone, in the order of the keys', async () => {
    expect((await must(['get', fruit, 'cherry', 'apple', 'grape', 'apple'])).out).toBe('red\nred\n\nred\n');
  });

  it('names what is missing, prints the rest, and ends with 1', async () => {
    expect(await cairn(['get', fruit, 'kiwi', 'apple', ''])).toMatchObject({
      code: 1,
      out: 'red\n',
      err: `cairn: ${fruit} has no key "kiwi"\ncairn: ${fruit} has no key ""\n`,
    });
  });

  it('prints JSON', async () => {
    const { code, out } = await cairn(['get', fruit, 'apple', 'kiwi', '--json']);
    expect(code).toBe(1);
    expect(out).toBe('{"key":"apple","found":true,"value":"red"}\n{"key":"kiwi","found":false}\n');
  });

  it('takes keys that begin with a dash after --', async () => {
    await must(['import', at('dashes'), '-q'], { stdin: '--json\tx\n' });
    expect((await must(['get', at('dashes'), '--', '--json'])).out).toBe('x\n');
  });

  it('looks up many keys', async () => {
    const keys = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? 'apple' : 'banana'));
    expect((await must(['get', fruit, ...keys])).out).toBe('red\nyellow\n'.repeat(25));
  });

  it('prints what has structure as JSON, bigints as digits', async () => {
    const value = { n: 2n ** 63n, bytes: Uint8Array.of(1), list: [null, 'a\n'] };
    await createStore(at('msgpack')).put('k', value).close();
    expect((await must(['get', at('msgpack'), 'k'])).out).toBe(
      '{"n":9223372036854775808,"bytes":{"$bytes":"01"},"list":[null,"a\\n"]}\n',
    );
    expect((await must(['get', at('msgpack'), 'k', '--json'])).out).toContain(
      '{"$bigint":"9223372036854775808"}',
    );
  });

  it('gives one value of bytes exactly, several and on a terminal as hex', async () => {
    await createStore(at('bytes'), { valueEncoding: 'binary' })
      .put('a', Uint8Array.of(0, 10, 255))
      .put('b', Uint8Array.of())
      .close();
    expect((await must(['get', at('bytes'), 'a'])).outBytes).toEqual(Uint8Array.of(0, 10, 255));
    expect((await must(['get', at('bytes'), 'b'])).out).toBe('');
    expect((await must(['get', at('bytes'), 'a', 'b'])).out).toBe('0x000aff\n0x\n');
    expect((await must(['get', at('bytes'), 'a', '--hex'])).out).toBe('0x000aff\n');
    expect((await must(['get', at('bytes'), 'a'], { terminal: true })).out).toBe('0x000aff\n');
    expect((await must(['get', at('bytes'), 'a', '--json'])).out).toContain('{"$bytes":"000aff"}');
    expect((await must(['get', fruit, 'apple', '--hex'])).out).toBe('0x726564\n');
  });

  it('sends no control characters to a terminal', async () => {
    await must(['import', at('evil'), '-q'], { stdin: 'a\t\u001b[2Jx\ty\n' });
    expect((await must(['get', at('evil'), 'a'], { terminal: true })).out).toBe('\\u001b[2Jx\\ty\n');
    expect((await must(['scan', at('evil')], { terminal: true })).out).toBe('a\t\\u001b[2Jx\\ty\n');
    expect((await must(['get', at('evil'), 'a'])).out).toBe('\u001b[2Jx\ty\n');
  });

  it('reads keys from files and standard input, many at once', async () => {
    const keys = Array.from({ length: 2500 }, (_, i) => (i % 2 === 0 ? 'apple' : `k${i}`));
    writeFileSync(at('keys'), `cherry\r\n\n${keys.join('\n')}`);
    const { code, out, err } = await cairn(
      ['get', fruit, 'grape', '-f', at('keys'), '-f', '-', '--missing', '?'],
      {
        stdin: 'banana\nkiwi\n',
      },
    );
    const found = keys.map((_, i) => (i % 2 === 0 ? 'red' : '?'));
    expect([code, err]).toEqual([1, '']);
    expect(out).toBe(['', 'red', ...found, 'yellow', '?', ''].join('\n'));
    const json = await cairn(['get', fruit, '-f', '-', '-o', 'jsonl'], { stdin: 'kiwi\napple' });
    expect(json.out).toBe('{"key":"kiwi","found":false}\n{"key":"apple","found":true,"value":"red"}\n');
    expect(await cairn(['get', fruit, '-f', at('none')])).toMatchObject({ code: 2 });
    expect(await cairn(['get', fruit, '-f', '-'], { stdin: Buffer.of(0xff) })).toMatchObject({
      code: 2,
      err: expect.stringContaining('is not UTF-8'),
    });
  });

  it('prints a table or CSV of what it finds', async () => {
    await must(['import', at('prices'), '--format', 'csv', '--numbers', 'price'], {
      stdin: 'key,price,name\na,1,Apple\nlonger,22.5,Pear\n',
    });
    expect((await must(['get', at('prices'), 'longer', 'a', '-o', 'table'])).out).toBe(
      'key     price  name\nlonger   22.5  Pear\na           1  Apple\n',
    );
    const { code, out, err } = await cairn(['get', at('prices'), 'none', 'a', '-o', 'csv']);
    expect([code, out, err]).toEqual([
      1,
      'key,price,name\na,1,Apple\n',
      `cairn: ${at('prices')} has no key "none"\n`,
    ]);
    expect(await cairn(['get', fruit, 'apple', '--json', '-o', 'table'])).toMatchObject({
      code: 2,
      err: 'cairn: --json and -o table exclude each other\n',
    });
  });

  it('tells a key that is missing from a store that is', async () => {
    expect((await cairn(['get', fruit, 'kiwi'])).code).toBe(1);
    expect((await cairn(['get', at('none'), 'kiwi'])).code).toBe(5);
  });
});
