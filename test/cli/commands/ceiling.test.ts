import { beforeEach, describe, expect, it } from 'vitest';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();
let fruit = '';
let collection = '';

beforeEach(async () => {
  fruit = at('fruit');
  collection = at('collection');
  const stdin = 'apple\tred\nbanana\tyellow\ncherry\tred\ngrape\t\n';
  await must(['import', fruit, '-q'], { stdin });
  await must(['import', '--into', collection, '-q'], { stdin });
});

const out = async (...argv: string[]): Promise<string> => (await must(argv)).out;

describe('cairn ceiling, first, last and rank', () => {
  it('answer by the order of keys, of stores and collections', async () => {
    for (const store of [fruit, collection]) {
      expect(await out('ceiling', store, 'b')).toBe('banana\tyellow\n');
      expect(await out('ceiling', store, 'grape', '--json')).toBe('{"key":"grape","value":""}\n');
      expect(await out('first', store)).toBe('apple\tred\n');
      expect(await out('last', store, '-o', 'csv')).toBe('key,value\ngrape,\n');
      expect(await out('rank', store, 'banana')).toBe('1\n');
      expect(await out('rank', store, 'zebra')).toBe('4\n');
    }
  });

  it('end with 1 when there is no such entry', async () => {
    expect(await cairn(['ceiling', fruit, 'h'])).toMatchObject({
      code: 1,
      out: '',
      err: `cairn: ${fruit} has no key from "h" on\n`,
    });
    await must(['import', at('empty'), '--allow-empty', '-q']);
    for (const command of ['first', 'last'])
      expect(await cairn([command, at('empty')])).toMatchObject({
        code: 1,
        err: `cairn: ${at('empty')} is empty\n`,
      });
  });
});

describe('cairn at and sample', () => {
  it('print entries by their rank', async () => {
    expect(await out('at', fruit, '1')).toBe('banana\tyellow\n');
    expect(await out('at', fruit, '-1')).toBe('grape\t\n');
    expect(await cairn(['at', fruit, '4'])).toMatchObject({
      code: 1,
      err: `cairn: ${fruit} has 4 entries, and none at 4\n`,
    });
    expect(await cairn(['at', fruit, 'x'])).toMatchObject({
      code: 2,
      err: 'cairn: the index must be a whole number, not x\n',
    });
  });

  it('print the same entries for the same seed, in key order', async () => {
    const two = await out('sample', fruit, '2', '--seed', '5');
    expect(two.split('\n').length).toBe(3);
    expect(await out('sample', fruit, '2', '--seed', '5')).toBe(two);
    expect(await out('sample', fruit)).toBe(await out('scan', fruit));
  });

  it('say what to do about a collection, which has no ranks', async () => {
    for (const argv of [
      ['at', collection, '0'],
      ['sample', collection],
    ])
      expect(await cairn(argv)).toMatchObject({
        code: 2,
        err: expect.stringContaining('does not number its entries'),
      });
  });
});
