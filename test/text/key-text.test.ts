import { beforeEach, describe, expect, it } from 'vitest';
import { createStore } from '../../src/node/index.ts';
import { mapToIpv6, parseIpAddress } from '../../src/text/ip-address.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { cairn, must, type Outcome } from '../support/run-cairn.ts';

const at = directoryPerTest();
let fruit = '';

beforeEach(async () => {
  fruit = at('fruit');
  await must(['import', fruit, '-q'], { stdin: 'apple\tred\nbanana\tyellow\ncherry\tred\ngrape\t\n' });
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
      const before = mapped ? '::ffff:' : '';
      expect((await must(['floor', uri, '8.8.8.8', '--key-format', 'ip'])).out).toBe(
        `${before}8.8.8.0\tGoogle\n`,
      );
      expect((await must(['count', uri, '--gte', '9.0.0.0', '--key-format', 'ip'])).out).toBe('1\n');
      expect((await must(['scan', uri, '--keys', '--key-format', 'ip', '--json'])).out).toBe(
        `"${before}8.8.8.0"\n"${before}9.9.9.0"\n`,
      );
      const { code, err } = await cairn(['floor', uri, '8.8.8', '--key-format', 'ip']);
      expect([code, err]).toEqual([2, expect.stringContaining('"8.8.8" is not an IP address')]);
    }
  });

  it('are IP addresses by themselves when the metadata says so', async () => {
    const uri = await networks(true, { keyFormat: 'ip' });
    expect((await must(['floor', uri, '8.8.8.8'])).out).toBe('::ffff:8.8.8.0\tGoogle\n');
    expect((await must(['info', uri])).out).toContain('first key    ::ffff:8.8.8.0\n');
    expect((await must(['get', uri, '0x00000000000000000000ffff08080800', '--json'])).out).toContain(
      '"key":"::ffff:8.8.8.0"',
    );
    expect((await must(['scan', uri, '--keys', '--limit', '1', '--key-format', 'hex'])).out).toBe(
      '0x00000000000000000000ffff08080800\n',
    );
  });

  it.each(['get', 'floor', 'scan', 'count'] as const)(
    'cairn %s takes IPv4 mapped to IPv6 for IPv4 and the other way round, and refuses other IPv6',
    async (command) => {
      const ask = (uri: string, address: string): Promise<Outcome> =>
        cairn(
          command === 'get' || command === 'floor'
            ? [command, uri, address]
            : [command, uri, '--gte', address, '--lte', address],
        );
      for (const mapped of [false, true]) {
        const uri = await networks(mapped, { keyFormat: 'ip' });
        const plain = await ask(uri, '9.9.9.0');
        expect(plain).toMatchObject({ code: 0, out: expect.stringMatching(/Quad9|^1\n$/) });
        expect(await ask(uri, '::ffff:9.9.9.0')).toEqual(plain);
        expect(await ask(uri, '::ffff:909:900')).toEqual(plain);
      }
      expect(await ask(at('networks-false'), '2001:db8::1')).toMatchObject({
        code: 2,
        out: '',
        err: 'cairn: 2001:db8::1 is an IPv6 address, and the keys of this store are IPv4 addresses\n',
      });
    },
  );

  it.each(['--prefix', '--gt', '--gte', '--lt', '--lte'])(
    '%s takes IPv6 for IPv4 only if mapped',
    async (bound) => {
      const uri = await networks(false, { keyFormat: 'ip' });
      const { out } = await must(['count', uri, bound, '9.9.9.0']);
      expect((await must(['count', uri, bound, '::ffff:9.9.9.0'])).out).toBe(out);
      expect((await cairn(['count', uri, bound, '::'])).code).toBe(2);
    },
  );

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
