import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeInfo } from '../../../src/node/index.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

async function store(name: string, stdin: string): Promise<string> {
  await must(['import', at(name), '-q'], { stdin });
  return at(name);
}

describe('cairn sweep', () => {
  it('removes orphan files that are old enough', async () => {
    const kept = await store('stores/kept', 'a\t1\n');
    const id = (await storeInfo(kept)).id;
    const orphan = join(kept, 'data', 'part-00009-dead.cairn');
    writeFileSync(orphan, 'rest');
    expect(await must(['sweep', at('stores')])).toMatchObject({ out: '', err: 'removed 0 files, 0 B\n' });
    expect(await must(['sweep', at('stores'), '--older-than', '0', '--dry-run'])).toMatchObject({
      out: expect.stringMatching(/part-00009-dead\.cairn\t4 bytes\t\d+ s old\n$/),
      err: 'would remove 1 file, 4 B\n',
    });
    expect(existsSync(orphan)).toBe(true);
    // An old date alone does not make it old: what a merge links has one, too, and its name is new.
    const old = Date.now() / 1000 - 2 * 86_400;
    utimesSync(orphan, old, old);
    expect(await must(['sweep', at('stores')])).toMatchObject({ out: '', err: 'removed 0 files, 0 B\n' });
    const { out, err } = await must(['sweep', at('stores'), '--older-than', '0', '--json']);
    expect(JSON.parse(out)).toMatchObject({ uri: orphan, bytes: 4 });
    expect(err).toBe('removed 1 file, 4 B\n');
    expect(existsSync(orphan)).toBe(false);
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
    expect((await cairn(['sweep', at('nothing')])).code).toBe(5);
  });
});
