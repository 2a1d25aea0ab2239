// First, before the library takes hold of the functions that it replaces.
import '../support/fs-hooks.ts';

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, utimesSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createStore, deleteStore, sweepStores } from '../../src/node/index.ts';
import { type Bundle, bundle } from '../support/bundle.ts';
import { failure } from '../support/failures.ts';
import { errno, setFsHook } from '../support/fs-hooks.ts';
import { tree } from '../support/storage-tools.ts';
import { isWholeWithoutOrphans, stateOf } from '../support/store-state.ts';
import { fill, SMALL_PARTITIONS } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { OTHERS, PAIRS } from './interrupted.ts';

// Commits without hard links: by a rename under a claim.

let child: Bundle;
let base: string;
beforeAll(async () => {
  child = await bundle(new URL('./crash-child.ts', import.meta.url));
  base = temporaryDirectory();
});
afterAll(() => {
  child.remove();
  rmSync(base, { recursive: true, force: true });
});
beforeEach(() =>
  setFsHook(({ operation }) => (operation === 'link' ? errno('ENOTSUP', 'link') : undefined), base),
);
afterEach(() => setFsHook());

/** Writes `s` in a process of its own, which is killed before its n-th call if that is not 0; returns what it says. */
function write(root: string, nth: number): Promise<{ calls?: number; error?: string }> {
  mkdirSync(root, { recursive: true });
  const env = { ...process.env, LACKS_LINKS: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, [child.file, 'write', root, `${nth}`], { env }, (error, out, err) =>
      resolve(error === null ? { calls: Number(out) } : { error: error.signal ?? err }),
    );
  });
}

it('a process killed before each of its calls leaves a whole store or an incomplete one, which stands in no way', async () => {
  const seen: Record<string, number> = { absent: 0, whole: 0, claimed: 0 };
  const { calls = 0 } = await write(`${base}/all`, 0);
  expect(calls).toBeGreaterThan(12);
  for (let nth = 1; nth <= calls; nth++) {
    const root = `${base}/${nth}`;
    expect(await write(root, nth)).toEqual({ error: 'SIGKILL' });
    const uri = `${root}/s`;
    const claim = `${uri}/MANIFEST.json.claim.tmp`;
    const state = await stateOf(uri);
    seen[state === 'absent' ? state : 'whole']++;
    if (existsSync(claim)) {
      seen.claimed++;
      // As it is ten seconds later.
      utimesSync(claim, new Date(0), new Date(0));
    }
    if (state !== 'absent') {
      expect(state).toEqual(PAIRS);
      await failure(createStore(uri), 'ALREADY_EXISTS');
      await isWholeWithoutOrphans(uri, PAIRS);
      expect(existsSync(claim)).toBe(false);
      await deleteStore(uri);
      expect(await tree(root)).toEqual([]);
      continue;
    }
    // What is left can be overwritten as it is, deleted, and swept.
    if (nth % 3 === 1) await deleteStore(uri).catch(() => undefined);
    if (nth % 3 === 2) await sweepStores(root, { olderThanMs: 0 });
    if (nth % 3 !== 0) expect((await tree(root)).filter((path) => !path.endsWith('/'))).toEqual([]);
    await fill(uri, OTHERS, SMALL_PARTITIONS);
    await isWholeWithoutOrphans(uri, OTHERS);
  }
  expect(seen.absent).toBeGreaterThan(8);
  expect(seen.whole).toBeGreaterThan(0);
  expect(seen.claimed).toBeGreaterThan(1);
}, 120_000);

it('a store is written over each leftover of a killed commit as it is', async () => {
  const { calls = 0 } = await write(`${base}/again`, 0);
  for (let nth = calls - 5; nth <= calls; nth++) {
    const root = `${base}/over-${nth}`;
    await write(root, nth);
    const claim = `${root}/s/MANIFEST.json.claim.tmp`;
    if (existsSync(claim)) utimesSync(claim, new Date(0), new Date(0));
    if ((await stateOf(`${root}/s`)) !== 'absent') continue;
    await fill(`${root}/s`, OTHERS, SMALL_PARTITIONS);
    expect(await stateOf(`${root}/s`)).toEqual(OTHERS);
  }
}, 60_000);

it('of processes that write one URI at once one wins, and the others leave nothing', async () => {
  for (let round = 0; round < 3; round++) {
    const root = `${base}/race-${round}`;
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => write(root, 0)));
    expect(outcomes.filter(({ calls }) => calls !== undefined).length).toBe(1);
    for (const { error } of outcomes) if (error !== undefined) expect(error).toMatch(/ALREADY_EXISTS/);
    expect(await stateOf(`${root}/s`)).toEqual(PAIRS);
    expect((await tree(`${root}/s`)).length).toBe(5);
  }
}, 60_000);
