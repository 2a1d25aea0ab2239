// First, before the library takes hold of the functions that it replaces.
import '../support/fs-hooks.ts';

import { mkdirSync, rmSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import {
  copyStore,
  createStore,
  deleteStore,
  mergeStore,
  openStore,
  renameStore,
  storeInfo,
  sweepStores,
  verifyStore,
} from '../../src/node/index.ts';
import { failure } from '../support/failures.ts';
import { errno, type FsCall, type FsOutcome, openFiles, setFsHook } from '../support/fs-hooks.ts';
import { tree } from '../support/storage-tools.ts';
import { fill, numbered, type Pair, readAll, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type Outcome, outcomeOf } from './faults.ts';

const PAIRS = numbered(9, 'k', 300);
const base = temporaryDirectory();
let number = 0;
afterEach(() => setFsHook());
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** What can go wrong with any call; taken in turn. */
const CODES = ['EIO', 'ENOSPC', 'EMFILE', 'EACCES', 'EROFS', 'EDQUOT', 'ENOMEM', 'EPERM'];

interface Scenario {
  readonly prepare?: (root: string) => Promise<void>;
  readonly attempt: (root: string) => Promise<unknown>;
  readonly check: (root: string, outcome: Outcome<unknown>) => Promise<void>;
}

/** Lets every call of the file system fail in turn, once or for ever, each with another error. */
async function everyCall(forever: boolean, { prepare, attempt, check }: Scenario): Promise<void> {
  for (let at = 1; ; at++) {
    const root = `${base}/${number++}`;
    await prepare?.(root);
    let count = 0;
    let fired: FsCall | undefined;
    setFsHook((call): FsOutcome => {
      // Closing has a test of its own.
      if (call.operation.endsWith('close') || call.operation === 'closeSync') return undefined;
      count++;
      if (!(forever ? count >= at : count === at)) return undefined;
      fired ??= call;
      return errno(CODES[at % CODES.length], call.operation);
    }, root);
    const outcome = await outcomeOf(() => attempt(root));
    await new Promise(setImmediate);
    setFsHook();
    try {
      if ('error' in outcome && !isCairnError(outcome.error)) throw outcome.error;
      if (fired === undefined) expect(outcome).toHaveProperty('done');
      await check(root, outcome);
      if (!forever) expect(openFiles(root)).toEqual([]);
    } catch (error) {
      const what = `${fired?.operation} of ${fired?.path.slice(root.length)} with ${CODES[at % CODES.length]}`;
      throw new Error(`when call ${at} failed, ${what}: ${(error as Error).message}`, { cause: error });
    }
    rmSync(root, { recursive: true, force: true });
    if (fired !== undefined) continue;
    expect(at).toBeGreaterThan(8);
    return;
  }
}

async function stateOf(uri: string): Promise<Pair[] | 'absent'> {
  try {
    return await readAll(uri);
  } catch (error) {
    if (isCairnError(error, 'NOT_FOUND', 'INCOMPLETE', 'NOT_A_STORE')) return 'absent';
    throw error;
  }
}

for (const forever of [false, true]) {
  describe(`when a call of the file system fails ${forever ? 'from then on' : 'once'}`, () => {
    it('a store is whole or absent, and its path can be written again', async () => {
      await everyCall(forever, {
        attempt: (root) => fill(`${root}/s`, PAIRS, SMALL_PARTITIONS),
        async check(root, outcome) {
          const uri = `${root}/s`;
          const state = await stateOf(uri);
          if ('done' in outcome || state !== 'absent') {
            expect(state).toEqual(PAIRS);
            expect((await verifyStore(uri)).ok).toBe(true);
            await deleteStore(uri);
          }
          await fill(uri, PAIRS.slice(2), SMALL_PARTITIONS);
          await sweepStores(uri, { olderThanMs: 0 });
          expect(await readAll(uri)).toEqual(PAIRS.slice(2));
          expect((await tree(`${uri}/data`)).length).toBe((await storeInfo(uri)).partitions.length);
        },
      });
    });

    it('a writer that is cancelled after it leaves nothing in the way', async () => {
      await everyCall(forever, {
        async attempt(root) {
          const writer = await createStore(`${root}/s`, { ...TEXT, ...SMALL_PARTITIONS });
          try {
            await writer.putAll(PAIRS);
          } finally {
            await writer.cancel();
          }
        },
        async check(root) {
          expect(await stateOf(`${root}/s`)).toBe('absent');
          await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
          expect(await readAll(`${root}/s`)).toEqual(PAIRS);
        },
      });
    });

    it('a reader answers right or fails with IO, and right once it has passed', async () => {
      for (const cacheBytes of [0, 1 << 20]) {
        await everyCall(forever, {
          prepare: async (root) => void (await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS)),
          async attempt(root) {
            await using store = await openStore(`${root}/s`, { ...TEXT, cacheBytes });
            expect(await store.getMany(['k00008', 'none', 'k00000'])).toEqual([
              PAIRS[8][1],
              undefined,
              PAIRS[0][1],
            ]);
            expect(store.getSync('k00004')).toBe(PAIRS[4][1]);
            expect([...store]).toEqual(PAIRS);
          },
          async check(root, outcome) {
            if ('error' in outcome) expect((outcome.error as Error).message).toContain(root);
            expect(await readAll(`${root}/s`)).toEqual(PAIRS);
          },
        });
      }
    });

    it('a store that is deleted is whole or can be deleted', async () => {
      await everyCall(forever, {
        prepare: async (root) => void (await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS)),
        attempt: (root) => deleteStore(`${root}/s`),
        async check(root) {
          const state = await stateOf(`${root}/s`);
          if (state !== 'absent') expect(state).toEqual(PAIRS);
          await deleteStore(`${root}/s`).catch((error: unknown) => {
            if (!isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE')) throw error;
          });
          expect((await tree(root)).filter((path) => path !== 's/')).toEqual([]);
        },
      });
    });

    it('a store that is renamed is whole at one of the two paths', async () => {
      await everyCall(forever, {
        prepare: async (root) => void (await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS)),
        attempt: (root) => renameStore(`${root}/s`, `${root}/t`),
        async check(root, outcome) {
          const states = [await stateOf(`${root}/s`), await stateOf(`${root}/t`)];
          expect(states.filter((state) => state !== 'absent')).toEqual([PAIRS]);
          if ('done' in outcome) expect(states[0]).toBe('absent');
          if (states[1] === 'absent') await renameStore(`${root}/s`, `${root}/t`);
          expect(await readAll(`${root}/t`)).toEqual(PAIRS);
        },
      });
    });

    it('a store that is copied stays, and its copy is whole or can be resumed', async () => {
      await everyCall(forever, {
        prepare: async (root) => void (await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS)),
        attempt: (root) => copyStore(`${root}/s`, `${root}/t`),
        async check(root, outcome) {
          expect(await stateOf(`${root}/s`)).toEqual(PAIRS);
          const copy = await stateOf(`${root}/t`);
          if ('done' in outcome || copy !== 'absent') expect(copy).toEqual(PAIRS);
          else await copyStore(`${root}/s`, `${root}/t`, { resume: true });
          await sweepStores(`${root}/t`, { olderThanMs: 0 });
          expect(await readAll(`${root}/t`)).toEqual(PAIRS);
        },
      });
    });

    it('stores that are merged lose no entry', async () => {
      const few = PAIRS.slice(0, 5);
      const added = few.map(([key, value]): Pair => [`${key}-`, value]);
      const both = [...few, ...added].sort(([a], [b]) => (a < b ? -1 : 1));
      await everyCall(forever, {
        async prepare(root) {
          await fill(`${root}/to`, few, SMALL_PARTITIONS);
          await fill(`${root}/from`, added, SMALL_PARTITIONS);
        },
        attempt: (root) => mergeStore(`${root}/from`, `${root}/to`),
        async check(root) {
          const to = await stateOf(`${root}/to`);
          if (JSON.stringify(to) !== JSON.stringify(both)) {
            expect(to).toEqual(few);
            expect(await stateOf(`${root}/from`)).toEqual(added);
            await mergeStore(`${root}/from`, `${root}/to`);
          }
          await sweepStores(root, { olderThanMs: 0 });
          expect(await readAll(`${root}/to`)).toEqual(both);
        },
      });
    });
  });
}

it('a close that fails is an IO error like any other, and hides none', async () => {
  for (const operation of ['close', 'closeSync', 'handle.close']) {
    const root = `${base}/${operation}`;
    const hook = (call: FsCall): FsOutcome =>
      call.operation === operation ? errno('EIO', operation) : undefined;
    setFsHook(hook, root);
    const outcome = await outcomeOf(() => fill(`${root}/s`, PAIRS, SMALL_PARTITIONS));
    if ('error' in outcome) expect(outcome.error).toMatchObject({ code: 'IO' });
    setFsHook();
    await deleteStore(`${root}/s`).catch(() => undefined);
    await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
    setFsHook((call) => (call.operation === 'fstatSync' ? errno('ENOMEM', 'fstat') : hook(call)), root);
    expect(await failure(readAll(`${root}/s`), 'IO')).toMatchObject({ operation: 'stat' });
  }
});

it('reads that give fewer bytes than asked for are taken up where they ended', async () => {
  const root = `${base}/short-reads`;
  await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
  let short = 0;
  setFsHook(
    (call) =>
      /^read/.test(call.operation) && call.operation !== 'readdir' && ++short % 3 !== 0 ? 'short' : undefined,
    root,
  );
  expect(await readAll(`${root}/s`)).toEqual(PAIRS);
  await using store = await openStore(`${root}/s`, { ...TEXT, cacheBytes: 0 });
  for (const [key, value] of PAIRS) expect(store.getSync(key)).toBe(value);
  expect(short).toBeGreaterThan(10);
});

it('writes that take fewer bytes than given are taken up where they ended', async () => {
  const root = `${base}/short-writes`;
  let short = 0;
  setFsHook((call) => (call.operation.startsWith('write') && ++short % 4 !== 0 ? 'short' : undefined), root);
  await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
  expect(short).toBeGreaterThan(5);
  setFsHook();
  expect(await readAll(`${root}/s`)).toEqual(PAIRS);
  expect((await verifyStore(`${root}/s`)).ok).toBe(true);
});

it('a disk that takes nothing any more is an IO error, not an endless loop', async () => {
  const root = `${base}/no-writes`;
  setFsHook((call) => (call.operation.startsWith('write') ? 'nothing' : undefined), root);
  expect(await failure(fill(`${root}/s`, PAIRS, SMALL_PARTITIONS), 'IO')).toMatchObject({
    operation: 'write',
  });
});

it('a full disk says so, with advice, and leaves no store and no open file', async () => {
  const root = `${base}/full`;
  let written = 0;
  setFsHook(
    (call) => (call.operation.startsWith('write') && ++written > 2 ? errno('ENOSPC', 'write') : undefined),
    root,
  );
  const error = await failure(fill(`${root}/s`, PAIRS, SMALL_PARTITIONS), 'IO');
  expect(error).toMatchObject({ operation: 'write', transient: false });
  expect(error.message).toMatch(/disk is full/);
  await new Promise(setImmediate);
  setFsHook();
  expect(await stateOf(`${root}/s`)).toBe('absent');
});

it('too many open files is an IO error that says it may pass', async () => {
  const root = `${base}/many`;
  await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
  setFsHook((call) => (call.operation.startsWith('open') ? errno('EMFILE', 'open') : undefined), root);
  expect(await failure(openStore(`${root}/s`), 'IO')).toMatchObject({ operation: 'open', transient: true });
});

it('a failed fsync stays fatal, although the next one would succeed', async () => {
  for (const name of ['part-00000', 'part-00002', '.tmp']) {
    const root = `${base}/fsync-${name}`;
    let failed = false;
    setFsHook((call) => {
      if (failed || call.operation !== 'fsync' || !call.path.slice(root.length).includes(name))
        return undefined;
      failed = true;
      return errno('EIO', 'fsync');
    }, root);
    const writer = await createStore(`${root}/s`, { ...TEXT, ...SMALL_PARTITIONS });
    await writer.putAll(PAIRS).catch(() => undefined);
    expect(await failure(writer.close(), 'IO')).toMatchObject({ operation: 'fsync' });
    await failure(writer.close(), 'IO');
    expect(failed).toBe(true);
    expect(await stateOf(`${root}/s`)).toBe('absent');
  }
});

it('data is synced before the manifest is linked into place, and its directory after', async () => {
  const root = `${base}/order`;
  const log: string[] = [];
  setFsHook((call) => {
    log.push(`${call.operation} ${call.path.slice(root.length + 1)}`);
    return undefined;
  }, root);
  const info = await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
  setFsHook();
  const link = log.indexOf('link s/MANIFEST.json');
  const manifestSync = log.findIndex((line) => /^fsync s\/MANIFEST\.json\..*tmp$/.test(line));
  const dataSync = log.lastIndexOf('fsync s/data');
  expect(info.partitions.length).toBe(3);
  for (const { name } of info.partitions) {
    const synced = log.indexOf(`fsync s/data/${name}`);
    expect(log).toContain(`writeSync s/data/${name}`);
    expect(synced).toBeGreaterThan(log.lastIndexOf(`writeSync s/data/${name}`));
    expect(synced).toBeLessThan(dataSync);
  }
  expect(dataSync).toBeLessThan(manifestSync);
  expect(manifestSync).toBeLessThan(link);
  expect(log.lastIndexOf('fsync s')).toBeGreaterThan(link);
  // The names of new directories must survive, too.
  expect(log.indexOf('fsync s')).toBeLessThan(link);
  expect(log.some((line) => line === 'fsync ')).toBe(true);
});

it('directories that have to be made again are synced before the manifest is linked', async () => {
  const root = `${base}/made-again`;
  mkdirSync(root);
  const leaving = await createStore(`${root}/s`, { ...TEXT, ...SMALL_PARTITIONS });
  const staying = await createStore(`${root}/s`, { ...TEXT, ...SMALL_PARTITIONS });
  await leaving.cancel();
  const log: string[] = [];
  setFsHook((call) => {
    log.push(`${call.operation} ${call.path.slice(root.length)}`);
    return undefined;
  }, root);
  await staying.putAll(PAIRS);
  await staying.close();
  setFsHook();
  const link = log.indexOf('link /s/MANIFEST.json');
  expect(link).toBeGreaterThan(0);
  // The name of the data directory in the store's, and of that in its parent.
  expect(log.slice(0, link)).toContain('fsync /s');
  expect(log.slice(0, link)).toContain('fsync ');
});

it('a merge syncs the names of what it linked before the manifest names them', async () => {
  const root = `${base}/merge-order`;
  await fill(`${root}/to`, numbered(9, 'a', 300), SMALL_PARTITIONS);
  await fill(`${root}/from`, numbered(9, 'b', 300), SMALL_PARTITIONS);
  const log: string[] = [];
  setFsHook((call) => {
    log.push(`${call.operation} ${call.path.slice(root.length + 1).replace(/part-.*/, 'part')}`);
    return undefined;
  }, root);
  await mergeStore(`${root}/from`, `${root}/to`);
  setFsHook();
  const linked = log.lastIndexOf('link to/data/part');
  const replaced = log.indexOf('rename to/MANIFEST.json');
  expect(linked).toBeGreaterThan(0);
  expect(log.slice(linked, replaced)).toContain('fsync to/data');
  const removed = log.findIndex((line) => /^(rm|unlink) from\/MANIFEST\.json/.test(line));
  expect(log.slice(replaced, removed)).toContain('fsync to');
});

it('a rename across file systems is UNSUPPORTED with advice, and leaves all in place', async () => {
  const root = `${base}/device`;
  await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);
  setFsHook((call) => (call.operation === 'rename' ? errno('EXDEV', 'rename') : undefined), root);
  await failure(renameStore(`${root}/s`, `${root}/t`), 'UNSUPPORTED');
  setFsHook();
  expect(await tree(root)).not.toContain('t/');
  expect(await readAll(`${root}/s`)).toEqual(PAIRS);
});

it('where links are not to be had, a merge copies', async () => {
  for (const code of ['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK']) {
    const root = `${base}/link-${code}`;
    await fill(`${root}/to`, numbered(9, 'a', 300), SMALL_PARTITIONS);
    await fill(`${root}/from`, numbered(9, 'b', 300), SMALL_PARTITIONS);
    setFsHook(
      (call) => (call.operation === 'link' && call.path.includes('/data/') ? errno(code, 'link') : undefined),
      root,
    );
    await mergeStore(`${root}/from`, `${root}/to`);
    setFsHook();
    expect(await readAll(`${root}/to`)).toEqual([...numbered(9, 'a', 300), ...numbered(9, 'b', 300)]);
    expect((await verifyStore(`${root}/to`)).ok).toBe(true);
  }
});
