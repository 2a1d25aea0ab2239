import { describe, expect, it } from 'vitest';
import '../../src/node/register.ts';
import {
  type Collection as AnyCollection,
  collectionInfo,
  deleteCollection,
  openCollection,
  sweepCollection,
  verifyCollection,
} from '../../src/collection/index.ts';
import { openStore } from '../../src/store/open-store.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { removeFile } from '../support/storage-tools.ts';

type Collection = AnyCollection<string, unknown>;

const directory = directoryPerTest();

const places = [
  ['memory:', () => `memory:collection-${crypto.randomUUID()}`],
  ['file:', () => directory('collection')],
] as const;

async function entriesOf(collection: { entries(): AsyncIterable<[string, unknown]> }): Promise<unknown[]> {
  const entries: unknown[] = [];
  for await (const entry of collection.entries()) entries.push(entry);
  return entries;
}

describe.each(places)('a collection at %s', (_, uriOf) => {
  it('is made by opening, and starts at version 0', async () => {
    await using collection = await openCollection(uriOf());
    expect(collection.version).toBe(0);
    expect(await collection.get('a')).toBeUndefined();
    expect(await collection.refresh()).toBe(0);
    expect(await collection.count()).toBe(0);
    expect(await collection.first()).toBeUndefined();
  });

  it('is made once by all that open it at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const uri = `${uriOf()}-${round}`;
      // Each begins a few turns after the one before, so that it looks at what is half made.
      const opening = Array.from({ length: 12 }, async (_, i) => {
        for (let turns = 0; turns < i * 3; turns++) await null;
        return openCollection(uri);
      });
      const collections = await Promise.all(opening);
      await Promise.all(collections.map((collection, i) => collection.set(`k${i}`, i)));
      await using again = await openCollection(uri);
      expect(await again.count()).toBe(12);
      for (const collection of collections) await collection.close();
    }
  });

  it('sets, gets and deletes, a commit each', async () => {
    await using collection: Collection = await openCollection(uriOf());
    expect(await collection.set('a', 1)).toEqual({ version: 1, sets: 1, deletes: 0, bytes: 2 });
    expect(collection.getSync('a')).toBe(1);
    expect(await collection.delete('a')).toEqual({ version: 2, sets: 0, deletes: 1, bytes: 1 });
    expect(collection.hasSync('a')).toBe(false);
    expect(await entriesOf(collection)).toEqual([]);
  });

  it('lets calls of one turn share a commit, in their order', async () => {
    await using collection: Collection = await openCollection(uriOf());
    const commits = await Promise.all([
      collection.set('a', 1),
      collection.set('b', 2),
      collection.set('a', 3),
      collection.delete('b'),
    ]);
    expect(new Set(commits.map(({ version }) => version))).toEqual(new Set([1]));
    expect(await entriesOf(collection)).toEqual([['a', 3]]);
  });

  it('runs a transaction that has read again after another writer was first', async () => {
    const uri = uriOf();
    await using one: Collection = await openCollection(uri);
    await using other: Collection = await openCollection(uri);
    await one.set('n', 1);
    let runs = 0;
    await other.commit(async (tx) => {
      runs++;
      const n = (await tx.get('n')) as number;
      if (runs === 1) await one.set('n', 10);
      tx.set('n', n + 1);
    });
    expect(runs).toBe(2);
    expect(await other.get('n')).toBe(11);
  });

  it('reads its own changes in a transaction', async () => {
    await using collection: Collection = await openCollection(uriOf());
    await collection.commit([{ set: ['a', 1] }, { set: ['b', 2] }, { set: ['c', 3] }]);
    await collection.commit(async (tx) => {
      tx.set('b', 20);
      await tx.deleteRange({ gte: 'c' });
      tx.set('d', 4);
      expect(await tx.get('b')).toBe(20);
      expect(await tx.get('c')).toBeUndefined();
      expect(await entriesOf(tx)).toEqual([
        ['a', 1],
        ['b', 20],
        ['d', 4],
      ]);
    });
    expect(await entriesOf(collection)).toEqual([
      ['a', 1],
      ['b', 20],
      ['d', 4],
    ]);
  });

  it('replaces everything, and takes it back', async () => {
    await using collection: Collection = await openCollection(uriOf());
    await collection.commit([{ set: ['a', 1] }, { set: ['b', 2] }]);
    await collection.commit([{ set: ['c', 3] }], { replace: true });
    expect(await entriesOf(collection)).toEqual([['c', 3]]);
    expect((await collection.revertTo(1)).version).toBe(3);
    expect(await entriesOf(collection)).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  it('says CONFLICT if the version is another one', async () => {
    await using collection: Collection = await openCollection(uriOf());
    await collection.set('a', 1);
    await expect(collection.commit([{ set: ['a', 2] }], { ifVersion: 0 })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await collection.commit([{ set: ['a', 2] }], { ifVersion: 1 });
    expect(collection.getSync('a')).toBe(2);
  });

  it('keeps snapshots as they are while it is compacted', async () => {
    const uri = uriOf();
    await using collection: Collection = await openCollection(uri);
    const changes = Array.from({ length: 5000 }, (_, i) => ({ set: [`k${i}`, 'x'.repeat(i % 40)] as const }));
    await collection.commit(changes);
    await using snapshot = await collection.snapshot();
    await collection.commit(changes.map(({ set: [key] }) => ({ delete: key })));
    expect(await collection.count()).toBe(0);
    const { after } = await collection.compact({ full: true });
    expect(after).toBe(0);
    expect(await snapshot.count()).toBe(5000);
    expect((await entriesOf(snapshot)).length).toBe(5000);
    await expect(collection.snapshot(1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await verifyCollection(uri)).toMatchObject({ ok: true });
    expect(await sweepCollection(uri, { olderThanMs: 0 })).toEqual([]);
  });

  it('lists its versions, and what differs between them', async () => {
    await using collection: Collection = await openCollection(uriOf(), { autoCompact: false });
    await collection.commit([{ set: ['a', 1] }, { set: ['b', 2] }]);
    await collection.commit([{ delete: 'a' }, { set: ['c', 3] }, { set: ['b', 2] }]);
    const versions = [];
    for await (const version of collection.versions()) versions.push(version);
    expect(versions).toEqual([
      { version: 2, cause: 'commit', sets: 2, deletes: 1, generations: 1 },
      { version: 1, cause: 'commit', sets: 2, deletes: 0, generations: 1 },
    ]);
    const differences = [];
    for await (const difference of collection.diff(1, 2)) differences.push(difference);
    expect(differences).toEqual([
      { key: 'a', before: 1 },
      { key: 'c', after: 3 },
    ]);
  });

  it('becomes a plain store', async () => {
    const uri = uriOf();
    await using collection: Collection = await openCollection(uri);
    await collection.commit([{ set: ['a', 1] }, { set: ['b', 2] }]);
    await collection.delete('a');
    const info = await collection.toStore(`${uri}-store`);
    expect(info.count).toBe(1);
    await using store = await openStore<string, unknown>(`${uri}-store`);
    expect(store.getSync('b')).toBe(2);
  });

  it('ends a commit whose source hangs, by its signal and by closing', async () => {
    const collection: Collection = await openCollection(uriOf());
    let closed = 0;
    async function* hanging(): AsyncGenerator<{ readonly set: readonly [string, number] }> {
      try {
        yield { set: ['a', 1] };
        await new Promise(() => {});
      } finally {
        closed++;
      }
    }
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 10);
    await expect(collection.commit(hanging(), { signal: controller.signal })).rejects.toBe(reason);
    const commit = collection.commit(hanging());
    const transaction = collection.commit(() => new Promise(() => {}), { signal: controller.signal });
    await expect(transaction).rejects.toBe(reason);
    setTimeout(() => collection.close(), 10);
    await expect(commit).rejects.toMatchObject({ code: 'CLOSED' });
    expect(collection.version).toBe(0);
    expect(closed).toBe(0);
  });

  it('refuses a change that is made while the key of another one is encoded', async () => {
    await using collection = await openCollection<readonly unknown[], string>(uriOf(), {
      keyEncoding: 'tuple',
    });
    const inner: Promise<unknown>[] = [];
    const key = {
      get 0() {
        inner.push(collection.set(['b'], 'inner'));
        return 'a';
      },
      length: 1,
    };
    Object.setPrototypeOf(key, Array.prototype);
    const outer = collection.set(key as unknown as readonly unknown[], 'outer');
    await outer.catch(() => undefined);
    await Promise.allSettled(inner);
    for (const value of ['inner', 'outer']) {
      for await (const [name, stored] of collection.entries())
        if (stored === value) expect(name).toEqual([value === 'inner' ? 'b' : 'a']);
    }
  });

  it('closes by itself what was opened for chained calls', async () => {
    const uri = uriOf();
    expect(await openCollection<string, number>(uri).set('a', 1)).toMatchObject({ version: 1 });
    expect(await openCollection<string, number>(uri).get('a')).toBe(1);
    expect(await entriesOf(openCollection(uri))).toEqual([['a', 1]]);
  });

  it.each(['in order', 'in any order'] as const)(
    'commits more than it keeps in memory, %s',
    async (order) => {
      const uri = uriOf();
      await using collection = await openCollection<string, number>(uri, { autoCompact: false });
      await collection.set('before', -1);
      const count = 400_000;
      const step = order === 'in order' ? 1 : 7919;
      const keyAt = (i: number): string => `k${String((i * step) % count).padStart(6, '0')}`;
      function* changes(): Generator<{ readonly set: readonly [string, number] }> {
        for (let i = 0; i < count; i++) yield { set: [keyAt(i), i] };
      }
      expect(await collection.commit(changes())).toMatchObject({ version: 2, sets: count });
      expect(collection.countSync()).toBe(count + 1);
      expect(collection.getSync(keyAt(count - 1))).toBe(count - 1);
      expect(collection.getSync('before')).toBe(-1);
      expect(await verifyCollection(uri)).toMatchObject({ ok: true });
      expect(await sweepCollection(uri, { olderThanMs: 0 })).toEqual([]);
    },
  );

  it('deletes ranges at once, whether the call is awaited or not, in the order of the calls', async () => {
    await using collection: Collection = await openCollection(uriOf());
    await collection.commit([{ set: ['a', 1] }, { set: ['b', 2] }, { set: ['c', 3] }]);
    const refused = collection.commit((tx) => tx.deleteRange({ limit: 1 }));
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'limit' });
    expect(collection.countSync()).toBe(3);
    await collection.commit((tx) => {
      tx.deleteRange({ gte: 'c' });
    });
    expect([...collection.keysSync()]).toEqual(['a', 'b']);
    await collection.commit((tx) => {
      tx.deleteRange();
      tx.set('z', 1);
    });
    expect([...collection.entriesSync()]).toEqual([['z', 1]]);
  });

  it('deletes ranges of what was spilled before, and keeps what is set after', async () => {
    await using collection = await openCollection<string, string>(uriOf(), { autoCompact: false });
    await collection.set('k0', 'base');
    const wide = 'x'.repeat(2 ** 20);
    await collection.commit(async (tx) => {
      for (let i = 0; i < 70; i++) await tx.set(`k${i}`, wide);
      tx.deleteRange({ gte: 'k5' });
      for (let i = 0; i < 70; i += 10) await tx.set(`k${i}`, `after${wide}`);
      expect(await tx.get('k51')).toBeUndefined();
      expect((await tx.get('k60'))?.slice(0, 5)).toBe('after');
      expect((await tx.get('k11'))?.length).toBe(wide.length);
    });
    const expected = Array.from({ length: 70 }, (_, i) => `k${i}`)
      .filter((key) => key < 'k5' || ['k50', 'k60'].includes(key))
      .sort();
    expect([...collection.keysSync()]).toEqual(expected);
    expect(collection.getSync('k10')?.slice(0, 5)).toBe('after');
  });

  it('deletes more of a range than memory takes', async () => {
    const uri = uriOf();
    await using collection: Collection = await openCollection<string, unknown>(uri, { autoCompact: false });
    const keys = Array.from({ length: 230_000 }, (_, i) => `k${String(i).padStart(6, '0')}`);
    await collection.commit(keys.map((key, i) => ({ set: [key, i] as const })));
    const commit = await collection.commit((tx) => {
      tx.set('k100000', 'before');
      tx.deleteRange({ gte: 'k000001', lt: 'k229999' });
      tx.set('k000005', 'kept');
    });
    expect(commit).toMatchObject({ version: 2, sets: 1, deletes: 229_997 });
    expect(await entriesOf(collection)).toEqual([
      ['k000000', 0],
      ['k000005', 'kept'],
      ['k229999', 229_999],
    ]);
    // What it has written on the way is gone.
    expect((await sweepCollection(uri, { olderThanMs: 0 })).length).toBe(0);
  }, 30_000);

  it('refuses options where calls share a commit', async () => {
    await using collection: Collection = await openCollection<string, unknown>(uriOf());
    const refused = { code: 'INVALID_ARGUMENT', message: expect.stringContaining('use commit([') };
    const calls = collection as unknown as Record<'set' | 'delete', (...args: unknown[]) => Promise<unknown>>;
    await expect(calls.set('a', 1, { ifVersion: 0 })).rejects.toMatchObject(refused);
    await expect(calls.delete('a', { ifVersion: 0 })).rejects.toMatchObject(refused);
    expect(collection.version).toBe(0);
    await calls.set('a', 1, undefined);
    expect(await collection.get('a')).toBe(1);
  });

  it('refuses a function that lists its changes', async () => {
    await using collection: Collection = await openCollection(uriOf());
    const lists = [
      function* () {
        yield { set: ['a', 1] };
      },
      async function* () {
        yield { set: ['a', 1] };
      },
      () => [{ set: ['a', 1] }],
    ];
    for (const list of lists) {
      const commit = collection.commit(list as unknown as () => void);
      await expect(commit).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'changes' });
    }
    await expect(collection.revertTo(0)).rejects.toThrow('has no version 0');
    expect(collection.version).toBe(0);
    await expect(collection.toStore(`${collection.uri}/out`)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('takes no commit of a handle from before its deletion', async () => {
    const uri = uriOf();
    await using old: Collection = await openCollection(uri);
    await old.set('x', 1);
    await deleteCollection(uri);
    await expect(old.set('s', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(openCollection(uri, { create: false })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await using made: Collection = await openCollection(uri);
    await made.set('y', 1);
    await expect(old.set('s', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await made.set('z', 1);
    await using again: Collection = await openCollection(uri);
    expect([...again.keysSync()]).toEqual(['y', 'z']);
  });

  it('names the partition that is missing', async () => {
    const uri = uriOf();
    const collection: Collection = await openCollection(uri, { autoCompact: false });
    await collection.commit(
      Array.from({ length: 3000 }, (_, i) => ({ set: [`k${i}`, 'x'.repeat(50)] as const })),
    );
    const [{ files }] = (await collectionInfo(uri)).generations;
    await collection.close();
    await removeFile(`${uri}/data/${files[0]}`);
    await expect(openCollection(uri)).rejects.toMatchObject({
      code: 'CORRUPTION',
      file: expect.stringContaining(files[0]),
    });
    expect((await verifyCollection(uri)).problems).toMatchObject([{ code: 'CORRUPTION', section: 'file' }]);
  });

  it('is gone after its deletion', async () => {
    const uri = uriOf();
    const collection: Collection = await openCollection(uri);
    await collection.set('a', 1);
    await collection.close();
    await deleteCollection(uri);
    await expect(openCollection(uri, { create: false })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
