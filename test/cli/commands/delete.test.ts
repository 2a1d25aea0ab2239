import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
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
  it('tells of what stays, and of a link', async () => {
    await store('a', 'a\t1\n');
    symlinkSync('a', at('link'));
    const refused = await cairn(['delete', at('link')]);
    expect(refused).toMatchObject({ code: 5, out: '' });
    expect(refused.err).toMatch(/^cairn: [^\n]*link is a symbolic link to a, [^\n]*\n$/);
    writeFileSync(at('a/notes'), '');
    const { code, err } = await cairn(['delete', at('a')]);
    expect([code, err]).toEqual([0, `cairn: ${at('a/notes')} is not a file of the store, and stays\n`]);
    expect(readdirSync(at('a'))).toEqual(['notes']);
    expect((await cairn(['import', at('a')], { stdin: '' })).err).toContain('other things in it (notes)');
  });

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
    expect((await cairn(['delete', at('mine')])).code).toBe(5);
    expect(readdirSync(at('mine'))).toEqual(['notes']);
    expect((await cairn(['delete', at('nothing')])).code).toBe(5);
  });
});
