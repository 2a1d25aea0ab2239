import { describe, expect, it } from 'vitest';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

async function filled(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const lines = Array.from({ length: 1000 }, (_, j) => `${i} ${j}\t${'x'.repeat(100)}\n`).join('');
    await must(['import', '--into', at('c'), '-q', '--keep-versions', '9'], { stdin: lines });
  }
  await must(['unset', at('c'), '0 7', '-q']);
}

describe('cairn compact', () => {
  it('merges generations, and keeps as many versions as it is told', async () => {
    await filled();
    const { err } = await must(['compact', at('c'), '--full', '--keep-versions', '2']);
    expect(err).toMatch(/^compacted \d generations into 1, 3\d\d\.\d kB; version \d+\n$/);
    expect((await must(['count', at('c')])).out).toBe('2999\n');
    const versions = (await must(['history', at('c'), '--json'])).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(versions[0]).toMatchObject({ cause: 'compaction', generations: 1 });
    const { version } = versions.find(({ cause, deletes }) => cause === 'commit' && deletes === 0);
    expect((await must(['count', at('c'), '--version', `${version}`])).out).toBe('3000\n');
    const { out } = await must(['compact', at('c'), '--full', '--json', '-q']);
    expect(JSON.parse(out)).toMatchObject({ before: 1, after: 1 });
    expect((await cairn(['count', at('c'), '--version', `${version}`])).code).toBe(5);
    expect((await must(['verify', at('c'), '-q'])).out).toBe('');
  });
});

describe('cairn history', () => {
  it('lists versions, as many as wanted', async () => {
    await filled();
    expect((await must(['history', at('c'), '--limit', '1'])).out).toMatch(
      /^version {2}cause {3}sets {2}deletes {2}generations\n +\d+ {2}commit +0 +1 +\d\n$/,
    );
    expect((await must(['history', at('c'), '--limit', '0'])).out).toBe('');
  });
});
