import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { storeInfo } from '../../../src/node/index.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

async function store(name: string, stdin: string): Promise<string> {
  await must(['import', at(name), '-q'], { stdin });
  return at(name);
}

describe('cairn rename', () => {
  it('moves a store', async () => {
    const { id } = await storeInfo(await store('a', 'a\t1\n'));
    expect(await must(['rename', at('a'), at('deep/b')])).toMatchObject({ out: '', err: '' });
    expect((await storeInfo(at('deep/b'))).id).toBe(id);
    expect(existsSync(at('a'))).toBe(false);
  });

  it('refuses an existing target and a missing source', async () => {
    const [a, b] = [await store('a', 'a\t1\n'), await store('b', 'b\t1\n')];
    expect((await cairn(['rename', a, b])).code).toBe(2);
    expect((await cairn(['rename', at('nothing'), at('c')])).code).toBe(5);
  });

  it('with --replace, takes the place of a store', async () => {
    const [a, b] = [await store('a', 'a\t1\n'), await store('b', 'b\t1\n')];
    const { id } = await storeInfo(a);
    await must(['rename', a, b, '--replace']);
    expect((await storeInfo(b)).id).toBe(id);
    expect(existsSync(a)).toBe(false);
  });
});
