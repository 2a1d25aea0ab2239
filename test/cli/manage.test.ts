import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createStore, storeInfo } from '../../src/node/index.ts';
import { cairn, must } from './run-cairn.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const at = temporaryDirectory();

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
      err: expect.stringContaining('exists already'),
    });
    expect(await scan(b)).toBe('b\t1\n');
    expect(await cairn(['merge', a, at('nothing'), at('all')])).toMatchObject({ code: 1 });
    expect(await cairn(['merge', a])).toMatchObject({
      code: 2,
      err: expect.stringContaining('at least two stores'),
    });
    expect(existsSync(at('all'))).toBe(false);
  });
});

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
    expect((await cairn(['rename', at('nothing'), at('c')])).code).toBe(1);
  });
});

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

describe('cairn list', () => {
  it('prints complete stores by name', async () => {
    await store('stores/b', 'b\t1\nc\t1\n');
    await store('stores/a', 'a\t1\n');
    mkdirSync(at('stores/other'));
    const { out } = await must(['list', at('stores')]);
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head).toMatch(/^store +entries +bytes +partitions +keys +values +compression$/);
    expect(rows.map((row) => row.split(/ +/).slice(0, 2))).toEqual([
      [at('stores/a'), '1'],
      [at('stores/b'), '2'],
    ]);
    const json = (await must(['list', at('stores'), '--json'])).out.trimEnd().split('\n');
    expect(json.map((line) => JSON.parse(line).count)).toEqual([1, 2]);
  });

  it('prints nothing where there are none, and ends with 1 without a directory', async () => {
    mkdirSync(at('empty'));
    expect((await must(['list', at('empty')])).out).toBe('');
    expect(await cairn(['list', at('nothing')])).toMatchObject({ code: 1, out: '' });
  });
});

describe('cairn sweep', () => {
  it('removes leftovers that are old enough', async () => {
    const kept = await store('stores/kept', 'a\t1\n');
    const id = (await storeInfo(kept)).id;
    const leftover = join(kept, 'data', 'part-00009-dead.cairn');
    writeFileSync(leftover, 'rest');
    expect(await must(['sweep', at('stores')])).toMatchObject({ out: '', err: 'removed 0 files, 0 B\n' });
    expect(await must(['sweep', at('stores'), '--older-than', '0', '--dry-run'])).toMatchObject({
      out: expect.stringMatching(/part-00009-dead\.cairn\t4 bytes\t\d+ s old\n$/),
      err: 'would remove 1 file, 4 B\n',
    });
    expect(existsSync(leftover)).toBe(true);
    // An old date alone does not make it old: what a merge links has one, too, and its name is new.
    const old = Date.now() / 1000 - 2 * 86_400;
    utimesSync(leftover, old, old);
    expect(await must(['sweep', at('stores')])).toMatchObject({ out: '', err: 'removed 0 files, 0 B\n' });
    const { out, err } = await must(['sweep', at('stores'), '--older-than', '0', '--json']);
    expect(JSON.parse(out)).toMatchObject({ uri: leftover, bytes: 4 });
    expect(err).toBe('removed 1 file, 4 B\n');
    expect(existsSync(leftover)).toBe(false);
    expect((await storeInfo(kept)).id).toBe(id);
  });

  it('takes durations, and refuses what is none', async () => {
    mkdirSync(at('stores'));
    for (const duration of ['0', '30s', '5m', '2h', '1d', '1.5w']) {
      await must(['sweep', at('stores'), '--older-than', duration]);
    }
    for (const duration of ['1', 'h', '-1d', '1y', '']) {
      const { code, err } = await cairn(['sweep', at('stores'), `--older-than=${duration}`]);
      expect([code, err]).toEqual([
        2,
        expect.stringContaining('Write a duration such as 30m, 2h, 1d, or 0.'),
      ]);
    }
    expect((await cairn(['sweep', at('nothing')])).code).toBe(1);
  });
});

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
