import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

describe('cairn set', () => {
  it('makes a collection of text, and says which version it made', async () => {
    expect(await must(['set', at('c'), 'apple', 'red'])).toMatchObject({
      out: '',
      err: 'set "apple" in version 1\n',
    });
    const { out, err } = await must(['set', at('c'), 'apple', 'green', '-q', '--json']);
    expect(JSON.parse(out)).toEqual({ version: 2, sets: 1, deletes: 0, bytes: 10 });
    expect(err).toBe('');
    expect((await must(['get', at('c'), 'apple'])).out).toBe('green\n');
  });

  it.each([
    ['json', '{"a":[1,null]}', '{"a":[1,null]}\n'],
    ['json', '"text"', '"text"\n'],
    ['msgpack', '{"$bigint":"5"}', '5\n'],
    ['typed', '{"$instant":"2026-01-01T00:00:00Z"}', '2026-01-01T00:00:00Z\n'],
    ['binary', '0x00ff', '0x00ff\n'],
    ['binary', '0xzz', '0x30787a7a\n'],
    ['utf8', '0x00ff', '0x00ff\n'],
    ['utf8', '', '\n'],
  ])('takes values of the encoding %s: %s', async (encoding, value, printed) => {
    await must(['set', at('c'), '-q', '--value-encoding', encoding, '--', 'k', value]);
    expect((await must(['get', at('c'), 'k'], { terminal: true })).out).toBe(printed);
  });

  it.each([
    ['number', '-5', '5'],
    ['tuple', '["a",1]', '["a",2]'],
    ['bigint', '12345678901234567890', '12345678901234567891'],
  ])('takes keys of the encoding %s', async (encoding, one, other) => {
    await must(['set', at('c'), '-q', '--key-encoding', encoding, '--', one, 'x']);
    await must(['set', at('c'), '-q', '--', other, 'y']);
    expect((await must(['scan', at('c')])).out).toBe(`${one}\tx\n${other}\ty\n`);
  });

  it('refuses a value that is none of the encoding, and says how text is written', async () => {
    await must(['set', at('c'), 'a', '1', '-q', '--value-encoding', 'json']);
    const { code, err } = await cairn(['set', at('c'), 'a', 'red']);
    expect(code).toBe(2);
    expect(err).toMatch(/^cairn: the value red can't be read as JSON, .* are json: .*'"red"'\n$/);
    expect((await must(['get', at('c'), 'a'])).out).toBe('1\n');
  });

  it('makes nothing for a change that is refused', async () => {
    expect((await cairn(['set', at('n'), 'a', 'red', '--value-encoding', 'json'])).code).toBe(2);
    expect((await cairn(['apply', at('n')], { stdin: '{"set":["a","1"]}\n{"sot":["b","2"]}\n' })).code).toBe(
      2,
    );
    expect((await cairn(['import', '--into', at('n'), '--replace'], { stdin: '' })).code).toBe(2);
    expect(existsSync(at('n'))).toBe(false);
    await must(['apply', at('n'), '-q'], { stdin: '{"set":["a","1"]}\n' });
    expect((await must(['scan', at('n')])).out).toBe('a\t1\n');
  });

  it('compacts what has many generations', async () => {
    const value = 'x'.repeat(70_000);
    for (let i = 0; i < 14; i++) await must(['set', at('c'), `key ${i}`, value, '-q']);
    const { generations } = JSON.parse((await must(['info', at('c'), '--json'])).out) as {
      generations: unknown[];
    };
    expect(generations.length).toBeLessThan(8);
    expect((await must(['count', at('c')])).out).toBe('14\n');
  });

  it('keeps as many versions as it is told', async () => {
    const value = 'x'.repeat(70_000);
    for (let i = 0; i < 6; i++)
      await must(['set', at('c'), 'key', `${value}${i}`, '-q', '--keep-versions', '20']);
    expect((await must(['get', at('c'), 'key', '--version', '1'])).out).toBe(`${value}0\n`);
  });
});
