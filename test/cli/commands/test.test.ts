import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

async function store(name: string, stdin: string): Promise<string> {
  await must(['import', at(name), '-q'], { stdin });
  return at(name);
}

describe('cairn test', () => {
  it('passes in a directory and at a path that does not exist, and leaves nothing', async () => {
    mkdirSync(at('directory'));
    expect(await must(['test', at('directory')])).toMatchObject({ out: 'Passed the test!\n', err: '' });
    expect(readdirSync(at('directory'))).toEqual([]);
    expect((await must(['test', at('fresh')])).out).toBe('Passed the test!\n');
    expect(existsSync(at('fresh'))).toBe(false);
    expect((await must(['test', 'memory:test'])).out).toBe('Passed the test!\n');
    expect((await must(['test'])).out).toBe('Passed the test!\n');
  });

  it('leaves a store that is there as it is', async () => {
    const a = await store('a', 'a\t1\n');
    expect((await must(['test', a])).out).toBe('Passed the test!\n');
    expect(readdirSync(a).sort()).toEqual(['MANIFEST.json', 'data']);
    writeFileSync(at('file'), '');
    expect((await cairn(['test', at('file')])).code).toBe(2);
  });
});
