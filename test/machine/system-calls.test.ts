import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import { copyStore, deleteStore, mergeStore, mergeStores, renameStore } from '../../src/node/index.ts';
import { type Bundle, bundle } from '../support/bundle.ts';
import { tree } from '../support/storage-tools.ts';
import { isWholeWithoutLeftovers, stateOf } from '../support/store-state.ts';
import { fill, numbered, type Pair, SMALL_PARTITIONS } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { needStrace, type Traced, traced } from './strace.ts';

const PAIRS = numbered(9, 'k', 300);
const OTHERS = numbered(4, 'other', 300);
const ADDED = PAIRS.map(([key, value]): Pair => [`${key}-`, value]);
const BOTH = [...PAIRS, ...ADDED].sort(([a], [b]) => (a < b ? -1 : 1));

let child: Bundle;
let base: string;
beforeAll(async () => {
  needStrace();
  child = await bundle(new URL('./fault-child.ts', import.meta.url));
  base = temporaryDirectory();
});
afterAll(() => {
  child?.remove();
  rmSync(base, { recursive: true, force: true });
});

interface Scenario {
  readonly prepare?: (root: string) => Promise<unknown>;
  /** Looks at what is there, and does it again unless it is done. */
  readonly check: (root: string, done: boolean) => Promise<void>;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  write: {
    async check(root, done) {
      const state = await stateOf(`${root}/s`);
      if (done || state !== 'absent') {
        expect(state).toEqual(PAIRS);
        await isWholeWithoutLeftovers(`${root}/s`, PAIRS);
        await deleteStore(`${root}/s`);
      }
      await fill(`${root}/s`, OTHERS, SMALL_PARTITIONS);
      await isWholeWithoutLeftovers(`${root}/s`, OTHERS);
    },
  },
  delete: {
    prepare: (root) => fill(`${root}/s`, PAIRS, SMALL_PARTITIONS),
    async check(root, done) {
      const state = await stateOf(`${root}/s`);
      if (done) expect(await tree(root)).toEqual([]);
      if (state !== 'absent') expect(state).toEqual(PAIRS);
      await deleteStore(`${root}/s`).catch((error: unknown) => {
        if (!isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE')) throw error;
      });
      expect((await tree(root)).filter((path) => path !== 's/')).toEqual([]);
    },
  },
  rename: {
    prepare: (root) => fill(`${root}/s`, PAIRS, SMALL_PARTITIONS),
    async check(root, done) {
      const states = [await stateOf(`${root}/s`), await stateOf(`${root}/below/t`)];
      expect(states.filter((state) => state !== 'absent')).toEqual([PAIRS]);
      if (done) expect(states[0]).toBe('absent');
      if (states[1] === 'absent') await renameStore(`${root}/s`, `${root}/below/t`);
      await isWholeWithoutLeftovers(`${root}/below/t`, PAIRS);
    },
  },
  copy: {
    prepare: (root) => fill(`${root}/s`, PAIRS, SMALL_PARTITIONS),
    async check(root, done) {
      expect(await stateOf(`${root}/s`)).toEqual(PAIRS);
      const copy = await stateOf(`${root}/t`);
      if (done || copy !== 'absent') expect(copy).toEqual(PAIRS);
      else await copyStore(`${root}/s`, `${root}/t`, { resume: true });
      await isWholeWithoutLeftovers(`${root}/t`, PAIRS);
    },
  },
  merge: {
    async prepare(root) {
      await fill(`${root}/to`, PAIRS, SMALL_PARTITIONS);
      await fill(`${root}/from`, ADDED, SMALL_PARTITIONS);
    },
    async check(root, done) {
      const [to, from] = [await stateOf(`${root}/to`), await stateOf(`${root}/from`)];
      if (done) expect(to).toEqual(BOTH);
      if (JSON.stringify(to) !== JSON.stringify(BOTH)) {
        expect([to, from]).toEqual([PAIRS, ADDED]);
        await mergeStore(`${root}/from`, `${root}/to`);
      }
      await isWholeWithoutLeftovers(`${root}/to`, BOTH);
    },
  },
  'merge-new': {
    async prepare(root) {
      await fill(`${root}/to`, PAIRS, SMALL_PARTITIONS);
      await fill(`${root}/from`, numbered(9, 'x', 300), SMALL_PARTITIONS);
    },
    async check(root, done) {
      expect(await stateOf(`${root}/to`)).toEqual(PAIRS);
      const both = [...PAIRS, ...numbered(9, 'x', 300)];
      const all = await stateOf(`${root}/all`);
      if (done || all !== 'absent') expect(all).toEqual(both);
      else await mergeStores([`${root}/from`, `${root}/to`], `${root}/all`);
      await isWholeWithoutLeftovers(`${root}/all`, both);
    },
  },
};

/** Every call that changes something on a disk. */
const CALLS = ['pwrite64', 'fsync', 'link', 'rename', 'mkdir', 'unlink', 'rmdir'];

/** Lets the N-th call of a name go wrong, for every N until there is none left. */
async function everyCall(
  name: string,
  call: string,
  what: string,
  forever: boolean,
  look: (outcome: Traced) => void,
): Promise<number> {
  const { prepare, check } = SCENARIOS[name];
  const template = `${base}/template`;
  rmSync(template, { recursive: true, force: true });
  mkdirSync(template);
  await prepare?.(template);
  for (let nth = 1; ; nth++) {
    const root = `${base}/work`;
    rmSync(root, { recursive: true, force: true });
    cpSync(template, root, { recursive: true });
    try {
      const outcome = await traced([child.file, name, root], { call, what, nth, forever });
      look(outcome);
      await check(root, outcome.out === 'done');
      if (!outcome.fired) {
        expect(outcome.out).toBe('done');
        return nth - 1;
      }
    } catch (error) {
      throw new Error(`${what} at ${call} ${nth}: ${(error as Error).message}`, { cause: error });
    }
  }
}

describe.each(Object.keys(SCENARIOS))('%s', (name) => {
  for (const [error, calls] of [
    ['EIO', ['pwrite64', 'fsync', 'link', 'rename', 'unlink']],
    ['ENOSPC', ['pwrite64', 'fsync', 'link', 'rename', 'mkdir']],
  ] as const) {
    for (const forever of [false, true]) {
      const often = forever ? 'from the N-th call on' : 'at the N-th call';
      it(`cases 7 and 8: ${error} of the kernel ${often} is a typed error, and nothing is half-done`, async () => {
        let met = 0;
        for (const call of calls) {
          met += await everyCall(name, call, `error=${error}`, forever, ({ out }) => {
            // A failed link may mean that a storage has none: then a merge copies.
            expect(out).toMatch(/^(done$|(IO|CONFLICT|NOT_A_STORE|INCOMPLETE) )/);
          });
        }
        expect(met).toBeGreaterThan(name === 'delete' || name === 'rename' ? 1 : 4);
      });
    }
  }

  it('case 2: SIGKILL at every call of the kernel that changes a disk leaves the old state or the new one', async () => {
    let killed = 0;
    for (const call of CALLS) {
      killed += await everyCall(name, call, 'signal=KILL', false, () => undefined);
    }
    expect(killed).toBeGreaterThan(2);
  });
});
