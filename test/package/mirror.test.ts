import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkMirror, SUITES } from './mirror.ts';
import { REPOSITORY, sourceFiles } from './source-files.ts';

const SOURCES: readonly string[] = sourceFiles().map(({ path }) => path);

/** Every TypeScript file below `test/`, from there on. */
const TESTS: readonly string[] = readdirSync(`${REPOSITORY}test`, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => `${entry.parentPath}/${entry.name}`.slice(`${REPOSITORY}test/`.length))
  .sort();

describe('the tests', () => {
  it('mirror the sources', () => {
    expect(checkMirror(TESTS, SOURCES)).toEqual([]);
    expect(TESTS.length).toBeGreaterThan(200);
  });

  it('have no suite that is a folder of the sources, and none that is empty', () => {
    const folders = new Set(SOURCES.map((path) => path.split('/')[0]));
    expect(SUITES.filter((suite) => folders.has(suite))).toEqual([]);
    expect(SUITES.filter((suite) => !TESTS.some((path) => path.startsWith(`${suite}/`)))).toEqual([]);
  });

  it.each([
    [
      'a test of a module that is gone',
      'codec/keys/planted.test.ts',
      'there is no src/codec/keys/planted.ts',
    ],
    ['a test in the wrong room', 'codec/tuple.test.ts', 'there is no src/codec/tuple.ts'],
    ['a test of nothing at the top', 'planted.test.ts', 'there is no src/planted.ts'],
    [
      'a test of the index of a folder that has none',
      'bytes/index.test.ts',
      'there is no src/bytes/index.ts',
    ],
    ['a helper beside unit tests', 'format/planted.ts', 'a helper outside of support'],
    ['a helper at the top', 'planted.ts', 'a helper outside of support'],
    ['a test among the helpers', 'support/planted.test.ts', 'a test among the helpers'],
    ['a folder that is neither', 'misc/planted.test.ts', 'neither a folder of src nor a suite'],
  ])('do not bear %s', (_, path, complaint) => {
    expect(checkMirror([...TESTS, path], SOURCES)).toEqual([expect.stringContaining(complaint)]);
  });

  it('may be several of one module, of an index, and of a module at the top', () => {
    const allowed = ['codec/keys/tuple.more.test.ts', 'log/index.more.test.ts', 'errors.test.ts'];
    expect(checkMirror([...TESTS, ...allowed, 'fault/planted.ts'], SOURCES)).toEqual([]);
  });
});
