import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

async function store(name: string, stdin: string): Promise<string> {
  await must(['import', at(name), '-q'], { stdin });
  return at(name);
}

async function scan(uri: string): Promise<string> {
  return (await must(['scan', uri])).out;
}

describe('cairn merge', () => {
  it('makes a new store and keeps its sources', async () => {
    const sources = [
      await store('a', 'a\t1\nd\t4\n'),
      await store('b', 'b\t2\n'),
      await store('c', 'c\t3\n'),
    ];
    const { out, err } = await must(['merge', ...sources, at('all')]);
    expect(out).toBe('');
    expect(err).toMatch(/^merged 3 stores: 4 entries, \d+ B in \d+ partitions?\n$/);
    expect(await scan(at('all'))).toBe('a\t1\nb\t2\nc\t3\nd\t4\n');
    for (const source of sources) expect(existsSync(source)).toBe(true);
  });

  it('moves into a new store, or into one that is there', async () => {
    const [a, b, c] = [await store('a', 'a\t1\n'), await store('b', 'b\t2\n'), await store('c', 'c\t3\n')];
    await must(['merge', a, b, at('all'), '--move', '-q']);
    expect([existsSync(a), existsSync(b)]).toEqual([false, false]);
    const { out } = await must(['merge', c, at('all'), '--move', '-q', '--json']);
    expect(JSON.parse(out)).toMatchObject({ count: 3 });
    expect(existsSync(c)).toBe(false);
    expect(await scan(at('all'))).toBe('a\t1\nb\t2\nc\t3\n');
  });

  it('refuses equal keys unless told which one wins', async () => {
    const [a, b] = [await store('a', 'a\t1\nk\told\n'), await store('b', 'k\tnew\nz\t2\n')];
    const { code, err } = await cairn(['merge', a, b, at('all')]);
    expect(code).toBe(2);
    expect(err).toMatch(/^cairn: [^\n]*"k"[^\n]*\n$/);
    expect(existsSync(at('all'))).toBe(false);
    await must(['merge', a, b, at('first'), '--on-duplicate', 'first']);
    await must(['merge', a, b, at('last'), '--on-duplicate', 'last']);
    expect(await scan(at('first'))).toBe('a\t1\nk\told\nz\t2\n');
    expect(await scan(at('last'))).toBe('a\t1\nk\tnew\nz\t2\n');
  });

  it('refuses an existing target, a missing source, and too few stores', async () => {
    const [a, b] = [await store('a', 'a\t1\n'), await store('b', 'b\t1\n')];
    expect(await cairn(['merge', a, b])).toMatchObject({
      code: 2,
      err: expect.stringContaining('is already a store; a store is written once'),
    });
    expect(await scan(b)).toBe('b\t1\n');
    expect(await cairn(['merge', a, at('nothing'), at('all')])).toMatchObject({ code: 5 });
    expect(await cairn(['merge', a])).toMatchObject({
      code: 2,
      err: expect.stringContaining('at least two stores'),
    });
    expect(existsSync(at('all'))).toBe(false);
  });

  it('with --replace, takes the place of a store that is there, also of one that it merges', async () => {
    const a = at('ra');
    const b = at('rb');
    await must(['import', a, '-q'], { stdin: 'a\t1\nb\t1\n' });
    await must(['import', b, '-q'], { stdin: 'b\t2\nc\t2\n' });
    const before = (await must(['scan', a])).out;
    await must(['merge', a, b, a, '--replace', '--on-duplicate', 'last']);
    expect((await must(['scan', a])).out).toBe('a\t1\nb\t2\nc\t2\n');
    expect(before).toBe('a\t1\nb\t1\n');
    await must(['import', at('all'), '-q'], { stdin: 'x\t1\n' });
    expect(await cairn(['merge', a, b, at('all')])).toMatchObject({ code: 2 });
    expect(await cairn(['merge', a, b, at('all'), '--replace', '--move'])).toMatchObject({ code: 2 });
  });
});
