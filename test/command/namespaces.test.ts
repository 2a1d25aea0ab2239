import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, shell, started } from '../support/built-command.ts';
import { directoryPerTest, fileWriter } from '../support/directory-per-test.ts';
import { cairn, must } from '../support/run-cairn.ts';

const at = directoryPerTest();
const file = fileWriter(at);

/** Runs `cairn kv …` over a root of the test's own; the output without the last line feed. */
async function kv(...argv: string[]): Promise<string> {
  return (await must(['kv', ...argv], { env: { CAIRN_KV: at('kv') } })).out.replace(/\n$/, '');
}

async function failing(...argv: string[]): Promise<{ code: number; err: string }> {
  const { code, out, err } = await cairn(['kv', ...argv], { env: { CAIRN_KV: at('kv') } });
  expect(out).toBe('');
  expect(err).toMatch(/^(?:cairn: [^\n]+\n)+$/);
  return { code, err };
}

async function entry(key: string): Promise<Record<string, unknown>> {
  return JSON.parse(await kv('get', 'io.namespace', key, '--json'));
}

describe('cairn kv', () => {
  it.each([
    ['K1', '{"hello":"world"}', 'JSON', { hello: 'world' }],
    ['K2', '["hello","world"]', 'JSON', ['hello', 'world']],
    ['K3', '"hello"', 'STRING', 'hello'],
    ['K4', '1', 'NUMBER', 1],
    ['K4', '1.0', 'NUMBER', 1],
    ['K5', 'true', 'BOOLEAN', true],
    ['K5', 'false', 'BOOLEAN', false],
    ['K6', '2021-09-01', 'DATE', '2021-09-01'],
    ['K7', '2021-09-01T01:02:03Z', 'DATETIME', '2021-09-01T01:02:03Z'],
    ['K8', 'PT5S', 'DURATION', 'PT5S'],
    ['K9', '1.2.3', 'STRING', '1.2.3'],
    ['K17', 'null', 'JSON', null],
  ])('%s sets %s as a %s', async (_, written, type, value) => {
    expect(await kv('set', 'io.namespace', 'my-key', written)).toBe('1');
    expect(await entry('my-key')).toMatchObject({ type, value, revision: 1 });
  });

  it('K4 prints numbers as they were written', async () => {
    await kv('set', 'io.namespace', 'a', '1.0');
    await kv('set', 'io.namespace', 'b', '12345678901234567890');
    expect(await kv('get', 'io.namespace', 'a')).toBe('1.0');
    expect(await kv('get', 'io.namespace', 'b', '--json')).toContain('"value":12345678901234567890}');
  });

  it('K10 sets an end and a description', async () => {
    await kv('set', 'io.namespace', 'my-key', 'v', '-e', 'PT5M', '--description', 'd');
    const { expirationDate, updateDate, description } = await entry('my-key');
    expect(Date.parse(String(expirationDate)) - Date.parse(String(updateDate))).toBe(300_000);
    expect(description).toBe('d');
    expect(await kv('list', 'io.namespace')).toMatch(/^key {4,}type .*\nmy-key +STRING +1 .* d$/);
  });

  it('K11, K12, K16 tells absent keys from expired ones', async () => {
    expect(await failing('get', 'io.namespace', 'my-key')).toEqual({
      code: 1,
      err: "cairn: No value found for key 'my-key' in namespace 'io.namespace'\n",
    });
    await kv('set', 'io.namespace', 'my-key', 'v', '-e', 'PT0S');
    for (let i = 0; i < 2; i++) {
      const { code, err } = await failing('get', 'io.namespace', 'my-key');
      expect([code, err]).toEqual([1, expect.stringContaining('The requested value has expired')]);
    }
    expect(await kv('list', 'io.namespace')).toBe('');
    expect(await kv('list', 'io.namespace', '--include-expired')).toContain('(expired)');
    expect(await kv('purge', 'io.namespace')).toBe('1');
    expect((await failing('get', 'io.namespace', 'my-key')).err).toContain('No value found');
  });

  it('K13, K14 refuses keys of other characters', async () => {
    for (const words of [
      ['get', 'io.namespace', 'bad$key'],
      ['set', 'io.namespace', 'bad$key', '1'],
      ['delete', 'io.namespace', 'bad$key'],
    ]) {
      const { code, err } = await failing(...words);
      expect([code, err]).toEqual([
        2,
        expect.stringContaining('Key must start with an alphanumeric character'),
      ]);
    }
    expect(await kv('set', 'io.namespace', 'AN_UPPER.CASE-key', '1')).toBe('1');
  });

  it('K15, K21, K22 lists keys', async () => {
    expect(await kv('keys', 'io.namespace')).toBe('');
    expect(await kv('keys', 'io.namespace', '--json')).toBe('[]');
    for (const key of ['test-key', 'test-second-key', 'another-key'])
      await kv('set', 'io.namespace', key, '1');
    await kv('set', 'io.namespace', 'test-expired', '1', '-e', 'PT0S');
    expect(await kv('keys', 'io.namespace', '--prefix', 'test')).toBe('test-key\ntest-second-key');
    expect(await kv('keys', 'io.namespace', '--json')).toBe('["another-key","test-key","test-second-key"]');
    const listed = await kv('list', 'io.namespace', '--after', 'another-key', '--limit', '1', '--json');
    expect(JSON.parse(listed)).toMatchObject({ key: 'test-key' });
  });

  it('K18, K31 counts revisions, and keeps and purges them', async () => {
    for (const value of ['1', '2', '3']) await kv('set', 'io.namespace', 'my-key', value);
    expect(await kv('set', 'io.namespace', 'my-key', '4', '--json')).toBe('{"revision":4}');
    expect(await kv('history', 'io.namespace', 'my-key')).toMatch(
      /^revision .*\n +4 .* 4\n +3 .*\n +2 .*\n +1 .* 1$/,
    );
    expect(await kv('purge', 'io.namespace', '--keep-versions', '2')).toBe('2');
    const history = (await kv('history', 'io.namespace', 'my-key', '--json')).split('\n');
    expect(history.map((line) => JSON.parse(line).value)).toEqual([4, 3]);
    expect(await kv('purge', 'io.namespace', '--before', '2100-01-01T00:00:00Z')).toBe('1');
    expect((await failing('history', 'io.namespace', 'other')).code).toBe(1);
  });

  it('K19 refuses to overwrite if that is asked for', async () => {
    await kv('set', 'io.namespace', 'my-key', '1', '--no-overwrite');
    expect(await failing('set', 'io.namespace', 'my-key', '2', '--no-overwrite')).toEqual({
      code: 2,
      err: "cairn: Cannot set value for key 'my-key'. Key already exists and `overwrite` is set to `false`.\n",
    });
    expect(await kv('get', 'io.namespace', 'my-key')).toBe('1');
  });

  it('K20, K33 takes types and files', async () => {
    for (const [words, type, value] of [
      [['123.45', '-t', 'NUMBER'], 'NUMBER', 123.45],
      [['true', '-t', 'BOOLEAN'], 'BOOLEAN', true],
      [['[{"some":"value"}]', '-t', 'JSON'], 'JSON', [{ some: 'value' }]],
      [['1'], 'NUMBER', 1],
      [['1', '-t', 'STRING'], 'STRING', '1'],
      [['{"some":"json"}'], 'JSON', { some: 'json' }],
      [['ignored', '-f', file('value', '{"of":"file"}\n')], 'JSON', { of: 'file' }],
      [['-f', file('bom', '\ufefftrue')], 'BOOLEAN', true],
      [['--', '-5'], 'NUMBER', -5],
    ] as const) {
      await kv('set', 'io.namespace', 'my-key', ...words);
      expect(await entry('my-key')).toMatchObject({ type, value });
    }
    const { code, out } = await cairn(['kv', 'set', '--root', at('kv'), 'a', 'k', '-f', '-'], {
      stdin: 'of stdin',
    });
    expect([code, out]).toEqual([0, '1\n']);
    expect(await kv('get', 'a', 'k')).toBe('of stdin');
  });

  it('K23, K24 deletes keys, and says of each whether it was there', async () => {
    await kv('set', 'io.namespace', 'a', '1');
    expect(await kv('delete', 'io.namespace', 'a')).toBe('true');
    expect(await kv('delete', 'io.namespace', 'a')).toBe('false');
    await kv('set', 'io.namespace', 'a', '1');
    const { code, out, err } = await cairn([
      'kv',
      'delete',
      'io.namespace',
      'a',
      'b',
      '--error-on-missing',
      '--root',
      at('kv'),
    ]);
    expect([code, out]).toEqual([1, 'true\nfalse\n']);
    expect(err).toBe("cairn: No value found for key 'b' in namespace 'io.namespace'\n");
  });

  it('K25, K26 inherits where that is asked for', async () => {
    await kv('set', 'my', 'k', 'of my');
    await kv('set', 'my.company', 'k', 'of my.company');
    expect(await kv('get', 'my.company.team', 'k', '--inherit')).toBe('of my.company');
    expect((await failing('get', 'my.company.team', 'k')).code).toBe(1);
    expect(await kv('namespaces')).toBe('my\nmy.company');
    expect(await kv('namespaces', '--prefix', 'my.', '--json')).toBe('["my.company"]');
  });

  it('K29, K30, K32 purges', async () => {
    for (const key of ['key_1', 'key_2', 'not_found']) await kv('set', 'n', key, '1', '-e', 'PT0S');
    await kv('set', 'n', 'live', '1');
    expect(await kv('purge', 'n', '--key-pattern', '*ey*')).toBe('2');
    expect(await kv('purge', 'n')).toBe('1');
    expect(await kv('keys', 'n')).toBe('live');
    const { code, err } = await failing(
      'purge',
      'n',
      '--before',
      '2100-01-01T00:00:00Z',
      '--keep-versions',
      '1',
    );
    expect([code, err]).toEqual([2, expect.stringContaining('--before cannot be used with --keep-versions')]);
    expect(await kv('purge', 'n', '--all')).toBe('1');
  });

  it.each([
    [['set', 'n', 'k'], 'write the value after the key'],
    [['set', 'n', 'k', ''], 'the value is empty'],
    [['set', 'n', 'k', '{'], 'add -t STRING'],
    [['set', 'n', 'k', 'x', '-t', 'NUMBER'], 'a NUMBER is'],
    [['set', 'n', 'k', 'x', '-t', 'TEXT'], 'Allowed choices are STRING'],
    [['set', 'n', 'k', 'x', '-e', '30d'], '--expiration must be an ISO duration'],
    [['set', 'n', 'k', 'x', '-e', '-PT5M'], 'the expiration cannot be negative'],
    [['set', 'a..b', 'k', 'x'], 'the name of a namespace'],
    [['set', 'n', 'k', '-f', '/nowhere'], '/nowhere'],
    [['set', 'n', 'k', 'x', '--root', ''], '--root is empty'],
    [['list', 'n', '--limit', 'x'], 'Write a whole number'],
    [['purge', 'n', '--keep-versions', '0'], 'must be a positive integer'],
    [['purge', 'n', '--before', 'yesterday'], '--before must be a time'],
    [['purge', 'n', '--all', '--before', '2100-01-01T00:00:00Z'], 'cannot be used with'],
    [['render', '--watch'], '--watch needs a template in a file'],
    [['get', 'n'], "missing required argument 'key'"],
    [['gte', 'n', 'k'], 'Did you mean get?'],
  ])('%j is refused', async (words, message) => {
    const { code, err } = await failing(...words);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(existsSync(at('kv'))).toBe(false);
  });

  it('takes --root before and after the word, and ./kv by default', async () => {
    await must(['kv', '--root', at('one'), 'set', 'n', 'k', '1']);
    await must(['kv', 'set', 'n', 'k', '2', '--root', at('two')]);
    expect((await must(['kv', 'get', 'n', 'k', '--root', at('one')])).out).toBe('1\n');
    expect((await must(['kv', '--root', at('two'), 'get', 'n', 'k'])).out).toBe('2\n');
    expect((await must(['kv', 'set', '--help'])).out).toContain('CAIRN_KV, or else ./kv');
  });

  it('completes its words', async () => {
    const { out } = await must(['completion', 'bash']);
    expect(out).toContain("words='set get keys list delete purge history render namespaces help'");
    expect(out).toContain("-t|--type) words='STRING NUMBER BOOLEAN DATETIME DATE DURATION JSON'");
  });
});

describe('cairn kv render', () => {
  it('renders standard input to standard output', async () => {
    await kv('set', 'company', 'port', '8080');
    const { out } = await must(['kv', 'render', '-n', 'company.team', '--root', at('kv')], {
      stdin: "port={{ kv('port') }}\n",
    });
    expect(out).toBe('port=8080\n');
  });

  it('replaces a file in one step, keeps its permissions, and runs a command', async () => {
    await kv('set', 'company', 'port', '8080');
    const output = file('out', 'old');
    const mode = statSync(output).mode & 0o777;
    const template = file('template', "{{ kv('port') }}");
    const { code, out } = await cairn([
      'kv',
      'render',
      '-n',
      'company',
      '-f',
      template,
      '-o',
      output,
      '--root',
      at('kv'),
      '--',
      'cat',
      output,
    ]);
    expect([code, out]).toEqual([0, '8080']);
    expect(readFileSync(output, 'utf8')).toBe('8080');
    expect(statSync(output).mode & 0o777).toBe(mode);
    expect(readdirSync(at('.')).sort()).toEqual(['kv', 'out', 'template']);
  });

  it('leaves the file as it was if a key is missing, and says where', async () => {
    const output = file('out', 'old');
    const template = file('template', "\n{{ kv('port') }}");
    const { code, err } = await failing('render', '-n', 'company', '-f', template, '-o', output);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining(`${template}, line 2: No value found for key 'port'`),
    ]);
    expect(readFileSync(output, 'utf8')).toBe('old');
  });

  it('needs a namespace for calls that name none', async () => {
    const { code, err } = await cairn(['kv', 'render', '--root', at('kv')], { stdin: "{{ kv('port') }}" });
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('line 1: a call of kv names no namespace, and there is no -n'),
    ]);
  });

  it('ends with the exit code of the command, or says that it cannot be run', async () => {
    const template = file('template', 'text');
    const { code } = await cairn([
      'kv',
      'render',
      '-f',
      template,
      '-o',
      at('out'),
      '--',
      'sh',
      '-c',
      'exit 7',
    ]);
    expect(code).toBe(7);
    const missing = await cairn(['kv', 'render', '-f', template, '-o', at('out'), '--', at('nothing')]);
    expect([missing.code, missing.err]).toEqual([4, expect.stringContaining("can't be run")]);
  });
});

describe('the built command', () => {
  beforeAll(buildCommand, 120_000);

  it('renders again when a value changes, until it is interrupted', async () => {
    const root = at('kv');
    const template = file('template', "{{ kv('port') }}");
    expect(shell(`cairn kv set n port 1 --root '${root}'`)).toMatchObject({ code: 0, out: '1\n' });
    const words = ['kv', 'render', '-n', 'n', '-f', template, '-o', at('out'), '--watch', '--root', root];
    const { code, err, out } = await started([...words, '--', 'echo', 'rendered'], (child) => {
      let seen = '';
      child.stdout?.on('data', (piece) => {
        seen += piece;
        if (seen === 'rendered\n') shell(`cairn kv set n port 2 --root '${root}'`);
        if (seen === 'rendered\nrendered\n') {
          writeFileSync(template, "{{ kv('absent') }}");
        }
      });
      child.stderr?.once('data', () => child.kill('SIGTERM'));
    });
    expect(err).toContain("line 1: No value found for key 'absent'");
    expect(err).toContain('waiting for a change');
    expect([code, out]).toEqual([143, 'rendered\nrendered\n']);
    expect(readFileSync(at('out'), 'utf8')).toBe('2');
  }, 60_000);
});
