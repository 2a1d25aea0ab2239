import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { COMMANDS, GROUPED_COMMANDS, must } from '../../support/run-cairn.ts';

describe('cairn completion', () => {
  it.each(['bash', 'zsh', 'fish', 'powershell'])(
    '%s knows every command, options and choices',
    async (shell) => {
      const { out } = await must(['completion', shell]);
      for (const command of [...COMMANDS, ...GROUPED_COMMANDS.flatMap((name) => name.split(' '))])
        expect(out).toMatch(new RegExp(`\\b${command}\\b`));
      // PowerShell has a list of pairs.
      for (const word of [
        'key-separator',
        'lines csv tsv jsonl json msgpack nul length-prefixed',
        'none deflate zstd',
        'bash zsh fish powershell',
      ])
        for (const part of shell === 'powershell' ? word.split(' ') : [word]) expect(out).toContain(part);
    },
  );

  it.each([
    ['cairn', 'ver', ['verify']],
    ['cairn import x', '--key-', ['--key-separator', '--key-format', '--key-encoding']],
    ['cairn import x --compression', '', ['none', 'deflate', 'zstd']],
    ['cairn completion', 'z', ['zsh']],
    ['cairn help', 'sca', ['scan']],
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

  it('gives zsh descriptions whole, and files only where a file is meant', async () => {
    const { out } = await must(['completion', 'zsh']);
    expect(out).toContain(
      "'--columns[csv, tsv\\: the names of the columns of a file without a header row]:value: '",
    );
    expect(out).toContain("'--limit[at most n entries]:value: '");
    expect(out).toMatch(/'--file\[[^\]]*\]:file:_files'/);
    const { error, status, stderr } = spawnSync('zsh', ['-n'], { input: out, encoding: 'utf8' });
    // Not every machine has it.
    if (error === undefined) expect([status, stderr]).toEqual([0, '']);
  });

  it('quotes what PowerShell would take for its own', async () => {
    const { out } = await must(['completion', 'powershell']);
    expect(out).toContain("@('--hash-index'".replace('--hash', '--no-hash'));
    for (const line of out.split('\n')) expect((line.match(/'/g)?.length ?? 0) % 2, line).toBe(0);
    expect(out).toContain("{ $_ -in '--compression' }");
  });
});
