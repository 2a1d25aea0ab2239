import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openCollection } from '../../src/collection/index.ts';
import { CairnLevel, LevelError } from '../../src/node/level.ts';
import { createStore } from '../../src/store/create-store.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';

const directory = directoryPerTest();

const places = [
  ['memory:', () => `memory:level-${crypto.randomUUID()}`],
  ['file:', () => directory('level')],
] as const;

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe.each(places)('a level at %s', (_, uriOf) => {
  it('keeps what it has written, for those who open it later', async () => {
    const uri = uriOf();
    const db = new CairnLevel(uri);
    await db.put('a', '1');
    await db.sublevel('sub').put('a', '2');
    expect(db.location).toBe(uri);
    await db.close();

    const again = new CairnLevel(uri);
    expect(await again.iterator().all()).toEqual([
      ['!sub!a', '2'],
      ['a', '1'],
    ]);
    expect(again.getSync('a')).toBe('1');
    await again.close();
  });

  it('lets puts and batches of one turn share a version, and makes one of a clear', async () => {
    const db = new CairnLevel(uriOf());
    await db.open();
    await Promise.all(['a', 'b', 'c'].map((key) => db.put(key, key)));
    expect(db.collection?.version).toBe(1);
    await db.batch().put('d', 'd').del('a').write();
    expect(db.collection?.version).toBe(2);
    await db.clear({ gte: 'c' });
    expect(db.collection?.version).toBe(3);
    expect(await db.keys().all()).toEqual(['b']);
    await Promise.all([
      db.batch([{ type: 'put', key: 'x', value: 'x' }]),
      db.put('y', 'y'),
      db.batch([
        { type: 'del', key: 'y' },
        { type: 'put', key: 'z', value: 'z' },
      ]),
    ]);
    expect(db.collection?.version).toBe(4);
    expect(await db.keys().all()).toEqual(['b', 'x', 'z']);
    await db.close();
    expect(db.collection).toBeUndefined();
  });

  it('takes all of a batch or nothing, whatever shares its version', async () => {
    const db = new CairnLevel(uriOf());
    await db.open();
    const results = await Promise.allSettled([
      db.put('a', 'a'),
      db.batch([
        { type: 'put', key: 'b', value: 'b' },
        { type: 'del', key: 'k'.repeat(65_536) },
        { type: 'del', key: 'a' },
      ]),
      db.put('c', 'c'),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await db.keys().all()).toEqual(['a', 'c']);
    expect(db.collection?.version).toBe(1);
    await db.close();
  });

  it('has keys of zero bytes before all others', async () => {
    const db = new CairnLevel<Uint8Array, string>(uriOf(), { keyEncoding: 'view' });
    const keys = [bytes(), bytes(0), bytes(0, 0), bytes(0, 1), bytes(1)];
    await db.batch(keys.map((key) => ({ type: 'put', key, value: `${key}` })));
    const found = (await db.keys().all()).map((key) => Uint8Array.from(key));
    expect(found).toEqual(keys);
    expect(await db.getMany(keys)).toEqual(keys.map((key) => `${key}`));
    const after = await db.keys({ gt: bytes(0) }).all();
    expect(after.map((key) => Uint8Array.from(key))).toEqual(keys.slice(2));
    await db.del(bytes());
    expect(await db.has(bytes())).toBe(false);
    expect(await db.has(bytes(0))).toBe(true);
    await db.close();
  });

  it('seeks back and forth within an iterator that keeps its version', async () => {
    const db = new CairnLevel(uriOf());
    await db.batch(
      Array.from({ length: 5000 }, (_, i) => ({ type: 'put', key: `${10000 + i}`, value: `${i}` }) as const),
    );
    const forwards = db.iterator({ gte: '10010', lt: '14990' });
    const backwards = db.iterator({ gte: '10010', lt: '14990', reverse: true });
    await db.clear();
    await db.put('10012x', 'new');
    for (const target of ['12000', '10012x', '14989', '10010']) {
      forwards.seek(target);
      backwards.seek(target);
      const next = target.length === 6 ? '10013' : target;
      expect(await forwards.next()).toEqual([next, `${Number(next) - 10000}`]);
      const before = target.length === 6 ? '10012' : target;
      expect(await backwards.next()).toEqual([before, `${Number(before) - 10000}`]);
    }
    for (const target of ['10009', '14990', `1${'z'.repeat(70_000)}`]) {
      forwards.seek(target);
      backwards.seek(target);
      expect(await forwards.next()).toBeUndefined();
      expect(await backwards.next()).toBeUndefined();
    }
    forwards.seek('12000');
    expect(await forwards.nextv(2000)).toHaveLength(2000);
    expect(await forwards.nextv(2000)).toHaveLength(990);
    expect(await forwards.nextv(2000)).toEqual([]);
    await db.close();
  });

  it('takes keys that are too long as bounds and for absent ones, and does not store them', async () => {
    const db = new CairnLevel(uriOf());
    const long = 'k'.repeat(65_536);
    await db.batch([
      { type: 'put', key: 'k'.repeat(65_535), value: 'long' },
      { type: 'put', key: 'l', value: 'short' },
    ]);
    expect(await db.get(long)).toBeUndefined();
    expect(await db.hasMany([long, 'l'])).toEqual([false, true]);
    expect(await db.values({ gte: long }).all()).toEqual(['short']);
    expect(await db.values({ lt: long }).all()).toEqual(['long']);
    await expect(db.put(long, 'x')).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await expect(
      db.batch([
        { type: 'put', key: 'a', value: 'a' },
        { type: 'put', key: long, value: 'x' },
      ]),
    ).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(await db.has('a')).toBe(false);
    await db.clear({ gt: long });
    expect(await db.values().all()).toEqual(['long']);
    await db.close();
  });

  it('clears what a snapshot has, up to a limit, and no more', async () => {
    const db = new CairnLevel(uriOf());
    await db.batch(['a', 'b', 'c', 'd'].map((key) => ({ type: 'put', key, value: key }) as const));
    const snapshot = db.snapshot();
    await db.put('a0', 'new');
    await db.clear({ snapshot, limit: 2 });
    expect(await db.keys().all()).toEqual(['a0', 'c', 'd']);
    await db.clear({ limit: 1, reverse: true });
    expect(await db.keys().all()).toEqual(['a0', 'c']);
    expect(await db.keys({ snapshot }).all()).toEqual(['a', 'b', 'c', 'd']);
    await db.close();
  });

  it('replaces what is not UTF-8 by U+FFFD, as other levels do', async () => {
    const db = new CairnLevel(uriOf());
    await db.put('x\ud800', 'y\udc00');
    expect(await db.get('x\ufffd')).toBe('y\ufffd');
    await db.put('bytes', bytes(0x61, 0xff), { valueEncoding: 'view' });
    expect(await db.get('bytes')).toBe('a\ufffd');
    expect(await db.values({ gte: 'bytes', limit: 1 }).all()).toEqual(['a\ufffd']);
    await db.close();
  });

  it('sees what others have written once it writes itself, refreshes or follows', async () => {
    const uri = uriOf();
    const db = new CairnLevel(uri);
    const other = new CairnLevel(uri);
    const follower = new CairnLevel(uri, { follow: 5 });
    await Promise.all([db.open(), other.open(), follower.open()]);
    await other.put('a', '1');
    expect(await db.get('a')).toBeUndefined();
    await db.collection?.refresh();
    expect(await db.get('a')).toBe('1');
    await other.put('b', '2');
    await db.put('c', '3');
    expect(await db.get('b')).toBe('2');
    await expect.poll(() => follower.get('c')).toBe('3');
    await Promise.all([db.close(), other.close(), follower.close()]);
  });

  it('says about how much a range takes, and compacts', async () => {
    const db = new CairnLevel(uriOf());
    const value = 'v'.repeat(100);
    for (let round = 0; round < 3; round++) {
      await db.batch(
        Array.from({ length: 1000 }, (_, i) => ({ type: 'put', key: `${1000 + i}`, value }) as const),
      );
    }
    await db.del('1000');
    await db.compactRange('', '~');
    const size = await db.approximateSize('1000', '1500');
    expect(size).toBeGreaterThan(499 * 100);
    expect(size).toBeLessThan(499 * 150);
    expect(await db.approximateSize('5', '6')).toBe(0);
    expect(await db.approximateSize(bytes(0), bytes(0xff), { keyEncoding: 'view' })).toBeGreaterThan(size);
    expect(await db.keys().all()).toHaveLength(999);
    await db.close();
    await expect(db.approximateSize('a', 'b')).rejects.toMatchObject({ code: 'LEVEL_DATABASE_NOT_OPEN' });
    await expect(db.compactRange('a', 'b')).rejects.toMatchObject({ code: 'LEVEL_DATABASE_NOT_OPEN' });
  });

  it('waits for its opening with what it has beside the methods of Level', async () => {
    const db = new CairnLevel(uriOf());
    expect(await Promise.all([db.approximateSize('a', 'b'), db.compactRange('a', 'b')])).toEqual([
      0,
      undefined,
    ]);
    await db.close();
  });

  it('is read-only if asked', async () => {
    const uri = uriOf();
    const db = new CairnLevel(uri);
    await db.put('a', '1');
    await db.close();
    const reader = new CairnLevel(uri, { readOnly: true });
    expect(await reader.get('a')).toBe('1');
    await expectReadOnly(reader);
    await reader.close();
    const absent = new CairnLevel(`${uri}-absent`, { readOnly: true });
    await expect(absent.open()).rejects.toMatchObject({ cause: { code: 'NOT_FOUND' } });
  });

  it('reads a plain store', async () => {
    const uri = uriOf();
    const store = await createStore(uri, { valueEncoding: 'json' });
    for (let i = 0; i < 3000; i++) store.put(`${10000 + i}`, { i });
    await store.close();
    const db = new CairnLevel<string, { i: number }>(uri, { valueEncoding: 'json' });
    expect(await db.get('10007')).toEqual({ i: 7 });
    expect(db.getSync('10008')).toEqual({ i: 8 });
    expect(await db.getMany(['1', '12999'])).toEqual([undefined, { i: 2999 }]);
    expect(await db.keys({ lt: '10002' }).all()).toEqual(['10000', '10001']);
    const snapshot = db.snapshot();
    expect(await db.values({ reverse: true, limit: 1, snapshot }).all()).toEqual([{ i: 2999 }]);
    expect(await db.approximateSize('1', '2')).toBeGreaterThan(3000 * 5);
    expect(db.collection).toBeUndefined();
    await expectReadOnly(db);
    await db.close();
    await expect(new CairnLevel(uri, { errorIfExists: true }).open()).rejects.toMatchObject({
      cause: { code: 'ALREADY_EXISTS' },
    });
  });

  it('reads an empty store', async () => {
    const uri = uriOf();
    await createStore(uri).close();
    const db = new CairnLevel(uri);
    expect(await db.iterator().all()).toEqual([]);
    expect(await db.get('a')).toBeUndefined();
    await db.close();
  });

  it('reads, and does not change, a collection with encodings of its own', async () => {
    const uri = uriOf();
    const collection = await openCollection<number, string>(uri, {
      keyEncoding: 'number',
      valueEncoding: 'utf8',
    });
    await collection.set(0, 'zero');
    await collection.close();
    const db = new CairnLevel(uri, { keyEncoding: 'view' });
    const [[key, value]] = await db.iterator().all();
    expect(value).toBe('zero');
    expect(await db.get(key)).toBe('zero');
    await expectReadOnly(db);
    await db.close();
  });

  it('refuses what is neither', async () => {
    const uri = uriOf();
    const store = createStore(`${uri}/data`);
    await store.put('a', 1).close();
    await expect(new CairnLevel(uri).open()).rejects.toMatchObject({
      code: 'LEVEL_DATABASE_NOT_OPEN',
      cause: { code: 'NOT_A_STORE' },
    });
  });

  it('is destroyed, if it is there', async () => {
    const uri = uriOf();
    const db = new CairnLevel(uri);
    await db.put('a', '1');
    await db.close();
    await CairnLevel.destroy(uri);
    await CairnLevel.destroy(uri);
    await expect(new CairnLevel(uri, { createIfMissing: false }).open()).rejects.toMatchObject({
      cause: { code: 'NOT_FOUND' },
    });
    if (!uri.startsWith('memory:')) expect(existsSync(uri)).toBe(false);
  });
});

async function expectReadOnly<V>(db: CairnLevel<string, V>): Promise<void> {
  const level = db as unknown as CairnLevel;
  const writes = [
    level.put('a', '1'),
    level.del('a'),
    level.batch([{ type: 'del', key: 'a' }]),
    level.batch().del('a').write(),
    level.clear(),
    level.compactRange('a', 'b'),
  ];
  for (const result of await Promise.allSettled(writes)) {
    const { reason } = result as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(LevelError);
    expect(reason).toMatchObject({ code: 'LEVEL_READONLY' });
  }
}

describe('a level', () => {
  it('says what it supports', () => {
    const file = new CairnLevel(directory('supports'));
    expect(file.supports).toMatchObject({
      implicitSnapshots: true,
      explicitSnapshots: true,
      seek: true,
      has: true,
      getSync: true,
      createIfMissing: true,
      errorIfExists: true,
      permanence: true,
      encodings: { buffer: true, utf8: true, view: true },
      additionalMethods: { approximateSize: true, compactRange: true },
      signals: { iterators: true },
    });
    const memory = new CairnLevel('memory:supports');
    expect(memory.supports).toMatchObject({ permanence: false, getSync: true });
    const remote = new CairnLevel('https://example.org/level', { readOnly: true });
    expect(remote.supports).toMatchObject({ permanence: true, getSync: false });
    return Promise.all([file.close(), memory.close(), remote.close()]);
  });

  it.each([[''], [undefined], [42], [{}]])('refuses the location %j', (location) => {
    expect(() => new CairnLevel(location as string)).toThrow(TypeError);
  });

  it('takes the options of classic-level that mean nothing to it', async () => {
    const db = new CairnLevel('memory:classic-options', {
      compression: false,
      ...{ cacheSize: 8, writeBufferSize: 4, blockSize: 2, maxOpenFiles: 1 },
    });
    await db.put('a', '1', { sync: true } as object);
    expect(await db.get('a', { fillCache: false } as object)).toBe('1');
    await db.close();
  });

  it('names the option that is wrong', async () => {
    const db = new CairnLevel('memory:wrong-option', { follow: -1 });
    await expect(db.open()).rejects.toMatchObject({
      code: 'LEVEL_DATABASE_NOT_OPEN',
      cause: { code: 'INVALID_ARGUMENT', argument: 'follow' },
    });
  });
});
