import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CairnError, createStore } from '../../../src/node/index.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { FaultyStorage } from '../../support/faulty-storage.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

async function store(name: string, stdin: string): Promise<string> {
  await must(['import', at(name), '-q'], { stdin });
  return at(name);
}

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

  it('tells of a directory that may not be read, and prints the others', async () => {
    const storage = new FaultyStorage().register();
    for (const name of ['a', 'lost+found', 'z']) await createStore(`faulty:root/${name}`).put('a', 1).close();
    const open = storage.open.bind(storage);
    storage.open = async (path) => {
      if (path.includes('lost+found'))
        throw new CairnError('IO', `open of ${path} failed: EACCES`, { operation: 'open', transient: false });
      return open(path);
    };
    const { code, out, err } = await cairn(['list', 'faulty:root', '--json']);
    expect([code, err]).toEqual([
      0,
      'cairn: skipped: open of root/lost+found/MANIFEST.json failed: EACCES\n',
    ]);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).uri),
    ).toEqual(['faulty:root/a', 'faulty:root/z']);
    const swept = await cairn(['sweep', 'faulty:root', '-q']);
    expect([swept.code, swept.out, swept.err]).toEqual([0, '', err]);
  });

  it('prints nothing where there are none, and ends with 1 without a directory', async () => {
    mkdirSync(at('empty'));
    expect((await must(['list', at('empty')])).out).toBe('');
    expect(await cairn(['list', at('nothing')])).toMatchObject({ code: 5, out: '' });
  });
});
