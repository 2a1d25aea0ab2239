import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { replaceFile } from '../../../src/cli/terminal/replace-file.ts';
import { directoryPerTest, fileWriter } from '../../support/directory-per-test.ts';
import { failure } from '../../support/failures.ts';

const at = directoryPerTest();
const file = fileWriter(at);

it('makes a file, and replaces it with its permissions', async () => {
  await replaceFile(at('a'), 'one');
  chmodSync(at('a'), 0o640);
  await replaceFile(at('a'), 'two');
  expect(readFileSync(at('a'), 'utf8')).toBe('two');
  expect(statSync(at('a')).mode & 0o777).toBe(0o640);
  expect(readdirSync(at('.'))).toEqual(['a']);
});

it('leaves symbolic links where they are', async () => {
  file('real', 'old');
  symlinkSync('real', at('link'));
  symlinkSync('absent', at('dangling'));
  await replaceFile(at('link'), 'new');
  await replaceFile(at('dangling'), 'made');
  expect([readFileSync(at('real'), 'utf8'), readFileSync(at('absent'), 'utf8')]).toEqual(['new', 'made']);
  for (const name of ['link', 'dangling']) expect(lstatSync(at(name)).isSymbolicLink()).toBe(true);
});

it('writes into a pipe, which stays one', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  const read = readFile(at('pipe'), 'utf8');
  await replaceFile(at('pipe'), 'text');
  expect(await read).toBe('text');
  expect(lstatSync(at('pipe')).isFIFO()).toBe(true);
});

it('says what is in the way, and leaves nothing', async () => {
  mkdirSync(at('directory'));
  expect((await failure(replaceFile(at('directory'), 'x'), 'IO')).message).toContain('directory');
  expect((await failure(replaceFile(at('absent/a'), 'x'), 'IO')).message).toContain('there is no directory');
  expect(readdirSync(at('.'))).toEqual(['directory']);
});
