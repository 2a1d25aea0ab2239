import { describe, expect, it } from 'vitest';
import { createStore } from '../../src/node/index.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { cairn, must } from '../support/run-cairn.ts';

const at = directoryPerTest();

/** Two entries out of order, what their keys are in messages, and how they are imported. */
const INPUTS: readonly {
  readonly name: string;
  readonly keys: readonly [string, string];
  readonly shown: readonly [string, string];
  readonly options: readonly string[];
  readonly line?: (key: string) => string;
}[] = [
  { name: 'text', keys: ['b', 'a'], shown: ['"b"', '"a"'], options: [] },
  { name: 'text beyond ASCII', keys: ['ö', 'ä'], shown: ['"ö"', '"ä"'], options: [] },
  { name: 'numbers', keys: ['5', '3'], shown: ['5', '3'], options: ['--key-encoding', 'number'] },
  { name: 'bigints', keys: ['5', '3'], shown: ['5', '3'], options: ['--key-encoding', 'bigint'] },
  {
    name: 'addresses',
    keys: ['1.0.0.5', '1.0.0.3'],
    shown: ['1.0.0.5', '1.0.0.3'],
    options: ['--key-format', 'ip'],
  },
  {
    name: 'addresses of IPv6',
    keys: ['2001:db8::5', '1.0.0.3'],
    shown: ['2001:db8::5', '::ffff:1.0.0.3'],
    options: ['--key-format', 'ip6'],
  },
  { name: 'hex', keys: ['0xff', '0A'], shown: ['0xff', '0x0a'], options: ['--key-format', 'hex'] },
  {
    name: 'tuples',
    keys: ['["US",2]', '["US",1]'],
    shown: ['["US",2]', '["US",1]'],
    options: ['--key-encoding', 'tuple'],
  },
  { name: 'bytes', keys: ['b', 'a'], shown: ['0x62', '0x61'], options: ['--key-encoding', 'binary'] },
  {
    name: 'JSON lines',
    keys: ['2', '1'],
    shown: ['2', '1'],
    options: ['--key-encoding', 'number', '--format', 'jsonl'],
    line: (key) => `{"key":${key},"value":"v"}\n`,
  },
];

describe.each(INPUTS)(
  'keys that are $name',
  ({ keys: [high, low], shown, options, line = (key) => `${key}\tv\n` }) => {
    async function refusal(stdin: string, ...more: string[]): Promise<string> {
      const { code, err } = await cairn(['import', at('store'), ...options, ...more], { stdin });
      expect(code).toBe(2);
      return err;
    }

    it('are shown as scan writes them when they are out of order', async () => {
      const message = `: the key ${shown[1]} does not come after the one before it, ${shown[0]} (line 1). Let the command sort with --sort`;
      expect(await refusal(line(high) + line(low))).toContain(`line 2${message}`);
      expect(await refusal(line(high) + line(low), '--on-duplicate', 'last')).toContain(`line 2${message}`);
    });

    it('are shown as scan writes them when they are equal', async () => {
      expect(await refusal(line(low) + line(low))).toContain(
        `line 2: the key ${shown[1]} stands in line 1 too`,
      );
      expect(await refusal(line(low) + line(high) + line(low), '--sort')).toContain(
        `the key ${shown[1]} stands in the input more than once`,
      );
    });

    it('are shown as scan writes them when they are in two stores', async () => {
      for (const name of ['a', 'b']) {
        await must(['import', at(name), '-q', ...options], { stdin: line(low) });
      }
      for (const to of [[at('to')], ['--move']]) {
        const { code, err } = await cairn(['merge', at('a'), at('b'), ...to]);
        expect([code, err]).toEqual([
          2,
          `cairn: the key ${shown[1]} is in more than one store. Say which entry stays with --on-duplicate first or last\n`,
        ]);
      }
      expect(shown[1].replaceAll('"', '')).toBe(
        (await must(['scan', at('a'), '--keys'])).out.trim().replaceAll('"', ''),
      );
    });
  },
);

it('what cannot be seen in a key is shown as an escape', async () => {
  const { err } = await cairn(['import', at('store')], { stdin: 'A\t0\n\ufeffb\t1\na\t2\n' });
  expect(err).toContain('the key "a" does not come after the one before it, "\\ufeffb"');
});

describe('the advice about order', () => {
  it.each([
    [[], "LC_ALL=C sort -t $'\\t' -k 1,1"],
    [['--key-separator', ':'], "LC_ALL=C sort -t ':' -k 1,1"],
    [['--key-separator', "'"], `LC_ALL=C sort -t "'" -k 1,1`],
    [['--key-separator', '::'], undefined],
    [['--key-separator', 'ä'], undefined],
    [['--key-encoding', 'number'], undefined],
    [['--key-format', 'hex'], undefined],
  ])('for %j is --sort, and %s', async (options, command) => {
    const separator = options[0] === '--key-separator' ? options[1] : '\t';
    const keys = options[0] === '--key-encoding' ? ['12', '1'] : ['b1', 'a0'];
    const { err } = await cairn(['import', at('store'), ...options], {
      stdin: keys.map((key) => `${key}${separator}v\n`).join(''),
    });
    const more = command === undefined ? '' : `, or sort the input by its keys in byte order: ${command}`;
    expect(err).toContain(`. Let the command sort with --sort${more}\n`);
  });
});

describe('an export that cannot hold a key', () => {
  it.each([
    [
      'lines',
      '0x0a',
      "has a newline, which a line can't hold: choose the format jsonl, or write keys as hex",
    ],
    ['csv', '0xff', 'it has bytes that are not UTF-8; choose the format jsonl, or write keys as hex'],
    ['nul', '0x00', "has a NUL, which a field can't hold: choose the format length-prefixed"],
  ])('shows it as scan does: %s, %s', async (format, shown, message) => {
    await createStore(at('bytes'), { keyEncoding: 'binary', valueEncoding: 'utf8' })
      .put(Uint8Array.from(Buffer.from(shown.slice(2), 'hex')), 'v')
      .close();
    const { code, err } = await cairn(['export', at('bytes'), '--format', format]);
    expect(code).toBe(2);
    expect(err).toContain(`the entry with the key ${shown} `);
    expect(err).toContain(message);
  });

  it('shows tuples and addresses as scan does', async () => {
    await createStore(at('tuples'), { keyEncoding: 'tuple', valueEncoding: 'utf8' })
      .put(['US', 2], 'a\nb')
      .close();
    expect((await cairn(['export', at('tuples'), '--format', 'lines'])).err).toContain(
      'the key ["US",2] has a newline in its value',
    );
    await createStore(at('ip4'), {
      keyEncoding: 'binary',
      valueEncoding: 'utf8',
      metadata: { keyFormat: 'ip' },
    })
      .put(Uint8Array.of(1, 2, 3, 4), 'a\nb')
      .close();
    expect((await cairn(['export', at('ip4'), '--format', 'lines'])).err).toContain(
      'the key 1.2.3.4 has a newline in its value',
    );
  });

  it('refuses keys that are not of the format that the store names', async () => {
    await createStore(at('odd'), {
      keyEncoding: 'binary',
      valueEncoding: 'utf8',
      metadata: { keyFormat: 'ip' },
    })
      .put(Uint8Array.of(1, 2, 3), 'v')
      .close();
    for (const format of ['lines', 'csv', 'nul']) {
      expect(await cairn(['export', at('odd'), '--format', format])).toMatchObject({
        code: 2,
        err: expect.stringContaining('the key 0x010203 is not an IP address: choose another key format'),
      });
      expect((await must(['export', at('odd'), '--format', format, '--key-format', 'hex'])).out).toContain(
        '010203',
      );
    }
  });
});
