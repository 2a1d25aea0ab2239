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

describe('cairn verify', () => {
  it('reports an intact store as ok', async () => {
    expect((await must(['verify', store])).out).toMatch(
      /^ok: 1,000 entries, \d+ blocks, 1 file, [\d.]+ kB\n$/,
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

  it('names the keys that a problem concerns, and the bit that differs', async () => {
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
});
