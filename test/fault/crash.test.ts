import { mkdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import { createStore, deleteStore, sweepStores } from '../../src/node/index.ts';
import { type Bundle, bundle } from '../support/bundle.ts';
import { failure } from '../support/failures.ts';
import { tree } from '../support/storage-tools.ts';
import { isWholeWithoutOrphans, stateOf } from '../support/store-state.ts';
import { fill, numbered, SMALL_PARTITIONS } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import {
  ADDED,
  copying,
  deleting,
  type Interrupted,
  merging,
  mergingIntoNew,
  OTHERS,
  OVERS,
  PAIRS,
  renaming,
} from './interrupted.ts';
import { killEverywhere, runKilled } from './kill-everywhere.ts';

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

const run = (scenario: string, root: string, nth: number, ...more: string[]): Promise<number | undefined> =>
  runKilled(child.file, scenario, root, nth, ...more);

const everyKill = (scenario: string, interrupted: Interrupted): Promise<number> =>
  killEverywhere(child.file, base, scenario, interrupted);

describe('a process killed before each of its calls', () => {
  it('while it sorts leaves a whole store or none, and nothing that the same work trips over', async () => {
    const wide = numbered(9, 'k', 20_000);
    const seen = new Set<unknown>();
    await everyKill('sort', {
      prepare: async (root) => void mkdirSync(root),
      async check(root, ended) {
        const state = await stateOf(`${root}/s`);
        seen.add(state === 'absent' ? state : 'whole');
        if (state !== 'absent' || ended) expect(state).toEqual(wide);
        if (state === 'absent') {
          const options = { sort: true, sortBytes: 65_536, sortDirectory: `${root}/tmp` } as const;
          await fill(`${root}/s`, [...wide].reverse(), options);
        }
        await isWholeWithoutOrphans(`${root}/s`, wide);
        if ((await tree(`${root}/tmp`)).length > 0) await sweepStores(`${root}/tmp`, { olderThanMs: 0 });
        // At most an empty directory is left.
        expect((await tree(`${root}/tmp`)).filter((path) => !path.endsWith('/'))).toEqual([]);
      },
    });
    expect(seen).toEqual(new Set(['absent', 'whole']));
  });

  it('while it writes a store leaves a whole store or none; what is left can be overwritten, deleted and swept', async () => {
    let turn = 0;
    const seen = new Set<unknown>();
    const calls = await everyKill('write', {
      prepare: async (root) => void mkdirSync(root),
      async check(root, ended) {
        const uri = `${root}/s`;
        const state = await stateOf(uri);
        seen.add(state === 'absent' ? state : 'whole');
        if (ended) expect(state).toEqual(PAIRS);
        if (state !== 'absent') {
          expect(state).toEqual(PAIRS);
          await failure(createStore(uri), 'ALREADY_EXISTS');
          await deleteStore(uri);
          expect(await tree(root)).toEqual([]);
          return;
        }
        // Three ways to go on, in turn.
        const way = turn++ % 3;
        if (way === 1 && (await tree(root)).some((path) => path.startsWith('s/'))) {
          await deleteStore(uri).catch((error: unknown) => {
            // A directory that nothing was put into yet is no store.
            if (!isCairnError(error, 'NOT_A_STORE')) throw error;
          });
          expect((await tree(root)).filter((path) => path !== 's/')).toEqual([]);
        }
        if (way === 2) {
          await sweepStores(root, { olderThanMs: 0 }).catch((error: unknown) => {
            if (!isCairnError(error, 'NOT_FOUND')) throw error;
          });
          expect((await tree(root)).filter((path) => path !== 's/')).toEqual([]);
        }
        await fill(uri, OTHERS, SMALL_PARTITIONS);
        await isWholeWithoutOrphans(uri, OTHERS);
      },
    });
    expect(calls).toBeGreaterThan(12);
    expect(seen).toEqual(new Set(['absent', 'whole']));
  });

  it('while it deletes a store leaves it whole or gone; deleting can be taken up again', async () => {
    await everyKill('delete', {
      ...deleting,
      async check(root, ended) {
        await deleting.check(root, ended);
        await fill(`${root}/s`, OTHERS);
        expect(await stateOf(`${root}/s`)).toEqual(OTHERS);
      },
    });
  });

  it('while it copies a store leaves that, and a whole copy or one that can be resumed', async () => {
    await everyKill('copy', copying);
  });

  it('while it renames a store leaves it whole at one of the two paths; renaming can be taken up again', async () => {
    await everyKill('rename', renaming);
  });

  for (const [scenario, interrupted] of Object.entries(OVERS)) {
    it(`in the scenario ${scenario} leaves the store that was there, or the new one, and both can be replaced`, async () => {
      expect(await everyKill(scenario, interrupted)).toBeGreaterThan(8);
    });
  }

  for (const [layout, added] of Object.entries(ADDED)) {
    it(`while it merges ${layout} stores loses no entry`, async () => {
      await everyKill('merge', merging(added));
    });

    it(`while it merges ${layout} stores into a new one leaves the sources whole, and a whole store or none`, async () => {
      await everyKill('merge-new', mergingIntoNew(added));
    });
  }

  it('processes that write one URI at once: one wins, the others say so', async () => {
    for (const buildId of [undefined, 'same']) {
      const root = `${base}/race-${buildId}`;
      const more = buildId === undefined ? [] : [buildId];
      const outcomes = await Promise.allSettled(
        Array.from({ length: 4 }, () => run('write', root, 0, ...more)),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(String(outcome.reason)).toMatch(/ALREADY_EXISTS|CONFLICT/);
      }
      await isWholeWithoutOrphans(`${root}/s`, PAIRS);
    }
  });

  it('a killed writer with a `buildId` leaves CONFLICT behind, until it is swept', async () => {
    const root = `${base}/conflict`;
    const calls = (await run('write', `${base}/conflict-whole`, 0, 'nightly')) as number;
    expect(await run('write', root, Math.floor(calls / 2), 'nightly')).toBeUndefined();
    await expect(run('write', root, 0, 'nightly')).rejects.toThrow('CONFLICT');
    await sweepStores(root, { olderThanMs: 0 });
    await run('write', root, 0, 'nightly');
    await isWholeWithoutOrphans(`${root}/s`, PAIRS);
  });
});
