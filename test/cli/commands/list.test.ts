import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { directoryPerTest } from '../../support/directory-per-test.ts';
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

  it('prints nothing where there are none, and ends with 1 without a directory', async () => {
    mkdirSync(at('empty'));
    expect((await must(['list', at('empty')])).out).toBe('');
    expect(await cairn(['list', at('nothing')])).toMatchObject({ code: 1, out: '' });
  });
});
