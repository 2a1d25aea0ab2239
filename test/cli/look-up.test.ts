import { beforeEach, describe, expect, it } from 'vitest';
import { createStore } from '../../src/node/index.ts';
import { mapToIpv6, parseIpAddress } from '../../src/text/ip-address.ts';
import { cairn, must } from './run-cairn.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const at = temporaryDirectory();
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
});

describe('cairn floor', () => {
  it('prints the greatest entry up to a key', async () => {
    expect((await must(['floor', fruit, 'banana'])).out).toBe('banana\tyellow\n');
    expect((await must(['floor', fruit, 'bz'])).out).toBe('banana\tyellow\n');
    expect((await must(['floor', fruit, 'bz', '--json'])).out).toBe('{"key":"banana","value":"yellow"}\n');
  });

  it('ends with 1 when there is none', async () => {
    expect(await cairn(['floor', fruit, 'a'])).toMatchObject({
      code: 1,
      out: '',
      err: `cairn: ${fruit} has no key up to "a"\n`,
    });
  });
});

describe('keys on the command line', () => {
  async function networks(mapped: boolean, metadata = {}): Promise<string> {
    const uri = at(`networks-${mapped}`);
    const writer = await createStore(uri, { keyEncoding: 'binary', valueEncoding: 'utf8', metadata });
    for (const [start, name] of [
      ['8.8.8.0', 'Google'],
      ['9.9.9.0', 'Quad9'],
    ]) {
      const bytes = parseIpAddress(start) as Uint8Array;
      writer.put(mapped ? mapToIpv6(bytes) : bytes, name);
    }
    await writer.close();
    return uri;
  }

  it('can be IP addresses, of 4 bytes or of 16', async () => {
    for (const mapped of [false, true]) {
      const uri = await networks(mapped);
      expect((await must(['floor', uri, '8.8.8.8', '--key-format', 'ip'])).out).toBe('8.8.8.0\tGoogle\n');
      expect((await must(['count', uri, '--gte', '9.0.0.0', '--key-format', 'ip'])).out).toBe('1\n');
      expect((await must(['scan', uri, '--keys', '--key-format', 'ip', '--json'])).out).toBe(
        '"8.8.8.0"\n"9.9.9.0"\n',
      );
      const { code, err } = await cairn(['floor', uri, '8.8.8', '--key-format', 'ip']);
      expect([code, err]).toEqual([2, expect.stringContaining('"8.8.8" is not an IP address')]);
    }
  });

  it('are IP addresses by themselves when the metadata says so', async () => {
    const uri = await networks(true, { keyFormat: 'ip' });
    expect((await must(['floor', uri, '8.8.8.8'])).out).toBe('8.8.8.0\tGoogle\n');
    expect((await must(['info', uri])).out).toContain('first key    8.8.8.0\n');
    expect((await must(['get', uri, '0x00000000000000000000ffff08080800', '--json'])).out).toContain(
      '"key":"8.8.8.0"',
    );
    expect((await must(['scan', uri, '--keys', '--limit', '1', '--key-format', 'hex'])).out).toBe(
      '0x00000000000000000000ffff08080800\n',
    );
  });

  it('can be hex, text or JSON for bytes', async () => {
    await createStore(at('bytes'), { keyEncoding: 'binary', valueEncoding: 'utf8' })
      .put(Uint8Array.of(0x61, 0x62), 'text')
      .put(Uint8Array.of(0xff), 'byte')
      .close();
    const get = async (...args: string[]): Promise<string> =>
      (await cairn(['get', at('bytes'), ...args])).out;
    expect(await get('0x6162', 'ab', '0xFF')).toBe('text\ntext\nbyte\n');
    expect(await get('6162', 'ff', '--key-format', 'hex')).toBe('text\nbyte\n');
    expect(await get('"ab"', '{"$bytes":"ff"}', '--key-format', 'json')).toBe('text\nbyte\n');
    expect(await get('ab', '--key-format', 'text')).toBe('text\n');
    expect((await must(['scan', at('bytes')])).out).toBe('0x6162\ttext\n0xff\tbyte\n');
    expect((await must(['scan', at('bytes'), '--key-format', 'text'])).out).toBe('ab\ttext\n0xff\tbyte\n');
    expect((await must(['scan', at('bytes'), '--keys', '--key-format', 'json'])).out).toBe(
      '{"$bytes":"6162"}\n{"$bytes":"ff"}\n',
    );
    for (const [key, format, message] of [
      ['abc', 'hex', 'is not hex'],
      ['5', 'json', 'is neither a JSON string nor'],
      ['{', 'json', "can't be read as JSON: not valid JSON"],
    ]) {
      const { code, err } = await cairn(['get', at('bytes'), key, '--key-format', format]);
      expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    }
  });

  it('can be text, hex or JSON for text', async () => {
    expect((await must(['get', fruit, '0x6170706c65', '--key-format', 'hex'])).out).toBe('red\n');
    expect((await must(['get', fruit, '"apple"', '--key-format', 'json'])).out).toBe('red\n');
    expect((await cairn(['get', fruit, '0x6170706c65'])).code).toBe(1);
    expect((await must(['scan', fruit, '--keys', '--limit', '1', '--key-format', 'hex'])).out).toBe(
      '0x6170706c65\n',
    );
    for (const [key, format] of [
      ['0xff', 'hex'],
      ['5', 'json'],
      ['8.8.8.8', 'ip'],
    ]) {
      expect(await cairn(['get', fruit, key, '--key-format', format])).toMatchObject({ code: 2, out: '' });
    }
  });

  it('are JSON arrays for tuples', async () => {
    await createStore(at('tuples'), { keyEncoding: 'tuple' })
      .put(['DE', 1], 'a')
      .put(['DE', 2n], 'b')
      .put(['FR', 1], 'c')
      .close();
    expect((await must(['get', at('tuples'), '["DE",1]', '["DE",{"$bigint":"2"}]'])).out).toBe('"a"\n"b"\n');
    expect((await must(['scan', at('tuples'), '--prefix', '["DE"]', '--keys'])).out).toBe(
      '["DE",1]\n["DE",{"$bigint":"2"}]\n',
    );
    for (const key of ['DE', '"DE"', '[NaN]']) {
      expect(await cairn(['get', at('tuples'), key])).toMatchObject({ code: 2, out: '' });
    }
    expect((await cairn(['get', at('tuples'), '["DE"]', '--key-format', 'hex'])).err).toContain(
      'the keys of this store are tuples',
    );
  });
});

describe('cairn scan', () => {
  const lines = ['apple\tred\n', 'banana\tyellow\n', 'cherry\tred\n', 'grape\t\n'];

  it.each([
    [[], [0, 1, 2, 3]],
    [['--prefix', 'b'], [1]],
    [
      ['--gte', 'banana'],
      [1, 2, 3],
    ],
    [
      ['--gt', 'banana'],
      [2, 3],
    ],
    [
      ['--lt', 'cherry'],
      [0, 1],
    ],
    [
      ['--lte', 'cherry'],
      [0, 1, 2],
    ],
    [
      ['--gt', 'apple', '--lt', 'grape', '--reverse'],
      [2, 1],
    ],
    [
      ['--limit', '2'],
      [0, 1],
    ],
    [['--limit', '0'], []],
    [['--reverse', '--limit', '1'], [3]],
    [
      ['--prefix', ''],
      [0, 1, 2, 3],
    ],
    [['--prefix', 'x'], []],
  ])('%j', async (options, expected) => {
    const chosen = expected.map((i) => lines[i]);
    expect((await must(['scan', fruit, ...options])).out).toBe(chosen.join(''));
    const keys = chosen.map((line) => `${line.split('\t')[0]}\n`);
    expect((await must(['scan', fruit, '--keys', ...options])).out).toBe(keys.join(''));
    expect((await must(['count', fruit, ...options])).out).toBe(`${expected.length}\n`);
    expect((await must(['count', fruit, '--json', ...options])).out).toBe(`{"count":${expected.length}}\n`);
  });

  it('prints lines of JSON', async () => {
    expect((await must(['scan', fruit, '--limit', '1', '--json'])).out).toBe(
      '{"key":"apple","value":"red"}\n',
    );
  });

  it.each(['-1', '1.5', 'x', '', '99999999999999999999'])('refuses the limit %j', async (limit) => {
    expect(await cairn(['scan', fruit, `--limit=${limit}`])).toMatchObject({ code: 2, out: '' });
  });
});
