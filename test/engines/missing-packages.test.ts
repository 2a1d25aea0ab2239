import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { lines, wordCount, workplace } from './job-modules.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { at, module } = workplace();

/** Runs the command of an installation with these packages in the place of its own; what it wrote to standard error. */
function run(
  packages: Readonly<Record<string, string>>,
  ...words: string[]
): { readonly code: number; readonly err: string } {
  for (const [name, version] of Object.entries(packages)) {
    const path = at(`node_modules/${name}`);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'package.json'), JSON.stringify({ name, version, main: 'index.js' }));
    writeFileSync(join(path, 'index.js'), 'module.exports = {};');
  }
  const file = module(wordCount());
  const argv = [
    at('node_modules/cairnkv/dist/cairn/main.cjs'),
    'run',
    file,
    '-i',
    at('in'),
    '-o',
    at('out'),
    ...words,
  ];
  try {
    execFileSync(process.execPath, argv, { stdio: 'pipe', env: { PATH: '/nowhere' } });
    return { code: 0, err: '' };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: Buffer };
    return { code: status, err: stderr.toString() };
  }
}

describe('an installation without what an engine needs', () => {
  beforeEach(async () => {
    cpSync(join(ROOT, 'dist'), at('node_modules/cairnkv/dist'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), at('node_modules/cairnkv/package.json'));
    for (const name of ['@msgpack/msgpack', 'fflate', 'fzstd']) {
      mkdirSync(dirname(at(`node_modules/${name}`)), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), at(`node_modules/${name}`));
    }
    await lines(at('in'), 5);
  });

  it.each([[], ['--worker']])('names bullmq %j', (...words) => {
    const { code, err } = run({}, '--engine', 'bullmq', ...words);
    expect([code, err]).toEqual([2, 'cairn: the package bullmq is missing: npm install bullmq\n']);
  });

  it('names the version of bullmq', () => {
    const { code, err } = run({ bullmq: '5.61.0' }, '--engine', 'bullmq');
    expect([code, err]).toEqual([
      2,
      'cairn: the package bullmq has the version 5.61.0, and jobs need 6: npm install bullmq@6\n',
    ]);
  });

  it('names ioredis', () => {
    const { code, err } = run({ bullmq: '6.7.0' }, '--engine', 'bullmq');
    expect([code, err]).toEqual([2, 'cairn: the package ioredis is missing: npm install ioredis\n']);
  });

  it('names the commands of Slurm', () => {
    const { code, err } = run({}, '--engine', 'slurm');
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^cairn: (scontrol|sbatch) can't be run, which is part of Slurm/),
    ]);
  });

  it('runs jobs in threads all the same', () => {
    expect(run({})).toEqual({ code: 0, err: '' });
  });
});
