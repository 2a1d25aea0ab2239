import { beforeEach, describe, expect, it } from 'vitest';
import { damage, importDamageable } from '../../support/damageable-store.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();
let store = '';
let partition = '';

beforeEach(async () => {
  store = at('store');
  partition = await importDamageable(store);
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
      code: 5,
      err: `cairn: ${at('nothing')} does not exist\n`,
    });
  });
});
