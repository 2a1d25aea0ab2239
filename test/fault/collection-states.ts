import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import {
  collectionInfo,
  deleteCollection,
  sweepCollection,
  verifyCollection,
} from '../../src/collection/index.ts';
import { isCairnError } from '../../src/errors.ts';
import { locateComplete } from '../support/locate-complete.ts';
import { tree } from '../support/storage-tools.ts';
import { COLLECTION_WORK, openTexts, wide } from './collection-scenarios.ts';
import type { Interrupted } from './interrupted.ts';

type Contents = Readonly<Record<string, string>>;

const sorted = (entries: Iterable<readonly [string, string]>): Contents =>
  Object.fromEntries([...new Map(entries)].sort(([a], [b]) => (a < b ? -1 : 1)));

/** Three versions: files, tombstones and small changes. */
async function prepare(uri: string): Promise<void> {
  await using collection = await openTexts(uri);
  await collection.commit(wide('a').map((set) => ({ set })));
  await collection.commit([{ set: ['k05', 'small'] }, { delete: 'k06' }]);
  await collection.commit(wide('z').map(([key, value]) => ({ set: [`${key}z`, value] })));
}

/** What commits that came to nothing have left: partition files, and versions that are not in place yet. */
async function leaveOrphans(uri: string): Promise<void> {
  const { storage, path } = locateComplete(uri);
  const bytes = new Uint8Array(1000);
  for (const word of ['0123456789abcdef', 'fedcba9876543210']) {
    await storage.replace(storage.join(path, `data/part-00000-${word}.cairn`), bytes);
    await storage.replace(storage.join(path, `versions/fffffffffffb-4.version.${word}.tmp`), bytes);
  }
}

const FIRST = sorted(wide('a'));
const BASE = sorted([
  ...wide('a').filter(([key]) => key !== 'k06'),
  ['k05', 'small'],
  ...wide('z').map(([key, value]): [string, string] => [`${key}z`, value]),
]);
const WITH_A = sorted([...Object.entries(BASE), ['a', '1']]);
const WITH_B = sorted([...Object.entries(WITH_A), ...wide('b')]);
const WITH_C = sorted([...Object.entries(WITH_B).filter(([key]) => key < 'k10'), ['c', '1!']]);

/** By the name of the work: the contents before it, and after each of its steps. */
const STATES: Readonly<Record<string, readonly Contents[]>> = {
  'collection-make': [{}, { first: '1' }],
  'collection-commit': [BASE, WITH_A, WITH_B, WITH_C],
  'collection-replace': [BASE, { only: 'this' }, FIRST],
  'collection-compact': [BASE],
  'collection-sweep': [BASE],
};

async function contentsOf(uri: string): Promise<Contents> {
  await using collection = await openTexts(uri);
  const entries: [string, string][] = [];
  for await (const entry of collection.entries()) entries.push(entry);
  return Object.fromEntries(entries);
}

/**
 * What is left is the state after the steps that were answered, or after one more; nothing is damaged; a sweep removes all
 * that no version names; and others go on.
 */
async function checkSteps(name: string, uri: string, answered: number, done: boolean): Promise<void> {
  const states = STATES[name];
  const contents = await contentsOf(uri);
  const text = JSON.stringify(contents);
  const at = states.findIndex((state) => JSON.stringify(state) === text);
  expect(at, `${answered} steps were answered`).toBeGreaterThanOrEqual(done ? states.length - 1 : answered);
  expect(at).toBeLessThanOrEqual(answered + 1);
  expect(await verifyCollection(uri)).toMatchObject({ ok: true });
  await sweepCollection(uri, { olderThanMs: 0 });
  expect(await sweepCollection(uri, { olderThanMs: 0 })).toEqual([]);
  expect((await tree(uri)).filter((path) => path.endsWith('.tmp'))).toEqual([]);
  expect(await verifyCollection(uri)).toMatchObject({ ok: true });
  const { version } = await collectionInfo(uri);
  {
    await using collection = await openTexts(uri);
    expect((await collection.set('zz', 'after')).version).toBe(version + 1);
  }
  expect(await contentsOf(uri)).toEqual({ ...contents, zz: 'after' });
}

/** A deletion leaves the whole collection or none, and can be done again. */
async function checkDeletion(uri: string, done: boolean): Promise<void> {
  let state: Contents | undefined;
  try {
    await using collection = await openTexts(uri, true);
    state = {};
    for await (const [key, value] of collection.entries()) state = { ...state, [key]: value };
  } catch (error) {
    if (!isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE')) throw error;
  }
  if (done) expect(state).toBeUndefined();
  if (state !== undefined) expect(state).toEqual(BASE);
  await deleteCollection(uri).catch((error: unknown) => {
    if (!isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE')) throw error;
  });
  // The file that versions begin with may be left alone, as by a killed maker: a collection can be made there.
  expect((await tree(uri)).filter((path) => !/\/$|^versions\/f{12}-0-/.test(path))).toEqual([]);
  await prepare(uri);
  expect(await contentsOf(uri)).toEqual(BASE);
}

/** What each piece of work may leave of the collection `c` below a root, wherever it was interrupted. */
export const COLLECTION_INTERRUPTED: Readonly<
  Record<string, Interrupted & { checkAnswered(uri: string, answered: number, done: boolean): Promise<void> }>
> = Object.fromEntries(
  Object.keys(COLLECTION_WORK).map((name) => {
    const checkAnswered = (uri: string, answered: number, done: boolean): Promise<void> =>
      name === 'collection-delete' ? checkDeletion(uri, done) : checkSteps(name, uri, answered, done);
    return [
      name,
      {
        async prepare(root) {
          if (name !== 'collection-make') await prepare(`${root}/c`);
          // Something for the sweep: the files of a commit that came to nothing.
          if (name === 'collection-sweep') await leaveOrphans(`${root}/c`);
        },
        checkAnswered,
        check: (root, done) =>
          checkAnswered(
            `${root}/c`,
            existsSync(`${root}/answered`) ? readFileSync(`${root}/answered`).length : 0,
            done,
          ),
      },
    ];
  }),
);
