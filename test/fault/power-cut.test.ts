// First, before the library takes hold of the functions that it replaces.
import '../support/fs-hooks.ts';

import fs, { mkdirSync, rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import {
  copyStore,
  createStore,
  deleteStore,
  mergeStore,
  mergeStores,
  renameStore,
} from '../../src/node/index.ts';
import { errno, setFsHook } from '../support/fs-hooks.ts';
import { stateOf } from '../support/store-state.ts';
import { fill, numbered, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { cutEverywhere, type PowerCut } from './cut-everywhere.ts';
import {
  ADDED,
  checkWritten,
  copying,
  merging,
  mergingIntoNew,
  OVERS,
  PAIRS,
  renaming,
} from './interrupted.ts';
import { SCENARIOS } from './scenarios.ts';

const base = temporaryDirectory();
afterAll(() => rmSync(base, { recursive: true, force: true }));

const everyPowerCut = (scenario: PowerCut): Promise<void> => cutEverywhere(`${base}/${number++}`, scenario);

let number = 0;

describe('case 3: a power cut after any change, which leaves any part of what was not synced', () => {
  it('while a store is written leaves it whole or absent, and whole once `close()` has resolved', async () => {
    await everyPowerCut({
      attempt: (root) => fill(`${root}/below/s`, PAIRS, SMALL_PARTITIONS),
      check: (root, done) => checkWritten(`${root}/below/s`, PAIRS, done),
    });
  });

  it('so it does where there are no hard links', async () => {
    await everyPowerCut({
      async attempt(root) {
        setFsHook(({ operation }) => (operation === 'link' ? errno('ENOTSUP', 'link') : undefined), root);
        await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
        setFsHook();
      },
      check: (root, done) => checkWritten(`${root}/s`, PAIRS, done),
    });
  });

  it('while a store is sorted leaves it whole or absent', async () => {
    const wide = numbered(9, 'k', 20_000);
    const sort = { sort: true, sortBytes: 65_536 } as const;
    await everyPowerCut({
      attempt: (root) => fill(`${root}/s`, [...wide].reverse(), sort),
      check: (root, done) => checkWritten(`${root}/s`, wide, done),
    });
  });

  it('while a writer is cancelled leaves nothing that looks like a store', async () => {
    await everyPowerCut({
      async attempt(root) {
        const writer = await createStore(`${root}/s`, { ...TEXT, ...SMALL_PARTITIONS });
        await writer.putAll(PAIRS);
        await writer.cancel();
      },
      async check(root) {
        expect(await stateOf(`${root}/s`)).toBe('absent');
        await checkWritten(`${root}/s`, PAIRS, false);
      },
    });
  });

  it('while a store is written where a killed writer left its directories leaves it whole or absent', async () => {
    await everyPowerCut({
      before: async (root) => mkdirSync(`${root}/s/data`, { recursive: true }),
      attempt: (root) => fill(`${root}/s`, PAIRS, SMALL_PARTITIONS),
      check: (root, done) => checkWritten(`${root}/s`, PAIRS, done),
    });
  });

  it('while a store is deleted leaves it whole or gone, and gone once that has resolved', async () => {
    await everyPowerCut({
      prepare: (root) => fill(`${root}/s`, PAIRS, SMALL_PARTITIONS),
      attempt: (root) => deleteStore(`${root}/s`),
      async check(root, done) {
        if (done) expect(await stateOf(`${root}/s`)).toBe('absent');
        await checkWritten(`${root}/s`, PAIRS, false);
      },
    });
  });

  it('while a store is renamed leaves it whole at one of the two paths', async () => {
    await everyPowerCut({
      ...renaming,
      attempt: (root) => renameStore(`${root}/s`, `${root}/below/t`),
    });
  });

  it('while a store is renamed into a directory that a killed process made keeps it', async () => {
    await everyPowerCut({
      prepare: (root) => fill(`${root}/s`, PAIRS, SMALL_PARTITIONS),
      before: async (root) => mkdirSync(`${root}/below`, { recursive: true }),
      attempt: (root) => renameStore(`${root}/s`, `${root}/below/t`),
      async check(root) {
        const states = [await stateOf(`${root}/s`), await stateOf(`${root}/below/t`)];
        expect(states.filter((state) => state !== 'absent')).toEqual([PAIRS]);
      },
    });
  });

  it('while a store is copied leaves its source, and a whole copy or none', async () => {
    await everyPowerCut({
      ...copying,
      attempt: (root) => copyStore(`${root}/s`, `${root}/t`),
    });
  });

  it('while a copy is resumed that was killed before it synced leaves a whole copy or none', async () => {
    await everyPowerCut({
      prepare: (root) => fill(`${root}/s`, PAIRS, SMALL_PARTITIONS),
      async before(root) {
        await copyStore(`${root}/s`, `${root}/t`);
        await fs.promises.rm(`${root}/t/MANIFEST.json`);
      },
      attempt: (root) => copyStore(`${root}/s`, `${root}/t`, { resume: true }),
      async check(root, done) {
        expect(await stateOf(`${root}/s`)).toEqual(PAIRS);
        const copy = await stateOf(`${root}/t`);
        if (done || copy !== 'absent') expect(copy).toEqual(PAIRS);
      },
    });
  });

  for (const [scenario, interrupted] of Object.entries(OVERS)) {
    it(`in the scenario ${scenario} leaves the store that was there, or the new one`, async () => {
      await everyPowerCut({ ...interrupted, attempt: (root) => SCENARIOS[scenario](root) });
    });
  }

  for (const [layout, added] of Object.entries(ADDED)) {
    it(`while ${layout} stores are merged loses no entry`, async () => {
      await everyPowerCut({
        ...merging(added),
        attempt: (root) => mergeStore(`${root}/from`, `${root}/to`),
      });
    });

    it(`while ${layout} stores are merged into a new one leaves the sources, and a whole store or none`, async () => {
      await everyPowerCut({
        ...mergingIntoNew(added),
        attempt: (root) => mergeStores([`${root}/from`, `${root}/to`], `${root}/all`),
      });
    });
  }
});
