import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { COMMANDS, GROUPED_COMMANDS, must } from '../../support/run-cairn.ts';

describe('cairn completion', () => {
  it.each(['bash', 'zsh', 'fish'])('%s knows every command, options and choices', async (shell) => {
    const { out } = await must(['completion', shell]);
    for (const command of [...COMMANDS, ...GROUPED_COMMANDS.flatMap((name) => name.split(' '))])
      expect(out).toMatch(new RegExp(`\\b${command}\\b`));
    for (const word of [
      'key-separator',
      'lines csv tsv jsonl json msgpack nul length-prefixed',
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
    ['cairn', 'jo', ['job']],
    ['cairn job', 'com', ['commit']],
    ['cairn job task x', '--ta', ['--task']],
    ['cairn job plan x --compression', 'z', ['zstd']],
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
