import { expect, it } from 'vitest';
import { MemoryStorage } from '../../src/io/memory.ts';
import {
  createStore,
  deleteStore,
  mergeStore,
  mergeStores,
  openStore,
  renameStore,
  sweepStores,
  verifyStore,
} from '../../src/node/index.ts';
import { failure, rejection } from '../support/failures.ts';
import { FaultyStorage, type StorageOperation } from '../support/faulty-storage.ts';
import { tree } from '../support/storage-tools.ts';
import {
  collect,
  fill,
  fillSized,
  numbered,
  open,
  pairsOf,
  readAll,
  SMALL_PARTITIONS,
  TEXT,
} from '../support/stores.ts';

const ROOT = 'faulty:root';
const DAY = 24 * 60 * 60 * 1000;

/** Does something just before the next operation of that kind on a path that ends so. */
function before(
  storage: FaultyStorage,
  operation: StorageOperation,
  ending: string,
  act: () => Promise<unknown>,
): () => boolean {
  let done = false;
  storage.watcher = async (what, path) => {
    if (done || what !== operation || !path.endsWith(ending)) return;
    done = true;
    storage.watcher = undefined;
    await act();
  };
  return () => done;
}

it('a store renamed while it is opened is opened, or NOT_FOUND: it is not damaged', async () => {
  const storage = new FaultyStorage().register();
  await fillSized(`${ROOT}/s`, 'three partitions');
  const acted = before(storage, 'open', '.cairn', () => renameStore(`${ROOT}/s`, `${ROOT}/t`));
  const outcome = await readAll(`${ROOT}/s`).catch((error: unknown) => error);
  expect(acted()).toBe(true);
  if (Array.isArray(outcome)) expect(outcome).toEqual(pairsOf('three partitions'));
  else expect(outcome).toMatchObject({ code: 'NOT_FOUND' });
  expect(storage.openSources).toBe(0);
});

it('a store deleted while it is opened is opened, or NOT_FOUND or INCOMPLETE: it is not damaged', async () => {
  const storage = new FaultyStorage().register();
  await fillSized(`${ROOT}/s`, 'three partitions');
  const acted = before(storage, 'open', '.cairn', () => deleteStore(`${ROOT}/s`));
  const outcome = await readAll(`${ROOT}/s`).catch((error: unknown) => error);
  expect(acted()).toBe(true);
  if (Array.isArray(outcome)) expect(outcome).toEqual(pairsOf('three partitions'));
  else expect(['NOT_FOUND', 'INCOMPLETE']).toContain((outcome as { code: string }).code);
  expect(storage.openSources).toBe(0);
});

it('a store merged into while it is opened is opened in its old or its new state', async () => {
  const storage = new FaultyStorage().register();
  const added = pairsOf('three partitions').map(([key, value]): [string, string] => [`${key}-`, value]);
  await fillSized(`${ROOT}/to`, 'three partitions');
  await fill(`${ROOT}/from`, added, SMALL_PARTITIONS);
  const acted = before(storage, 'open', '.cairn', () => mergeStore(`${ROOT}/from`, `${ROOT}/to`));
  const pairs = await readAll(`${ROOT}/to`);
  expect(acted()).toBe(true);
  expect([9, 18]).toContain(pairs.length);
});

it('a store built anew while it is opened is opened in one of its two states', async () => {
  const storage = new FaultyStorage().register();
  const [old, young] = [numbered(9, 'k', 300), numbered(9, 'k', 301)];
  await fill(`${ROOT}/s`, old, SMALL_PARTITIONS);
  const acted = before(storage, 'open', '.cairn', async () => {
    await deleteStore(`${ROOT}/s`);
    await fill(`${ROOT}/s`, young, SMALL_PARTITIONS);
  });
  const pairs = await readAll(`${ROOT}/s`);
  expect(acted()).toBe(true);
  expect([old, young]).toContainEqual(pairs);
});

it('`mergeStore()` notices that its target changed meanwhile, and loses nothing', async () => {
  const storage = new FaultyStorage().register();
  for (const name of ['a', 'b', 'c']) await fill(`${ROOT}/${name}`, numbered(5, name, 300), SMALL_PARTITIONS);
  const acted = before(storage, 'link', '.cairn', () => mergeStore(`${ROOT}/c`, `${ROOT}/a`));
  const outcome = await mergeStore(`${ROOT}/b`, `${ROOT}/a`).catch((error: unknown) => error);
  expect(acted()).toBe(true);
  const merged = await readAll(`${ROOT}/a`);
  if (outcome instanceof Error) {
    expect(outcome).toMatchObject({ code: 'CONFLICT' });
    expect(merged).toEqual([...numbered(5, 'a', 300), ...numbered(5, 'c', 300)]);
    expect(await readAll(`${ROOT}/b`)).toEqual(numbered(5, 'b', 300));
    await mergeStore(`${ROOT}/b`, `${ROOT}/a`);
  }
  expect((await readAll(`${ROOT}/a`)).length).toBe(15);
  expect((await verifyStore(`${ROOT}/a`)).ok).toBe(true);
});

it('`mergeStores()` is refused where another writer is first, and leaves what that one wrote', async () => {
  const storage = new FaultyStorage().register();
  for (const name of ['a', 'b']) await fill(`${ROOT}/${name}`, numbered(5, name, 300), SMALL_PARTITIONS);
  const others = numbered(3, 'z');
  const acted = before(storage, 'putIfAbsent', 'to/MANIFEST.json', () => fill(`${ROOT}/to`, others));
  await failure(mergeStores([`${ROOT}/a`, `${ROOT}/b`], `${ROOT}/to`), 'ALREADY_EXISTS');
  expect(acted()).toBe(true);
  expect(await readAll(`${ROOT}/to`)).toEqual(others);
  expect((await tree(`${ROOT}/to/data`)).length).toBe(1);
  expect(await readAll(`${ROOT}/a`)).toEqual(numbered(5, 'a', 300));
  expect(storage.openSources).toBe(0);
});

it('a signal that is aborted while `createStore()` makes its directories cancels the writer', async () => {
  for (const operation of ['kind', 'makeDirectory'] as const) {
    for (const ending of operation === 'kind' ? ['root/s'] : ['root/s', '/data']) {
      const storage = new FaultyStorage().register();
      const abort = new AbortController();
      const reason = new Error(`aborted before ${operation} of ${ending}`);
      before(storage, operation, ending, async () => abort.abort(reason));
      const writing = async (): Promise<void> => {
        const writer = await createStore(`${ROOT}/s`, { ...TEXT, signal: abort.signal });
        writer.put('a', '1');
        await writer.close();
      };
      expect(await rejection(writing)).toBe(reason);
      await failure(openStore(`${ROOT}/s`), 'NOT_FOUND', 'INCOMPLETE', 'NOT_A_STORE');
      await fill(`${ROOT}/s`, numbered(3));
      expect(await readAll(`${ROOT}/s`)).toEqual(numbered(3));
    }
  }
});

it('a signal that is aborted while `openStore()` reads rejects with its reason, and nothing stays open', async () => {
  for (const ending of ['MANIFEST.json', '.cairn']) {
    const storage = new FaultyStorage().register();
    await fillSized(`${ROOT}/s`, 'three partitions');
    const abort = new AbortController();
    const reason = new Error(`aborted at ${ending}`);
    const acted = before(storage, 'open', ending, async () => abort.abort(reason));
    const outcome = await openStore(`${ROOT}/s`, { ...TEXT, signal: abort.signal }).catch(
      (error: unknown) => error,
    );
    expect(acted()).toBe(true);
    expect(outcome).toBe(reason);
    expect(storage.openSources).toBe(0);
  }
});

it('`sweepStores()` spares what a writer at work has made, even before its first entry', async () => {
  let now = 1000 * DAY;
  new FaultyStorage(new MemoryStorage(() => now)).register();
  const host = { uniqueName: () => 'x', now: () => now };
  const writer = await createStore(`${ROOT}/s`, { ...TEXT, ...SMALL_PARTITIONS });
  now += 1000;
  await sweepStores(ROOT, {}, host);
  for (const [key, value] of numbered(20, 'k', 300)) {
    await writer.put(key, value);
    await sweepStores(ROOT, {}, host);
  }
  await writer.close();
  expect(await readAll(`${ROOT}/s`)).toEqual(numbered(20, 'k', 300));
});

it('`sweepStores()` spares what a merge at work has put into place', async () => {
  let now = 1000 * DAY;
  const storage = new FaultyStorage(new MemoryStorage(() => now)).register();
  const host = { uniqueName: () => 'x', now: () => now };
  await fill(`${ROOT}/to`, numbered(9, 'a', 300), SMALL_PARTITIONS);
  await fill(`${ROOT}/from`, numbered(9, 'b', 300), SMALL_PARTITIONS);
  // The stores are old; the merge is not.
  now += 30 * DAY;
  const acted = before(storage, 'replace', 'MANIFEST.json', () => sweepStores(ROOT, {}, host));
  await mergeStore(`${ROOT}/from`, `${ROOT}/to`);
  expect(acted()).toBe(true);
  expect(await readAll(`${ROOT}/to`)).toEqual([...numbered(9, 'a', 300), ...numbered(9, 'b', 300)]);
});

it('`sweepStores()` removes what is old, spares what is young, and tells before it acts with `dryRun`', async () => {
  let now = 1000 * DAY;
  new FaultyStorage(new MemoryStorage(() => now)).register();
  const host = { uniqueName: () => 'x', now: () => now };
  await fillSized(`${ROOT}/whole`, 'three partitions');
  const old = await createStore(`${ROOT}/old`, { ...TEXT, ...SMALL_PARTITIONS });
  await old.putAll(numbered(9, 'k', 300));
  const within = await createStore(`${ROOT}/within`, { ...TEXT, ...SMALL_PARTITIONS });
  await within.putAll(numbered(9, 'k', 300));
  await fillSized(`${ROOT}/within`, 'two pairs');
  await new Promise(setImmediate);
  now += 2 * DAY;
  const young = await createStore(`${ROOT}/young`, { ...TEXT, ...SMALL_PARTITIONS });
  await young.putAll(numbered(9, 'k', 300));
  await new Promise(setImmediate);
  const before = await tree(ROOT);
  const planned = await sweepStores(ROOT, { dryRun: true }, host);
  expect(await tree(ROOT)).toEqual(before);
  expect(planned.length).toBe(6);
  for (const { uri, bytes, ageMs } of planned) {
    expect(uri).toMatch(/old|within/);
    expect(ageMs).toBe(2 * DAY);
    expect(bytes).toBeGreaterThanOrEqual(0);
  }
  expect(await sweepStores(ROOT, { olderThanMs: 3 * DAY }, host)).toEqual([]);
  expect(await tree(ROOT)).toEqual(before);
  expect((await sweepStores(ROOT, {}, host)).map(({ uri }) => uri).sort()).toEqual(
    planned.map(({ uri }) => uri).sort(),
  );
  expect(await tree(ROOT)).not.toContain('old/');
  expect(await readAll(`${ROOT}/whole`)).toEqual(pairsOf('three partitions'));
  expect(await readAll(`${ROOT}/within`)).toEqual(pairsOf('two pairs'));
  expect((await tree(`${ROOT}/within/data`)).length).toBe(1);
  await young.close();
  expect((await readAll(`${ROOT}/young`)).length).toBe(9);
  expect(await sweepStores(ROOT, { olderThanMs: 0 }, host)).toEqual([]);
});

it('`sweepStores()` passes over a store whose manifest is damaged, and sweeps the others', async () => {
  const storage = new FaultyStorage().register();
  await fillSized(`${ROOT}/broken`, 'three partitions');
  await storage.inner.replace('root/broken/MANIFEST.json', new TextEncoder().encode('{}'));
  for (const name of ['a', 'z']) {
    const left = await createStore(`${ROOT}/${name}`, { ...TEXT, ...SMALL_PARTITIONS });
    await left.putAll(numbered(9, 'k', 300));
  }
  await new Promise(setImmediate);
  const kept = await tree(`${ROOT}/broken`);
  await sweepStores(ROOT, { olderThanMs: 0 });
  expect(await tree(`${ROOT}/broken`)).toEqual(kept);
  expect((await tree(ROOT)).filter((path) => /^[az]\//.test(path))).toEqual([]);
});

it('`sweepStores()` of a missing root is NOT_FOUND, and touches nothing that is not ours', async () => {
  const storage = new FaultyStorage().register();
  await failure(sweepStores(`${ROOT}/none`), 'NOT_FOUND');
  await fillSized(`${ROOT}/s`, 'two pairs');
  await storage.inner.replace('root/s/notes.txt', new Uint8Array(3));
  await storage.inner.makeDirectory('root/other/data');
  await storage.inner.replace('root/other/data/precious.bin', new Uint8Array(3));
  await storage.inner.makeDirectory('root/plain');
  await storage.inner.replace('root/plain/precious.cairn', new Uint8Array(3));
  const before = await tree(ROOT);
  expect(await sweepStores(ROOT, { olderThanMs: 0 })).toEqual([]);
  expect(await tree(ROOT)).toEqual(before);
  for (const olderThanMs of [-1, Number.NaN, '1' as unknown as number]) {
    await failure(sweepStores(ROOT, { olderThanMs }), 'INVALID_ARGUMENT');
  }
});

it('a `put()` returns a promise when the storage is slow, and a caller who waits for none loses nothing', async () => {
  const storage = new FaultyStorage().register();
  const gates: (() => void)[] = [];
  const slow = storage.create.bind(storage);
  storage.create = (path) => {
    const sink = slow(path);
    return {
      write: (bytes) => {
        sink.write(bytes);
        return new Promise<void>((resolve) => gates.push(resolve));
      },
      finish: () => sink.finish(),
      abort: () => sink.abort(),
    };
  };
  const writer = await createStore(`${ROOT}/s`, { ...TEXT, ...SMALL_PARTITIONS });
  const waits: (void | Promise<void>)[] = [];
  for (const [key, value] of numbered(30, 'k', 300)) waits.push(writer.put(key, value));
  expect(waits.some((wait) => wait instanceof Promise)).toBe(true);
  const closing = writer.close();
  let closed = false;
  closing.then(() => {
    closed = true;
  });
  await new Promise(setImmediate);
  expect(closed).toBe(false);
  while (gates.length > 0) {
    for (const open of gates.splice(0)) open();
    await new Promise(setImmediate);
  }
  await closing;
  await Promise.all(waits);
  expect(await readAll(`${ROOT}/s`)).toEqual(numbered(30, 'k', 300));
});

it('10,000 look-ups at once of keys in one block read it few times, and never with more than one read in flight', async () => {
  const storage = new FaultyStorage().register();
  const pairs = numbered(200);
  await fill(`${ROOT}/s`, pairs);
  for (const [cacheBytes, verify] of [
    [0, 'once'],
    [1 << 20, 'once'],
    [0, 'always'],
  ] as const) {
    await using store = await openStore(`${ROOT}/s`, { ...TEXT, cacheBytes, verify });
    storage.arm({ at: Number.POSITIVE_INFINITY, forever: false, after: false, only: ['read'] });
    const found = await Promise.all(Array.from({ length: 10_000 }, (_, i) => store.get(pairs[i % 200][0])));
    for (const [i, value] of found.entries())
      if (value !== pairs[i % 200][1]) expect(value).toBe(pairs[i % 200][1]);
    // The tail and the block; with `always` each look-up may read anew.
    if (verify === 'once') expect(storage.log.length).toBeLessThan(10);
    storage.arm();
  }
});

it('look-ups during which the reader is closed return their value or CLOSED', async () => {
  const storage = new FaultyStorage().register();
  const pairs = numbered(100, 'k', 100);
  await fill(`${ROOT}/s`, pairs, { partitionBytes: 4096, blockBytes: 256 });
  for (const cacheBytes of [0, 1000, 1 << 20]) {
    for (let turns = 0; turns < 12; turns++) {
      const store = await openStore(`${ROOT}/s`, { ...TEXT, cacheBytes });
      const lookups = pairs.map(([key]) => store.get(key));
      const scans = [collect(store.entries()), collect(store.keys({ reverse: true }))];
      const others = [
        store.floor('k00050x'),
        store.count({ gt: 'k00010' }),
        store.at(-1),
        store.getMany(pairs.map(([key]) => key)),
        store.verify(),
      ];
      for (let i = 0; i < turns; i++) await Promise.resolve();
      const closing = store.close();
      const results = await Promise.allSettled<unknown>([...lookups, ...scans, ...others]);
      await closing;
      for (const [i, result] of results.entries()) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CLOSED' });
        else if (i < pairs.length) expect(result.value).toBe(pairs[i][1]);
      }
      expect(storage.openSources).toBe(0);
    }
  }
});

it('a commit comes after the data is durable, and the manifest is the last thing written', async () => {
  const storage = new FaultyStorage().register();
  storage.arm({ at: Number.POSITIVE_INFINITY, forever: false, after: false });
  const info = await fillSized(`${ROOT}/s`, 'three partitions');
  const log = [...storage.log];
  const commit = log.indexOf('putIfAbsent MANIFEST.json');
  const sync = log.indexOf('syncDirectory data');
  for (const { name } of info.partitions) {
    expect(log.indexOf(`finish ${name}`)).toBeGreaterThan(0);
    expect(log.indexOf(`finish ${name}`)).toBeLessThan(sync);
  }
  expect(sync).toBeLessThan(commit);
  expect(log.slice(commit + 1).filter((line) => /^(create|write|finish|replace|link)/.test(line))).toEqual(
    [],
  );
});

it('opening and one look-up read little: the manifest, one tail, one block', async () => {
  const storage = new FaultyStorage().register();
  await fill(`${ROOT}/s`, numbered(1000, 'k', 50), { partitionBytes: 16_384, blockBytes: 1024 });
  storage.arm({ at: Number.POSITIVE_INFINITY, forever: false, after: false, only: ['read'] });
  await using store = await open(`${ROOT}/s`);
  expect(storage.log).toEqual(['read MANIFEST.json']);
  expect(await store.get('k00500')).toBeDefined();
  expect(storage.log.length).toBeLessThanOrEqual(4);
});
