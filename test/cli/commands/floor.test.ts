import { beforeEach, describe, expect, it } from 'vitest';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();
let fruit = '';

beforeEach(async () => {
  fruit = at('fruit');
  await must(['import', fruit, '-q'], { stdin: 'apple\tred\nbanana\tyellow\ncherry\tred\ngrape\t\n' });
});

describe('cairn floor', () => {
  it('prints the greatest entry up to a key', async () => {
    expect((await must(['floor', fruit, 'banana'])).out).toBe('banana\tyellow\n');
    expect((await must(['floor', fruit, 'bz'])).out).toBe('banana\tyellow\n');
    expect((await must(['floor', fruit, 'bz', '--json'])).out).toBe('{"key":"banana","value":"yellow"}\n');
  });

  it('ends with 1 when there is none', async () => {
    expect(await cairn(['floor', fruit, 'a'])).toMatchObject({
      code: 1,
      out: '',
      err: `cairn: ${fruit} has no key up to "a"\n`,
    });
  });

  it('with --until, prints the range that a key is in, and no other', async () => {
    const networks = at('networks');
    const stdin = 'start,end,name\n1.0.0.0,1.0.0.255,one\n9.249.112.0,9.249.127.255,nine\n';
    await must(['import', networks, '--format', 'csv', '--key', 'start', '--key-format', 'ip'], { stdin });
    const floor = (key: string) => cairn(['floor', networks, key, '--until', 'end']);
    expect((await floor('1.0.0.7')).out).toBe('1.0.0.0\t{"end":"1.0.0.255","name":"one"}\n');
    expect((await floor('1.0.0.255')).code).toBe(0);
    for (const key of ['1.0.1.0', '10.0.0.1']) expect(await floor(key)).toMatchObject({ code: 1, out: '' });
    expect((await floor('10.0.0.1')).err).toBe(
      `cairn: ${networks} has nothing at 10.0.0.1: the range before it is from 9.249.112.0 to 9.249.127.255\n`,
    );
    expect((await floor('0.0.0.1')).err).toContain('has no key up to');
    expect(await cairn(['floor', networks, '1.0.0.7', '--until', 'ende'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('the value of 1.0.0.0 has no member "ende"'),
    });
    const numbers = at('numbers');
    const lines = '{"key":10,"value":{"to":19}}\n{"key":30,"value":{"to":39}}\n';
    await must(['import', numbers, '--key-encoding', 'number'], { stdin: lines });
    expect((await must(['floor', numbers, '19', '--until', 'to', '--json'])).out).toContain('{"to":19}');
    expect((await cairn(['floor', numbers, '20', '--until', 'to'])).code).toBe(1);
  });
});
