import { beforeEach, describe, expect, it } from 'vitest';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();
let fruit = '';

beforeEach(async () => {
  fruit = at('fruit');
  await must(['import', fruit, '-q'], { stdin: 'apple\tred\nbanana\tyellow\ncherry\tred\ngrape\t\n' });
});

describe('cairn scan', () => {
  const lines = ['apple\tred\n', 'banana\tyellow\n', 'cherry\tred\n', 'grape\t\n'];

  it.each([
    [[], [0, 1, 2, 3]],
    [['--prefix', 'b'], [1]],
    [
      ['--gte', 'banana'],
      [1, 2, 3],
    ],
    [
      ['--gt', 'banana'],
      [2, 3],
    ],
    [
      ['--lt', 'cherry'],
      [0, 1],
    ],
    [
      ['--lte', 'cherry'],
      [0, 1, 2],
    ],
    [
      ['--gt', 'apple', '--lt', 'grape', '--reverse'],
      [2, 1],
    ],
    [
      ['--limit', '2'],
      [0, 1],
    ],
    [['--limit', '0'], []],
    [['--reverse', '--limit', '1'], [3]],
    [
      ['--prefix', ''],
      [0, 1, 2, 3],
    ],
    [['--prefix', 'x'], []],
  ])('%j', async (options, expected) => {
    const chosen = expected.map((i) => lines[i]);
    expect((await must(['scan', fruit, ...options])).out).toBe(chosen.join(''));
    const keys = chosen.map((line) => `${line.split('\t')[0]}\n`);
    expect((await must(['scan', fruit, '--keys', ...options])).out).toBe(keys.join(''));
    expect((await must(['count', fruit, ...options])).out).toBe(`${expected.length}\n`);
    expect((await must(['count', fruit, '--json', ...options])).out).toBe(`{"count":${expected.length}}\n`);
  });

  it('prints lines of JSON', async () => {
    expect((await must(['scan', fruit, '--limit', '1', '--json'])).out).toBe(
      '{"key":"apple","value":"red"}\n',
    );
  });

  it('prints tables and CSV, with the members of objects in columns', async () => {
    expect((await must(['scan', fruit, '-o', 'table', '--limit', '2'])).out).toBe(
      'key     value\napple   red\nbanana  yellow\n',
    );
    expect((await must(['scan', fruit, '-o', 'csv', '--limit', '2'])).out).toBe(
      'key,value\napple,red\nbanana,yellow\n',
    );
    const stdin = '{"key":"a","value":{"n":1,"t":"x"}}\n{"key":"b","value":{"n":20,"more":[1]}}\n';
    await must(['import', at('rows'), '-q'], { stdin });
    expect((await must(['scan', at('rows'), '-o', 'table'])).out).toBe(
      'key   n  t  more\na     1  x\nb    20     [1]\n',
    );
    const long = `k\t${'y'.repeat(100)}\n`;
    await must(['import', at('long'), '-q'], { stdin: long });
    const { out } = await must(['scan', at('long'), '-o', 'table'], { terminal: true });
    expect(out).toBe(`key  value\nk    ${'y'.repeat(59)}…\n`);
    expect(await cairn(['scan', fruit, '--keys', '-o', 'csv'])).toMatchObject({ code: 2 });
  });

  it.each(['-1', '1.5', 'x', '', '99999999999999999999'])('refuses the limit %j', async (limit) => {
    expect(await cairn(['scan', fruit, `--limit=${limit}`])).toMatchObject({ code: 2, out: '' });
  });
});
