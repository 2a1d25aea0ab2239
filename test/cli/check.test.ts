import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { hex64 } from '../../src/bytes/checksum.ts';
import { loadChecksum } from '../../src/bytes/xxh64.ts';
import { cairn, must } from './run-cairn.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const at = temporaryDirectory();
let store = '';
let partition = '';

beforeEach(async () => {
  store = at('store');
  const stdin = Array.from(
    { length: 1000 },
    (_, i) => `key ${String(i).padStart(5, '0')}\tvalue ${i}\n`,
  ).join('');
  await must(['import', store, '-q', '--block-bytes', '1k'], { stdin });
  partition = join(store, 'data', readdirSync(join(store, 'data'))[0]);
});

/** Flips a bit of a file. */
function damage(file: string, offset: number): void {
  const bytes = readFileSync(file);
  bytes[offset] ^= 1;
  writeFileSync(file, bytes);
}

describe('cairn info', () => {
  it('prints a table', async () => {
    const { out } = await must(['info', store]);
    expect(out).toContain('entries      1000\n');
    expect(out).toContain('first key    key 00000\n');
    expect(out).toMatch(
      /\npartition +entries +bytes +first key +last key\npart-00000-[0-9a-f]+\.cairn +1000 /,
    );
  });

  it('prints JSON', async () => {
    const info = JSON.parse((await must(['info', store, '--json'])).out);
    expect(info).toMatchObject({
      uri: store,
      count: 1000,
      firstKey: 'key 00000',
      lastKey: 'key 00999',
      metadata: {},
    });
    expect(info.partitions).toHaveLength(1);
  });

  it('describes an empty store, and a single partition', async () => {
    await must(['import', at('empty'), '-q'], { stdin: '' });
    expect((await must(['info', at('empty')])).out).toContain('partitions   0\n');
    expect(JSON.parse((await must(['info', at('empty'), '--json'])).out).firstKey).toBeNull();
    expect((await must(['info', partition])).out).toContain('entries      1000\n');
  });
});

describe('cairn verify', () => {
  it('praises a store', async () => {
    expect((await must(['verify', store])).out).toMatch(
      /^ok: 1000 entries, \d+ blocks, 1 file, [\d.]+ kB\n$/,
    );
    expect((await must(['verify', store, '-q'])).out).toBe('');
    expect(JSON.parse((await must(['verify', store, '--json'])).out)).toMatchObject({
      ok: true,
      problems: [],
    });
  });

  it('prints each problem with its file and offset, and ends with 3', async () => {
    damage(partition, 3000);
    damage(partition, 9000);
    const { code, out, err } = await cairn(['verify', store]);
    expect(code).toBe(3);
    expect(out.trim().split('\n')).toHaveLength(2);
    expect(out).toMatch(new RegExp(`^CORRUPTION ${partition}: .*offset \\d+`));
    expect(err).toMatch(/^cairn: [^\n]* is damaged: 2 problems found[^\n]*\n$/);
    expect(JSON.parse((await cairn(['verify', store, '--json'])).out)).toMatchObject({ ok: false });
  });

  it('reports a broken manifest', async () => {
    damage(join(store, 'MANIFEST.json'), 40);
    const { code, out } = await cairn(['verify', store]);
    expect(code).toBe(3);
    expect(out).toMatch(/^CORRUPTION .*MANIFEST\.json/);
  });

  it('shows progress on a terminal', async () => {
    let time = 0;
    const now = (): number => {
      time += 1000;
      return time;
    };
    expect((await must(['verify', store], { terminal: true, now })).err).toMatch(
      /\rverifying \[#*\.*\] \d+ % /,
    );
  });
});

describe('reading a damaged store', () => {
  it.each([
    ['scan', []],
    ['export', []],
    ['get', ['key 00500']],
    ['floor', ['key 00500']],
    ['diff', ['same']],
  ])('cairn %s names file and offset, and ends with 3', async (command, args) => {
    await must(['import', at('same'), '-q'], { stdin: 'a\t1\n' });
    for (let offset = 1000; offset < 20_000; offset += 500) damage(partition, offset);
    const rest = command === 'diff' ? [at('same')] : args;
    const { code, err } = await cairn([command, store, ...rest]);
    expect(code).toBe(3);
    expect(err).toMatch(/^cairn: [^\n]*\n$/);
    expect(err).toContain(partition);
    expect(err).toMatch(/offset \d+/);
  });

  it('a file that was cut, and a manifest that was changed', async () => {
    truncateSync(partition, 5000);
    expect(await cairn(['get', store, 'key 00500'])).toMatchObject({ code: 3, out: '' });
    damage(join(store, 'MANIFEST.json'), 200);
    for (const argv of [
      ['info', store],
      ['get', store, 'a'],
      ['count', store],
    ]) {
      const { code, out, err } = await cairn(argv);
      expect([code, out]).toEqual([3, '']);
      expect(err).toMatch(/^cairn: [^\n]*MANIFEST\.json[^\n]*\n$/);
    }
  });

  it('a format of a newer version', async () => {
    const manifest = join(store, 'MANIFEST.json');
    const body = readFileSync(manifest, 'utf8')
      .replace(/"version": \d+/, '"version": 99')
      .replace(/ {2}"checksum".*$/s, '');
    const checksum = hex64((await loadChecksum()).hash(new TextEncoder().encode(body)));
    writeFileSync(manifest, `${body}  "checksum": "${checksum}"\n}\n`);
    const { code, err } = await cairn(['info', store]);
    expect(code).toBe(3);
    expect(err).toMatch(/^cairn: [^\n]* has format version 99 [^\n]*Upgrade cairnkv[^\n]*\n$/);
  });
});

describe('cairn inspect', () => {
  it('prints what a partition, a manifest and a store hold', async () => {
    const outline = (await must(['inspect', partition])).out;
    expect(outline).toContain('sparse index');
    const hex = (await must(['inspect', partition, '--hex'])).out;
    expect(hex).toContain('89 43 41 49 52 4e 0d 0a');
    expect(JSON.parse((await must(['inspect', partition, '--json'])).out)).toMatchObject({
      kind: 'partition',
      ok: true,
    });
    expect(JSON.parse((await must(['inspect', store, '--json'])).out)).toMatchObject({
      kind: 'manifest',
      ok: true,
    });
  });

  it('shows a damaged file, and ends with 3', async () => {
    damage(partition, 3000);
    const { code, out, err } = await cairn(['inspect', partition]);
    expect(code).toBe(3);
    expect(out).toContain('wrong');
    expect(err).toMatch(/^cairn: [^\n]* is damaged: 1 problem found\n$/);
  });

  it('names a file that is not there', async () => {
    expect(await cairn(['inspect', at('nothing')])).toMatchObject({
      code: 1,
      err: `cairn: ${at('nothing')} does not exist\n`,
    });
  });
});

describe('a damaged store', () => {
  it('has each problem named by cairn verify, with its keys and its bit', async () => {
    damage(partition, 3000);
    damage(partition, 8);
    const { code, out } = await cairn(['verify', store]);
    expect(code).toBe(3);
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^CORRUPTION .*header.* One bit differs: bit 0 of byte 8$/),
      expect.stringMatching(
        /block 2, .* One bit differs: bit 0 of byte 3000\. It concerns \d+ entries, keys from key \d+ to before key \d+$/,
      ),
      '',
    ]);
    const json = JSON.parse((await cairn(['verify', store, '--json'])).out);
    expect(json.problems[1]).toMatchObject({
      flipped: { byte: 3000, bit: 0 },
      keys: { gte: expect.stringMatching(/^6b6579/), lt: expect.stringMatching(/^6b6579/) },
    });
    expect((await cairn(['verify', store, '--no-locate-bits'])).out).not.toContain('One bit');
  });

  it('is copied by cairn salvage but for what is lost', async () => {
    damage(partition, 3000);
    const { code, out, err } = await cairn(['salvage', store, at('saved')]);
    expect(code).toBe(3);
    const [, after, before, lost] =
      /^lost: \(after key (\d+), before key (\d+)\) (\d+) entries\n$/.exec(out) ?? [];
    expect(Number(before) - Number(after) - 1).toBe(Number(lost));
    expect(err).toMatch(new RegExp(`^saved ${1000 - Number(lost)} entries, .*; ${lost} lost\n$`));
    expect((await must(['verify', at('saved')])).out).toMatch(/^ok: /);
    expect((await cairn(['salvage', store, at('saved')])).code).toBe(2);
    expect((await cairn(['salvage', at('none'), at('other')])).code).toBe(1);
  });

  it('is copied as a whole, with exit code 0, where nothing of it is lost', async () => {
    damage(join(store, 'MANIFEST.json'), 30);
    damage(partition, 8);
    const { out, err } = await must(['salvage', store, at('saved')]);
    expect(out).toBe('');
    expect(err).toMatch(/^saved 1000 entries, .*; 0 lost\n$/);
    const { out: json } = await must(['salvage', at('saved'), at('again'), '-q', '--json']);
    expect(JSON.parse(json)).toMatchObject({ ok: true, info: { count: 1000 }, lost: [], lostEntries: 0 });
  });
});
