import { describe, expect, it } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import {
  copyStore,
  createStore,
  deleteStore,
  listStores,
  openStore,
  renameStore,
  type StoreReader,
  storeInfo,
  sweepStores,
  verifyStore,
} from '../../src/node/index.ts';
import { failure } from '../support/failures.ts';
import { removeFile, tree, writeFile } from '../support/storage-tools.ts';
import {
  collect,
  fill,
  numbered,
  open,
  type Pair,
  readAll,
  SMALL_PARTITIONS,
  TEXT,
} from '../support/stores.ts';
import { everyFault, KINDS, type Outcome, outcomeOf } from './faults.ts';

const URI = 'faulty:root/s';
const PAIRS = numbered(12, 'k', 300);
const OTHERS = numbered(5, 'x', 300);

/** What is at a URI: all of a store's pairs, or how their absence is told. */
async function stateOf(uri: string): Promise<Pair[] | 'absent'> {
  try {
    return await readAll(uri);
  } catch (error) {
    if (isCairnError(error, 'NOT_FOUND', 'INCOMPLETE', 'NOT_A_STORE')) return 'absent';
    throw error;
  }
}

/** The store is whole or absent; what is left of it does not block another writer; it can be removed. */
async function wholeOrAbsent(pairs: Pair[], mustBeWhole: boolean): Promise<void> {
  const state = await stateOf(URI);
  if (state !== 'absent' || mustBeWhole) expect(state).toEqual(pairs);
  if (state !== 'absent') {
    expect((await verifyStore(URI)).ok).toBe(true);
    await failure(createStore(URI), 'ALREADY_EXISTS');
    await deleteStore(URI);
  }
  await fill(URI, OTHERS, SMALL_PARTITIONS);
  expect(await readAll(URI)).toEqual(OTHERS);
  await sweepStores(URI, { olderThanMs: 0 });
  expect(await readAll(URI)).toEqual(OTHERS);
  await deleteStore(URI);
  expect(await tree('faulty:root')).toEqual([]);
}

/** Writes a store of pairs that come the other way round, by way of files. */
async function sortInto(uri: string, pairs: Pair[], options: { sortDirectory?: string }): Promise<void> {
  const writer = await createStore(uri, { ...TEXT, sort: true, sortBytes: 65_536, ...options });
  try {
    await writer.putAll([...pairs].reverse());
    await writer.close();
  } catch (error) {
    await writer.cancel().catch(() => undefined);
    throw error;
  }
}

describe.each(KINDS)('when an operation of the storage fails $name', (kind) => {
  it('`createStore()`, `put()` and `close()` leave a whole store or none', async () => {
    await everyFault(kind, {
      attempt: () => fill(URI, PAIRS, SMALL_PARTITIONS),
      check: (outcome) => wholeOrAbsent(PAIRS, 'done' in outcome),
    });
  });

  it('sorting leaves a whole store or none', async () => {
    const wide = numbered(12, 'k', 15_000);
    await everyFault(kind, {
      attempt: () => sortInto(URI, wide, {}),
      async check(outcome, storage) {
        expect(storage.openSources).toBe(0);
        await wholeOrAbsent(wide, 'done' in outcome);
      },
    });
  });

  it('sorting in another directory leaves a whole store or none, and only what sweep finds', async () => {
    const wide = numbered(12, 'k', 15_000);
    const elsewhere = 'faulty:elsewhere';
    await everyFault(kind, {
      attempt: () => sortInto(URI, wide, { sortDirectory: elsewhere }),
      async check(outcome) {
        await wholeOrAbsent(wide, 'done' in outcome);
        if ((await tree(elsewhere)).length > 0) await sweepStores(elsewhere, { olderThanMs: 0 });
        // At most an empty directory is left.
        expect((await tree(elsewhere)).filter((path) => !path.endsWith('/'))).toEqual([]);
      },
    });
  });

  it('`close()` that fails reports the same again, and completes nothing later', async () => {
    await everyFault(kind, {
      async attempt() {
        const writer = await createStore(URI, { ...TEXT, ...SMALL_PARTITIONS });
        for (const [key, value] of PAIRS) writer.put(key, value);
        const first = await outcomeOf(() => writer.close());
        const second = await outcomeOf(() => writer.close());
        expect(second).toEqual(first);
        await writer.cancel().catch(() => undefined);
        if ('error' in first) throw first.error;
      },
      check: (outcome) => wholeOrAbsent(PAIRS, 'done' in outcome),
    });
  });

  it('a writer that continues after failed puts loses no accepted entry', async () => {
    await everyFault(kind, {
      async attempt() {
        const writer = await createStore(URI, { ...TEXT, ...SMALL_PARTITIONS });
        const taken: Pair[] = [];
        for (const [key, value] of PAIRS) {
          try {
            const waiting = writer.put(key, value);
            taken.push([key, value]);
            await waiting;
          } catch (error) {
            if (!isCairnError(error, 'IO')) throw error;
          }
        }
        await writer.close();
        return taken;
      },
      async check(outcome) {
        if ('done' in outcome) {
          expect(await readAll(URI)).toEqual(outcome.done);
          await wholeOrAbsent(outcome.done, true);
          return;
        }
        const state = await stateOf(URI);
        if (state !== 'absent') expect(state).toEqual(PAIRS);
        await wholeOrAbsent(state === 'absent' ? [] : state, false);
      },
    });
  });

  it('`cancel()` leaves nothing that blocks another writer', async () => {
    await everyFault(kind, {
      async attempt() {
        const writer = await createStore(URI, { ...TEXT, ...SMALL_PARTITIONS });
        try {
          await writer.putAll(PAIRS);
        } finally {
          await writer.cancel();
        }
      },
      async check() {
        expect(await stateOf(URI)).toBe('absent');
        await wholeOrAbsent([], false);
      },
    });
  });

  it('readers answer right or fail with IO, and answer right once it has passed', async () => {
    for (const options of [{}, { cacheBytes: 0 }, { cacheBytes: 900 }, { verify: 'always' as const }]) {
      await everyFault(kind, {
        prepare: async () => void (await fill(URI, PAIRS, SMALL_PARTITIONS)),
        async attempt() {
          const store = await openStore(URI, { ...TEXT, ...options });
          try {
            return await interrogate(store);
          } finally {
            await store.close();
          }
        },
        async check(outcome, storage) {
          expect(storage.openSources).toBe(0);
          if ('done' in outcome) expect(outcome.done).toEqual(ANSWERS);
          else expect(outcome.error).toMatchObject({ code: 'IO', operation: expect.any(String) });
          expect(await readAll(URI)).toEqual(PAIRS);
        },
      });
    }
  });

  it('a reader that met a fault answers right afterwards: no failed read is remembered', async () => {
    for (const options of [{}, { cacheBytes: 0 }, { cacheBytes: 900 }, { verify: 'always' as const }]) {
      let store: StoreReader<string, string>;
      await everyFault(kind, {
        async prepare() {
          await fill(URI, PAIRS, SMALL_PARTITIONS);
          store = await openStore(URI, { ...TEXT, ...options });
        },
        attempt: () => interrogate(store),
        async check(outcome) {
          if ('error' in outcome) expect(outcome.error).toMatchObject({ code: 'IO' });
          expect(await interrogate(store)).toEqual(ANSWERS);
          await store.close();
        },
      });
    }
  });

  it('synchronous look-ups answer right or throw IO, and answer right afterwards', async () => {
    for (const options of [{}, { cacheBytes: 0 }, { cacheBytes: 900 }, { verify: 'always' as const }]) {
      let store: StoreReader<string, string>;
      await everyFault(kind, {
        async prepare() {
          await fill(URI, PAIRS, SMALL_PARTITIONS);
          store = await openStore(URI, { ...TEXT, ...options });
        },
        attempt: async () => interrogateSync(store),
        async check(outcome) {
          if ('error' in outcome) expect(outcome.error).toMatchObject({ code: 'IO' });
          expect(interrogateSync(store)).toEqual(ANSWERS);
          await store.close();
        },
      });
    }
  });

  it('`verifyStore()` reports or rejects, and finds nothing once it has passed', async () => {
    await everyFault(kind, {
      prepare: async () => void (await fill(URI, PAIRS, SMALL_PARTITIONS)),
      attempt: () => verifyStore(URI),
      async check(outcome, storage) {
        if ('done' in outcome && !outcome.done.ok) expect(outcome.done.problems[0].code).toBe('IO');
        expect(storage.openSources).toBe(0);
        expect((await verifyStore(URI)).ok).toBe(true);
      },
    });
  });

  it('`deleteStore()` can be taken up again where it was cut short', async () => {
    await everyFault(kind, {
      prepare: async () => void (await fill(URI, PAIRS, SMALL_PARTITIONS)),
      attempt: () => deleteStore(URI),
      async check(outcome) {
        const state = await stateOf(URI);
        if (state !== 'absent') expect(state).toEqual(PAIRS);
        if ('done' in outcome) {
          expect(await tree('faulty:root')).toEqual([]);
          return;
        }
        await wholeOrAbsent(PAIRS, false);
      },
    });
  });

  it('`renameStore()` leaves the store at one of the two paths, whole, and can be taken up again', async () => {
    const target = 'faulty:root/below/t';
    await everyFault(kind, {
      prepare: async () => void (await fill(URI, PAIRS, SMALL_PARTITIONS)),
      attempt: () => renameStore(URI, target),
      async check(outcome) {
        const [source, moved] = [await stateOf(URI), await stateOf(target)];
        expect([source, moved].filter((state) => state !== 'absent')).toEqual([PAIRS]);
        if ('done' in outcome) expect(moved).toEqual(PAIRS);
        if (source !== 'absent') await renameStore(URI, target);
        expect(await readAll(target)).toEqual(PAIRS);
        expect(await stateOf(URI)).toBe('absent');
      },
    });
  });

  it('`copyStore()` leaves its source, and a whole copy or none, and can be done again', async () => {
    const target = 'faulty:root/t';
    await everyFault(kind, {
      prepare: async () => void (await fill(URI, PAIRS, SMALL_PARTITIONS)),
      attempt: () => copyStore(URI, target),
      async check(outcome, storage) {
        expect(storage.openSources).toBe(0);
        expect(await readAll(URI)).toEqual(PAIRS);
        const state = await stateOf(target);
        if ('done' in outcome || state !== 'absent') expect(state).toEqual(PAIRS);
        else {
          // What could not be removed is in the way of a copy that wants nothing of it, and is taken up by one that does.
          await copyStore(URI, target, { resume: true });
          expect(await readAll(target)).toEqual(PAIRS);
        }
        await sweepStores(target, { olderThanMs: 0 });
        expect((await verifyStore(target)).ok).toBe(true);
        await deleteStore(target);
        expect(await tree('faulty:root')).not.toContain('t/');
      },
    });
  });

  it('a copy that is resumed is whole in the end, whatever fails on its way', async () => {
    const target = 'faulty:root/t';
    await everyFault(kind, {
      async prepare() {
        const { partitions } = await fill(URI, PAIRS, SMALL_PARTITIONS);
        await copyStore(URI, target);
        // As a copy is left that was cut short: one partition whole, one damaged, the others missing.
        await removeFile(`${target}/MANIFEST.json`);
        await writeFile(`${target}/data/${partitions[1].name}`, 'cut short');
        await removeFile(`${target}/data/${partitions[2].name}`);
      },
      attempt: () => copyStore(URI, target, { resume: true }),
      async check(outcome) {
        const state = await stateOf(target);
        if ('done' in outcome || state !== 'absent') expect(state).toEqual(PAIRS);
        else await copyStore(URI, target, { resume: true });
        expect(await readAll(target)).toEqual(PAIRS);
        expect(await readAll(URI)).toEqual(PAIRS);
      },
    });
  });

  it('`storeInfo()`, `listStores()` and `sweepStores()` change nothing that is whole', async () => {
    await everyFault(kind, {
      async prepare() {
        await fill(URI, PAIRS, SMALL_PARTITIONS);
        const abandoned = await createStore('faulty:root/left', { ...TEXT, ...SMALL_PARTITIONS });
        await abandoned.putAll(OTHERS);
        await new Promise(setImmediate);
      },
      async attempt() {
        await storeInfo(URI);
        const listed = await collect(listStores('faulty:root'));
        expect(listed.map(({ uri }) => uri)).toEqual([URI]);
        return sweepStores('faulty:root', { olderThanMs: 0 });
      },
      async check(outcome: Outcome<unknown>, storage) {
        expect(storage.openSources).toBe(0);
        expect(await readAll(URI)).toEqual(PAIRS);
        if ('error' in outcome) await sweepStores('faulty:root', { olderThanMs: 0 });
        // At most its empty directory is left, and that blocks nobody.
        expect(await tree('faulty:root/left')).toEqual([]);
        await fill('faulty:root/left', OTHERS);
        expect(await readAll(URI)).toEqual(PAIRS);
      },
    });
  });
});

const KEYS = [PAIRS[7][0], 'nothing', PAIRS[0][0], PAIRS[11][0]];

/** Uses a reader in every way that waits. */
async function interrogate(store: StoreReader<string, string>): Promise<unknown[]> {
  return [
    await store.get(PAIRS[3][0]),
    await store.getMany(KEYS),
    await store.floor('k00005x'),
    await store.count({ gte: PAIRS[2][0], lt: PAIRS[9][0] }),
    await store.at(-1),
    await collect(store.entries()),
    await collect(store.keys({ reverse: true, limit: 5 })),
    await Promise.all(PAIRS.map(([key]) => store.get(key))),
  ];
}

function interrogateSync(store: StoreReader<string, string>): unknown[] {
  return [
    store.getSync(PAIRS[3][0]),
    store.getManySync(KEYS),
    store.floorSync('k00005x'),
    store.countSync({ gte: PAIRS[2][0], lt: PAIRS[9][0] }),
    store.atSync(-1),
    [...store.entriesSync()],
    [...store.keysSync({ reverse: true, limit: 5 })],
    PAIRS.map(([key]) => store.getSync(key)),
  ];
}

const ANSWERS: unknown[] = [
  PAIRS[3][1],
  [PAIRS[7][1], undefined, PAIRS[0][1], PAIRS[11][1]],
  PAIRS[5],
  7,
  PAIRS[11],
  PAIRS,
  [...PAIRS]
    .reverse()
    .slice(0, 5)
    .map(([key]) => key),
  PAIRS.map(([, value]) => value),
];

it('the names of the fault kinds differ, so that each is run', () => {
  expect(new Set(KINDS.map(({ name }) => name)).size).toBe(KINDS.length);
  expect(open).toBeTypeOf('function');
});
