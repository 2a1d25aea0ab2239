import { expect } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import { copyStore, deleteStore, mergeStore, mergeStores, renameStore } from '../../src/node/index.ts';
import { tree } from '../support/storage-tools.ts';
import { isWholeWithoutOrphans, stateOf } from '../support/store-state.ts';
import { fill, numbered, type Pair, SMALL_PARTITIONS } from '../support/stores.ts';

/** A piece of work on the stores below a root, and what may be there when it was interrupted somewhere. */
export interface Interrupted {
  readonly prepare: (root: string) => Promise<void>;
  /** Looks at what is there, and does it again unless it is done; `done` says that nothing came between. */
  readonly check: (root: string, done: boolean) => Promise<void>;
}

export const PAIRS: Pair[] = numbered(9, 'k', 300);
/** To be written where the first try came to nothing. */
export const OTHERS: Pair[] = numbered(4, 'other', 300);

/** What is merged into a store of {@link PAIRS}, by how their keys lie. */
export const ADDED: Readonly<Record<'disjoint' | 'overlapping', Pair[]>> = {
  disjoint: numbered(9, 'x', 300),
  overlapping: PAIRS.map(([key, value]): Pair => [`${key}-`, value]),
};

const preparePairs = async (root: string): Promise<void> => {
  await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
};

/** Writing a store: it is whole or absent, and another one can be written there. */
export async function checkWritten(uri: string, pairs: Pair[], done: boolean): Promise<void> {
  const state = await stateOf(uri);
  if (done || state !== 'absent') {
    expect(state).toEqual(pairs);
    await isWholeWithoutOrphans(uri, pairs);
    await deleteStore(uri);
  }
  await fill(uri, OTHERS, SMALL_PARTITIONS);
  await isWholeWithoutOrphans(uri, OTHERS);
}

/** Deleting `s`: it is whole or gone, and can be deleted again. */
export const deleting: Interrupted = {
  prepare: preparePairs,
  async check(root, done) {
    const state = await stateOf(`${root}/s`);
    if (done) expect(await tree(root)).toEqual([]);
    if (state !== 'absent') expect(state).toEqual(PAIRS);
    await deleteStore(`${root}/s`).catch((error: unknown) => {
      if (!isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE')) throw error;
    });
    expect((await tree(root)).filter((path) => path !== 's/')).toEqual([]);
  },
};

/** Renaming `s` to `below/t`: it is whole at one of the two. */
export const renaming: Interrupted = {
  prepare: preparePairs,
  async check(root, done) {
    const states = [await stateOf(`${root}/s`), await stateOf(`${root}/below/t`)];
    expect(states.filter((state) => state !== 'absent')).toEqual([PAIRS]);
    if (done) expect(states[0]).toBe('absent');
    if (states[1] === 'absent') await renameStore(`${root}/s`, `${root}/below/t`);
    await isWholeWithoutOrphans(`${root}/below/t`, PAIRS);
  },
};

/** Copying `s` to `t`: it stays, and there is a whole copy or one that can be resumed. */
export const copying: Interrupted = {
  prepare: preparePairs,
  async check(root, done) {
    expect(await stateOf(`${root}/s`)).toEqual(PAIRS);
    const copy = await stateOf(`${root}/t`);
    if (done || copy !== 'absent') expect(copy).toEqual(PAIRS);
    else await copyStore(`${root}/s`, `${root}/t`, { resume: true });
    await isWholeWithoutOrphans(`${root}/t`, PAIRS);
  },
};

/** A piece of work that replaces the store of {@link OTHERS} at `t` by one of `wanted`: it is whole, and one or the other. */
function replacing(
  wanted: Pair[],
  source: 's' | undefined,
  again: (root: string) => Promise<unknown>,
): Interrupted {
  return {
    async prepare(root) {
      if (source !== undefined) await preparePairs(root);
      await fill(`${root}/t`, OTHERS, SMALL_PARTITIONS);
    },
    async check(root, done) {
      const state = await stateOf(`${root}/t`);
      if (done || JSON.stringify(state) !== JSON.stringify(OTHERS)) expect(state).toEqual(wanted);
      else await again(root);
      await isWholeWithoutOrphans(`${root}/t`, wanted);
    },
  };
}

/** Writing a store where one is. */
const writingOver: Interrupted = replacing(PAIRS, undefined, (root) =>
  fill(`${root}/t`, PAIRS, { ...SMALL_PARTITIONS, replace: true }),
);

/** Copying `s` over `t`: it stays. */
const copyingOver: Interrupted = replacing(PAIRS, 's', (root) =>
  copyStore(`${root}/s`, `${root}/t`, { replace: true, resume: true }),
);

/** Renaming `s` to `t`: no entry of it is lost. */
const renamingOver: Interrupted = replacing(PAIRS, 's', (root) =>
  renameStore(`${root}/s`, `${root}/t`, { replace: true }),
);

/** Merging `s` and `t` into `t`. */
const mergingOver: Interrupted = replacing([...PAIRS, ...OTHERS], 's', (root) =>
  mergeStores([`${root}/s`, `${root}/t`], `${root}/t`, { replace: true }),
);

/** What replaces a store, by the names of its scenario. */
export const OVERS: Readonly<Record<'write-over' | 'copy-over' | 'rename-over' | 'merge-over', Interrupted>> =
  {
    'write-over': writingOver,
    'copy-over': copyingOver,
    'rename-over': renamingOver,
    'merge-over': mergingOver,
  };

function toMerge(added: Pair[]): { both: Pair[]; prepare: (root: string) => Promise<void> } {
  return {
    both: [...PAIRS, ...added].sort(([a], [b]) => (a < b ? -1 : 1)),
    async prepare(root) {
      await fill(`${root}/to`, PAIRS, SMALL_PARTITIONS);
      await fill(`${root}/from`, added, SMALL_PARTITIONS);
    },
  };
}

/** Merging `from` into `to`: no entry is lost. */
export function merging(added: Pair[]): Interrupted {
  const { both, prepare } = toMerge(added);
  return {
    prepare,
    async check(root, done) {
      const [to, from] = [await stateOf(`${root}/to`), await stateOf(`${root}/from`)];
      if (done) expect([to, from]).toEqual([both, 'absent']);
      if (JSON.stringify(to) !== JSON.stringify(both)) {
        expect([to, from]).toEqual([PAIRS, added]);
        await mergeStore(`${root}/from`, `${root}/to`);
      }
      await isWholeWithoutOrphans(`${root}/to`, both);
    },
  };
}

/** Merging `from` and `to` into `all`: they stay, and `all` is whole or absent. */
export function mergingIntoNew(added: Pair[]): Interrupted {
  const { both, prepare } = toMerge(added);
  return {
    prepare,
    async check(root, done) {
      expect(await stateOf(`${root}/to`)).toEqual(PAIRS);
      expect(await stateOf(`${root}/from`)).toEqual(added);
      const all = await stateOf(`${root}/all`);
      if (done || all !== 'absent') expect(all).toEqual(both);
      else await mergeStores([`${root}/from`, `${root}/to`], `${root}/all`);
      await isWholeWithoutOrphans(`${root}/all`, both);
    },
  };
}
