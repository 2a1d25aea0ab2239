import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { must } from '../../support/run-cairn.ts';

const at = directoryPerTest();
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
    await must(['import', at('empty'), '-q', '--allow-empty'], { stdin: '' });
    expect((await must(['info', at('empty')])).out).toContain('partitions   0\n');
    expect(JSON.parse((await must(['info', at('empty'), '--json'])).out).firstKey).toBeNull();
    expect((await must(['info', partition])).out).toContain('entries      1000\n');
  });
});
