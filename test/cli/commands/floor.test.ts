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
});
