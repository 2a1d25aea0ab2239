// First, before the library takes hold of the functions that it replaces.
import '../support/fs-hooks.ts';

import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CairnErrorCode, isCairnError } from '../../src/errors.ts';
import {
  copyStore,
  createStore,
  deleteStore,
  listStores,
  mergeStore,
  mergeStores,
  openStore,
  renameStore,
  salvageStore,
  storeInfo,
  sweepStores,
} from '../../src/node/index.ts';
import { errno, type FsCall, setFsHook } from '../support/fs-hooks.ts';
import { tree } from '../support/storage-tools.ts';
import { stateOf } from '../support/store-state.ts';
import { collect, fill, numbered, type Pair, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

// What each operation does on a file system that lacks something: it is done, or fails with a code; and what a sweep finds
// to remove afterwards, when nothing is lacking any more. Whatever comes, no entry is lost.

const A = numbered(9, 'a', 300);
const B = numbered(9, 'b', 300);
/** With A, so that partitions have to be rewritten. */
const BETWEEN = A.map(([key, value]): Pair => [`${key}-`, value]);
const sorted = (...lists: Pair[][]): Pair[] => lists.flat().sort(([a], [b]) => (a < b ? -1 : 1));

interface Operation {
  readonly work: (root: string) => Promise<unknown>;
  /** What stores there are when it is done, by name. */
  readonly done: Readonly<Record<string, Pair[]>>;
}

/** Below a root with the stores `a`, `b`, `between`, the orphan of a killed writer, and a directory `other`. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  create: { work: (root) => fill(`${root}/new`, A, SMALL_PARTITIONS), done: { new: A } },
  sort: {
    async work(root) {
      const writer = await createStore(`${root}/new`, { ...TEXT, sort: true, sortBytes: 65_536 });
      for (const [key, value] of numbered(400, 'k', 1000).reverse()) await writer.put(key, value);
      await writer.close();
    },
    done: { new: numbered(400, 'k', 1000) },
  },
  cancel: {
    async work(root) {
      const writer = await createStore(`${root}/new`, { ...TEXT, ...SMALL_PARTITIONS });
      await writer.putAll(A);
      await writer.cancel();
    },
    done: {},
  },
  delete: { work: (root) => deleteStore(`${root}/a`), done: { a: [] } },
  rename: { work: (root) => renameStore(`${root}/a`, `${root}/new`), done: { a: [], new: A } },
  copy: { work: (root) => copyStore(`${root}/a`, `${root}/new`), done: { new: A } },
  merge: { work: (root) => mergeStore(`${root}/b`, `${root}/a`), done: { a: sorted(A, B), b: [] } },
  'merge, rewriting': {
    work: (root) => mergeStore(`${root}/between`, `${root}/a`),
    done: { a: sorted(A, BETWEEN), between: [] },
  },
  mergeStores: {
    work: (root) => mergeStores([`${root}/a`, `${root}/b`], `${root}/new`),
    done: { new: sorted(A, B) },
  },
  salvage: { work: (root) => salvageStore(`${root}/a`, `${root}/new`), done: { new: A } },
  sweep: {
    async work(root) {
      expect((await sweepStores(root, { olderThanMs: 0 })).length).toBe(1);
    },
    done: {},
  },
  list: {
    async work(root) {
      expect((await collect(listStores(root))).map(({ count }) => count)).toEqual([9, 9, 9]);
    },
    done: {},
  },
};

type Outcome = 'done' | CairnErrorCode;

interface Lack {
  /** The error of a call, if it is one of those that fail. */
  readonly fails: (call: FsCall, root: string) => string | undefined;
  /** What comes of each operation; done unless it is named. */
  readonly outcomes?: Readonly<Record<string, Outcome>>;
  /** How many files a sweep finds afterwards; none unless it is named. The orphan that was there does not count. */
  readonly left?: Readonly<Record<string, number>>;
}

const isTemporary = (path: string): boolean => path.endsWith('.tmp');
const isPartition = (path: string): boolean => path.endsWith('.cairn');
const isRemoval = ({ operation }: FsCall): boolean => operation === 'rm' || operation === 'unlink';
const isDirectorySync = ({ operation, path }: FsCall): boolean =>
  operation === 'fsync' && statSync(path).isDirectory();

const LACKS: Readonly<Record<string, Lack>> = {
  ...Object.fromEntries(
    ['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK', 'EXDEV'].map((code) => [
      `no hard links: ${code}`,
      { fails: ({ operation }: FsCall) => (operation === 'link' ? code : undefined) },
    ]),
  ),
  ...Object.fromEntries(
    ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EPERM', 'EACCES'].map((code) => [
      `no syncing of directories: ${code}`,
      { fails: (call: FsCall) => (isDirectorySync(call) ? code : undefined) },
    ]),
  ),
  'neither links nor syncing of directories': {
    fails: (call) => (call.operation === 'link' || isDirectorySync(call) ? 'ENOTSUP' : undefined),
  },
  // As Node does it under its permission model.
  'no fsync at all': {
    fails: ({ operation }) => (/sync$/.test(operation) ? 'ERR_ACCESS_DENIED' : undefined),
  },
  'directories that fail when they are synced': {
    fails: (call) => (isDirectorySync(call) ? 'EIO' : undefined),
    outcomes: {
      create: 'IO',
      sort: 'IO',
      cancel: 'IO',
      // The rename has taken place, and may not survive a crash.
      rename: 'IO',
      delete: 'IO',
      copy: 'IO',
      merge: 'IO',
      'merge, rewriting': 'IO',
      mergeStores: 'IO',
      salvage: 'IO',
    },
    // Its manifest is gone, and may come back in a crash: it needs its files.
    left: { delete: 3 },
  },
  'temporary files that can not be removed': {
    fails: (call) => (isRemoval(call) && isTemporary(call.path) ? 'EBUSY' : undefined),
    // Of a merge into a store, the claim on its manifest.
    left: { create: 1, sort: 1, copy: 1, merge: 1, 'merge, rewriting': 1, mergeStores: 1, salvage: 1 },
  },
  'temporary files that can not be removed, without hard links': {
    fails: (call) =>
      call.operation === 'link' ? 'EPERM' : isRemoval(call) && isTemporary(call.path) ? 'EBUSY' : undefined,
    // The claim: a file that was renamed is not there any more.
    left: { create: 1, sort: 1, copy: 1, merge: 1, 'merge, rewriting': 1, mergeStores: 1, salvage: 1 },
  },
  'files that can not be removed': {
    fails: (call) => (isRemoval(call) ? 'EPERM' : undefined),
    outcomes: { cancel: 'IO', delete: 'IO', merge: 'IO', 'merge, rewriting': 'IO', sweep: 'IO' },
    // Runs and a temporary manifest; partitions of the writer; the claim, and the old partitions of `a`.
    left: {
      create: 1,
      sort: 11,
      cancel: 3,
      copy: 1,
      merge: 1,
      mergeStores: 1,
      salvage: 1,
      'merge, rewriting': 3,
    },
  },
  'partitions that can not be removed': {
    fails: (call) => (isRemoval(call) && isPartition(call.path) ? 'EPERM' : undefined),
    // The manifest of what is deleted is gone: no store is there.
    outcomes: { cancel: 'IO', delete: 'IO', sweep: 'IO' },
    left: { sort: 10, cancel: 3, delete: 3, merge: 3, 'merge, rewriting': 5 },
  },
  'directories that can not be removed': {
    fails: ({ operation }) => (operation === 'rmdir' ? 'EPERM' : undefined),
    // A directory that a sweep can't remove holds no files of ours any more.
    outcomes: { cancel: 'IO', delete: 'IO' },
  },
  'files that can not be replaced, because somebody has them open': {
    fails: ({ operation, path }) =>
      operation === 'rename' && path.endsWith('MANIFEST.json') && existsSync(path) ? 'EPERM' : undefined,
    outcomes: { merge: 'IO', 'merge, rewriting': 'IO' },
  },
  'directories that can not be renamed': {
    fails: ({ operation, path }) =>
      operation === 'rename' && !path.endsWith('.json') ? 'ENOSYS' : undefined,
    outcomes: { rename: 'UNSUPPORTED' },
  },
  'a directory beside the stores that may not be entered': {
    fails: ({ operation, path }, root) =>
      path.startsWith(`${root}/other/`) || (path === `${root}/other` && !operation.endsWith('stat'))
        ? 'EACCES'
        : undefined,
  },
  'a directory above the stores that may not be read': {
    fails: ({ operation, path }, root) => (operation === 'openSync' && path === root ? 'EACCES' : undefined),
  },
};

let root: string;
beforeEach(async () => {
  root = temporaryDirectory();
  await fill(`${root}/a`, A, SMALL_PARTITIONS);
  await fill(`${root}/b`, B, SMALL_PARTITIONS);
  await fill(`${root}/between`, BETWEEN, SMALL_PARTITIONS);
  mkdirSync(`${root}/other`);
  const orphan = await createStore(`${root}/orphan`, { ...TEXT, ...SMALL_PARTITIONS });
  await orphan.put('a', 'x');
});
afterEach(() => {
  setFsHook();
  rmSync(root, { recursive: true, force: true });
});

for (const [lack, { fails, outcomes = {}, left = {} }] of Object.entries(LACKS)) {
  describe(`on a file system with ${lack}`, () => {
    for (const [name, { work, done }] of Object.entries(OPERATIONS)) {
      const expected = outcomes[name] ?? 'done';
      it(`${name}: ${expected}, and ${left[name] ?? 0} files are left to sweep`, async () => {
        const before = { a: A, b: B, between: BETWEEN, new: [] };
        setFsHook((call) => {
          const code = fails(call, root);
          return code === undefined ? undefined : errno(code, call.operation);
        }, root);
        const outcome = await work(root).then(() => 'done', codeOf);
        setFsHook();
        expect(outcome).toBe(expected);
        const state = Object.fromEntries(
          await Promise.all(
            Object.keys(before).map(async (store) => [store, await pairsOf(`${root}/${store}`)]),
          ),
        );
        if (expected === 'done') expect(state).toEqual({ ...before, ...done });
        else expect(isNoneLost(state, before)).toBe(true);
        const swept = await sweepStores(root, { olderThanMs: 0 });
        const orphans = swept.filter(({ uri }) => !uri.startsWith(`${root}/orphan`));
        expect(orphans.map(({ uri }) => uri.slice(root.length)).length).toBe(left[name] ?? 0);
        await isAsGoodAsNew();
      });
    }
  });
}

function codeOf(error: unknown): string {
  if (!isCairnError(error)) throw error;
  return error.code;
}

async function pairsOf(uri: string): Promise<Pair[]> {
  const state = await stateOf(uri);
  return state === 'absent' ? [] : state;
}

/** Whether every entry that was in a store is in one. */
function isNoneLost(state: Record<string, Pair[]>, before: Record<string, Pair[]>): boolean {
  const keys = new Set(Object.values(state).flatMap((pairs) => pairs.map(([key]) => key)));
  const whole = (pairs: Pair[]): boolean => pairs.every(([key]) => keys.has(key));
  // What was deleted may be gone.
  return whole(before.b) && whole(before.between);
}

/** Once nothing is lacking, stores can be written, deleted and listed at all the paths that were touched. */
async function isAsGoodAsNew(): Promise<void> {
  for (const store of ['a', 'b', 'new']) {
    const uri = `${root}/${store}`;
    await deleteStore(uri).catch((error: unknown) => {
      if (!isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE')) throw error;
    });
    await fill(uri, A, SMALL_PARTITIONS);
    expect((await storeInfo(uri)).count).toBe(9);
    expect((await tree(uri)).length).toBe(5);
    expect(await openStore(uri, TEXT).get('a00000')).toBe(A[0][1]);
  }
}
