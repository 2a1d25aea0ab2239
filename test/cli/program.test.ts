import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cairn, must } from './run-cairn.ts';

const COMMANDS = [
  'import',
  'export',
  'get',
  'floor',
  'scan',
  'count',
  'info',
  'verify',
  'inspect',
  'diff',
  'merge',
  'salvage',
  'rename',
  'delete',
  'list',
  'sweep',
  'test',
  'produce',
  'consume',
  'completion',
];

describe('cairn', () => {
  it('lists its commands and exit codes', async () => {
    const { out } = await must(['--help']);
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(out).toContain('Exit codes:');
    expect((await must(['help'])).out).toBe(out);
  });

  it.each(COMMANDS)('%s has help with an example', async (command) => {
    const { out } = await must([command, '--help']);
    expect(out).toMatch(new RegExp(`^Usage: cairn ${command} `));
    expect(out).toMatch(/^Examples:\n {2}\$ .*cairn/m);
    expect((await must(['help', command])).out).toBe(out);
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect((await must(['--version'])).out).toBe(`${version}\n`);
  });

  it('prints its help as an error when there is no command', async () => {
    expect(await cairn([])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('Commands:') });
  });

  it.each([
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['imprt', 'x'], 'Did you mean import?'],
    [['get'], "missing required argument 'store'"],
    [['get', 'x'], "missing required argument 'key'"],
    [['info', 'x', 'y'], 'too many arguments'],
    [['scan', 'x', '--prefx', 'y'], 'Did you mean --prefix?'],
    [['scan', 'x', '--prefix'], "option '--prefix <key>' argument missing"],
    [['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish.'],
    [['get', 'nosuchscheme://x', 'y'], 'no storage is registered for nosuchscheme:'],
    [['get', '', 'y'], 'uri must be a non-empty path or URI'],
  ])('refuses %j with one line', async (argv, message) => {
    const { code, out, err } = await cairn(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^cairn: [^\n]+\n$/);
    expect(err).toContain(message);
  });
});

describe('cairn completion', () => {
  it.each(['bash', 'zsh', 'fish'])('%s knows every command, options and choices', async (shell) => {
    const { out } = await must(['completion', shell]);
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`\\b${command}\\b`));
    for (const word of [
      'key-separator',
      'lines csv jsonl json msgpack nul length-prefixed',
      'none deflate zstd',
      'bash zsh fish',
    ])
      expect(out).toContain(word);
  });

  it.each([
    ['cairn', 'ver', ['verify']],
    ['cairn import x', '--key-', ['--key-separator', '--key-format', '--key-encoding']],
    ['cairn import x --compression', '', ['none', 'deflate', 'zstd']],
    ['cairn completion', 'z', ['zsh']],
  ])('completes "%s %s" in bash', async (before, current, expected) => {
    const { out } = await must(['completion', 'bash']);
    const words = [...before.split(' '), current];
    const script = `${out}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}
_cairn
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n')).toEqual(expected);
  });
});
