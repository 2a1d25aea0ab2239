import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createStore } from '../../../src/node/index.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

async function store(name: string, stdin: string): Promise<string> {
  await must(['import', at(name), '-q'], { stdin });
  return at(name);
}

describe('cairn delete', () => {
  it('removes a store, complete or not, and nothing else', async () => {
    await must(['delete', await store('a', 'a\t1\n')]);
    expect(existsSync(at('a'))).toBe(false);
    const writer = await createStore(at('left'));
    await writer.put('a', 1);
    expect((await cairn(['get', at('left'), 'a'])).err).toContain('is incomplete');
    await must(['delete', at('left')]);
    await writer.cancel();
    mkdirSync(at('mine'));
    writeFileSync(at('mine/notes'), '');
    expect((await cairn(['delete', at('mine')])).code).toBe(1);
    expect(readdirSync(at('mine'))).toEqual(['notes']);
    expect((await cairn(['delete', at('nothing')])).code).toBe(1);
  });
});
