import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { hex64 } from '../../src/bytes/checksum.ts';
import { loadChecksum } from '../../src/bytes/xxh64.ts';
import { damage, importDamageable } from '../support/damageable-store.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { cairn, must } from '../support/run-cairn.ts';

const at = directoryPerTest();
let store = '';
let partition = '';

beforeEach(async () => {
  store = at('store');
  partition = await importDamageable(store);
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
