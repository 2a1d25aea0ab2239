import { join } from 'node:path';
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

describe('a damaged store', () => {
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
    expect((await cairn(['salvage', at('none'), at('other')])).code).toBe(5);
  });

  it('is copied as a whole, with exit code 0, where nothing of it is lost', async () => {
    damage(join(store, 'MANIFEST.json'), 30);
    damage(partition, 8);
    const { out, err } = await must(['salvage', store, at('saved')]);
    expect(out).toBe('');
    expect(err).toMatch(/^saved 1,000 entries, .*; 0 lost\n$/);
    const { out: json } = await must(['salvage', at('saved'), at('again'), '-q', '--json']);
    expect(JSON.parse(json)).toMatchObject({ ok: true, info: { count: 1000 }, lost: [], lostEntries: 0 });
  });
});
