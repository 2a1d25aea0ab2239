import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { plainGet } from '../../src/cli/plain-get.ts';
import { buildCommand, COMMAND } from '../support/built-command.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';

const at = directoryPerTest();

describe('plainGet()', () => {
  it('returns a store and keys', () => {
    expect(plainGet(['get', './fruit', 'a', '', 'b c'])).toEqual({
      store: './fruit',
      keys: ['a', '', 'b c'],
      keyFormat: 'auto',
    });
  });

  it.each([
    [],
    ['get'],
    ['get', 'fruit'],
    ['get', '--hex', 'fruit', 'a'],
    ['get', 'fruit', 'a', '--json'],
    ['get', 'fruit', '--', '-a'],
    ['get', 'fruit', '-'],
    ['get', '-h', 'a'],
    ['get', 'https://example.org/fruit', 'a'],
    ['get', 'S3://bucket/fruit', 'a'],
    ['get', 'fruit', 's3://bucket/key'],
    ['floor', 'fruit', 'a'],
    ['help', 'get', 'a'],
  ])('leaves %j to the parser', (...argv: string[]) => {
    expect(plainGet(argv)).toBeUndefined();
  });
});

describe('cairn get', () => {
  beforeAll(buildCommand, 120_000);

  const cairn = (argv: readonly string[], input = ''): unknown => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...argv], { input });
    return { status, stdout: stdout.toString('latin1'), stderr: stderr.toString() };
  };

  it('says the same whether or not the parser reads the command line', () => {
    const quiet = { status: 0, stdout: '', stderr: '' };
    expect(cairn(['import', at('fruit'), '-q'], 'apple\tred\nbanana\tyellow\n')).toEqual(quiet);
    const typed = ['import', at('numbers'), '-q', '--key-encoding', 'number', '--value-encoding', 'binary'];
    expect(cairn([...typed, '--compression', 'zstd'], '1\tone\n2\t\xff\x00\n')).toEqual(quiet);
    for (const [store, ...keys] of [
      ['fruit', 'apple'],
      ['fruit', 'banana', 'apple', 'banana'],
      ['fruit', 'cherry', 'apple'],
      ['fruit', ''],
      ['numbers', '2'],
      ['numbers', '1', '2'],
      ['numbers', 'two'],
      ['nothing', 'apple'],
    ]) {
      const argv = [at(store), ...keys];
      expect(plainGet(['get', ...argv])).toBeDefined();
      const plain = cairn(['get', ...argv]);
      expect(plain, argv.join(' ')).toEqual(cairn(['get', '--key-format', 'auto', ...argv]));
      expect(plain).not.toEqual(quiet);
    }
    expect(cairn(['get', at('fruit'), 'apple'])).toEqual({ ...quiet, stdout: 'red\n' });
    expect(cairn(['get', at('numbers'), 'two'])).toMatchObject({ status: 2 });
  });
});
