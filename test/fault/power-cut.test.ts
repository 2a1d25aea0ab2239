// First, before the library takes hold of the functions that it replaces.
import '../support/fs-hooks.ts';

import fs, { mkdirSync, rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { MemoryStorage, memoryScheme } from '../../src/io/memory.ts';
import { registerStorage } from '../../src/io/uri.ts';
import {
  copyStore,
  createStore,
  deleteStore,
  mergeStore,
  mergeStores,
  renameStore,
} from '../../src/node/index.ts';
import { CrashDisk, type Remains, seededRandom } from '../support/crash-disk.ts';
import { errno, type FsChange, setFsHook, setFsListener } from '../support/fs-hooks.ts';
import { stateOf } from '../support/store-state.ts';
import { fill, numbered, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { ADDED, checkWritten, copying, merging, mergingIntoNew, PAIRS, renaming } from './interrupted.ts';

/** Power cuts after each change: each leaves another part of what was not synced. */
const CUTS = Number(process.env.CAIRNKV_POWER_CUTS ?? 8);

const base = temporaryDirectory();
afterAll(() => rmSync(base, { recursive: true, force: true }));

interface Scenario {
  /** What is on the disk long before. */
  readonly prepare?: (root: string) => Promise<unknown>;
  /** What a process did that was killed before it synced anything. */
  readonly before?: (root: string) => Promise<unknown>;
  readonly attempt: (root: string) => Promise<unknown>;
  /** Looks at what a power cut left; `done` if the attempt had ended by then. */
  readonly check: (root: string, done: boolean) => Promise<void>;
}

let number = 0;

/** Notes what an attempt does to a disk, and cuts the power after each single change, each time in several ways. */
async function everyPowerCut({ prepare, before, attempt, check }: Scenario): Promise<void> {
  const root = `${base}/${number++}`;
  mkdirSync(root);
  const disk = new CrashDisk(root);
  const changes: FsChange[] = [];
  setFsListener((change) => changes.push(change), root);
  await prepare?.(root);
  for (const change of changes.splice(0)) disk.apply(change);
  disk.settle();
  await before?.(root);
  for (const change of changes.splice(0)) if (!change.operation.startsWith('sync')) disk.apply(change);
  await attempt(root);
  setFsListener();
  expect(changes.length).toBeGreaterThan(3);
  for (let i = 0; i <= changes.length; i++) {
    if (i > 0) disk.apply(changes[i - 1]);
    for (let cut = 0; cut < CUTS; cut++) {
      const seed = i * 1000 + cut;
      const remains = disk.afterPowerCut(seededRandom(seed));
      try {
        await check(await restore(remains), i === changes.length);
      } catch (error) {
        const last = changes
          .slice(Math.max(0, i - 4), i)
          .map(({ operation, path }) => `${operation} ${path}`);
        throw new Error(
          `after change ${i} of ${changes.length} (… ${last.join(', ')}), seed ${seed}, ` +
            `left: ${[...remains.keys()].join(' ')}: ${(error as Error).message}`,
          { cause: error },
        );
      }
    }
  }
}

/** Puts what is left where it can be looked at: into a fresh storage in memory. */
async function restore(remains: Remains): Promise<string> {
  const storage = new MemoryStorage(() => 0);
  registerStorage({ ...memoryScheme(storage), storage: Object.assign(storage, { scheme: 'cut' }) });
  await storage.makeDirectory('root');
  for (const [path, bytes] of remains) {
    if (bytes === undefined) await storage.makeDirectory(`root/${path}`);
    else await storage.replace(`root/${path}`, bytes);
  }
  return 'cut:root';
}

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
