import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openCollection } from '../../src/node/collection.ts';
import { createStore } from '../../src/node/index.ts';
import { kvEntryJson, type Namespaces, openNamespaces } from '../../src/node/namespace.ts';
import { allOf } from '../support/all-of.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { failure, failureNow } from '../support/failures.ts';

const at = directoryPerTest();
let number = 0;

function memory(): string {
  return `memory:namespaces-${number++}`;
}

/** The version of the collection below a root: how many commits there were. */
async function commitsOf(root: string): Promise<number> {
  const collection = await openCollection(`${root}/_namespaces`, { create: false });
  const { version } = collection;
  await collection.close();
  return version;
}

describe('namespaces', () => {
  it('exist once they are created or written to', async () => {
    const namespaces = await openNamespaces(memory());
    expect(await namespaces.list()).toEqual([]);
    expect(await namespaces.exists('a.b')).toBe(false);
    await namespaces.namespace('a.b').set('k', 1);
    expect((await namespaces.create('c')).name).toBe('c');
    await namespaces.create('c');
    expect(await namespaces.list()).toEqual(['a.b', 'c']);
    expect(await namespaces.exists('a')).toBe(false);
    expect(await namespaces.delete('a')).toBe(false);
    expect(await namespaces.delete('a.b')).toBe(true);
    expect(await namespaces.list()).toEqual(['c']);
    expect(await namespaces.namespace('a.b').keys()).toEqual([]);
    expect(await namespaces.namespace('a.b').history('k')).toEqual([]);
    expect(await namespaces.namespace('a.b').set('k', 1)).toEqual({ revision: 1 });
    await namespaces.close();
  });

  it('stay when others whose names begin alike are deleted', async () => {
    const namespaces = await openNamespaces(memory());
    for (const name of ['a', 'a.b', 'a-b', 'ab']) await namespaces.namespace(name).set('k', name);
    await namespaces.delete('a');
    expect(await namespaces.list()).toEqual(['a-b', 'a.b', 'ab']);
    expect(await namespaces.namespace('a.b').get('k')).toBe('a.b');
  });

  it('make nothing before the first write, and nothing at all for a reader', async () => {
    const root = at('root');
    const namespaces = await openNamespaces(root);
    expect(await namespaces.namespace('a').get('k')).toBe(undefined);
    expect(await namespaces.namespace('a').keys()).toEqual([]);
    expect(await namespaces.namespace('a').purge()).toEqual({ size: 0 });
    await failure(namespaces.namespace('a').delete('k', { errorOnMissing: true }), 'NOT_FOUND');
    expect(() => readdirSync(root)).toThrow('ENOENT');
    await namespaces.namespace('a').set('k', 1);
    expect(readdirSync(root)).toEqual(['_namespaces']);
    await namespaces.close();
  });

  it('open for reading refuse to write', async () => {
    const root = memory();
    const writing = await openNamespaces(root);
    await writing.namespace('a').set('k', 1);
    const reading = await openNamespaces(root, { readOnly: true });
    const ns = reading.namespace('a');
    expect(await ns.get('k')).toBe(1);
    for (const call of [
      () => ns.set('k', 2),
      () => ns.setMany([]),
      () => ns.delete('k'),
      () => ns.deleteMany([]),
      () => ns.purge(),
      () => reading.create('b'),
      () => reading.delete('a'),
    ])
      expect((await failure(call, 'UNSUPPORTED')).message).toContain('for reading only');
    expect(await commitsOf(root)).toBe(1);
  });

  it('see what they wrote at once, and what others wrote after refreshMs', async () => {
    const root = memory();
    let elapsedMs = 0;
    const one = await openNamespaces(root, { refreshMs: 1000 }, () => elapsedMs);
    const other = await openNamespaces(root);
    await other.namespace('a').set('k', 1);
    expect(await one.namespace('a').get('k')).toBe(undefined);
    elapsedMs += 999;
    expect(await one.namespace('a').get('k')).toBe(undefined);
    elapsedMs += 1;
    expect(await one.namespace('a').get('k')).toBe(1);
    await other.namespace('a').set('k', 2);
    await one.namespace('a').set('mine', 3);
    expect(await one.namespace('a').get('mine')).toBe(3);
    // Its own commit stands on what the other has committed.
    expect(await one.namespace('a').get('k')).toBe(2);
    await other.namespace('a').set('k', 4);
    const eager = await openNamespaces(root, { refreshMs: 0 });
    await other.namespace('a').set('k', 5);
    expect(await eager.namespace('a').get('k')).toBe(5);
  });

  it('share commits: of one turn, of many settings, and of all that waits for the one before', async () => {
    const root = memory();
    const namespaces = await openNamespaces(root);
    const ns = namespaces.namespace('a');
    await Promise.all(Array.from({ length: 50 }, (_, i) => ns.set(`k${i}`, i)));
    expect(await commitsOf(root)).toBe(1);
    await ns.setMany(Array.from({ length: 50 }, (_, i) => ({ key: `m${i}`, value: i })));
    expect(await commitsOf(root)).toBe(2);
    const first = ns.set('x', 0);
    await new Promise((resolve) => setImmediate(resolve));
    const others = Array.from({ length: 20 }, (_, i) => ns.set('x', i + 1));
    expect(await first).toEqual({ revision: 1 });
    expect((await Promise.all(others)).map(({ revision }) => revision)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 2),
    );
    expect(await ns.get('x')).toBe(20);
    expect(await commitsOf(root)).toBeLessThanOrEqual(4);
  });

  it('let one of many calls fail alone', async () => {
    const ns = (await openNamespaces(memory())).namespace('a');
    const outcomes = await Promise.allSettled([
      ns.set('k', 1, { overwrite: false }),
      ns.set('k', 2, { overwrite: false }),
      ns.set('other', 3),
      ns.set('k', 4, { ttl: 'P1000000Y' }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect([await ns.get('k'), await ns.get('other')]).toEqual([1, 3]);
  });

  it('set many or none', async () => {
    const ns = (await openNamespaces(memory())).namespace('a');
    await ns.set('b', 1);
    await failure(
      ns.setMany([
        { key: 'a', value: 1 },
        { key: 'b', value: 2, overwrite: false },
      ]),
      'ALREADY_EXISTS',
    );
    await failure(
      ns.setMany([
        { key: 'a', value: 1 },
        { key: 'c', value: undefined },
      ]),
      'INVALID_ARGUMENT',
    );
    expect(await ns.keys()).toEqual(['b']);
    const twice = await ns.setMany([
      { key: 'b', value: 2 },
      { key: 'b', value: 3 },
    ]);
    expect(twice).toEqual([{ revision: 2 }, { revision: 3 }]);
    await failure(
      ns.setMany([
        { key: 'new', value: 1 },
        { key: 'new', value: 2, overwrite: false },
      ]),
      'ALREADY_EXISTS',
    );
    expect(await ns.setMany([])).toEqual([]);
    expect(await ns.get('b')).toBe(3);
  });

  it('write only at the revision that is asked for', async () => {
    const ns = (await openNamespaces(memory())).namespace('a');
    await failure(ns.set('k', 1, { ifRevision: 1 }), 'CONFLICT');
    expect(await ns.set('k', 1, { ifRevision: 0 })).toEqual({ revision: 1 });
    await failure(ns.set('k', 2, { ifRevision: 0 }), 'CONFLICT');
    expect(await ns.set('k', 2, { ifRevision: 1 })).toEqual({ revision: 2 });
    await failure(ns.delete('k', { ifRevision: 1 }), 'CONFLICT');
    expect(await ns.delete('k', { ifRevision: 2 })).toBe(true);
    await failure(ns.delete('k', { ifRevision: 2 }), 'CONFLICT');
  });

  it('count revisions on after a deletion and an expiration, and anew after a purge', async () => {
    let nowMs = 0;
    const ns = (await openNamespaces(memory(), { clock: () => nowMs })).namespace('a');
    await ns.set('k', 1, { ttl: 1000 });
    nowMs = 1000;
    expect(await ns.set('k', 2, { overwrite: false })).toEqual({ revision: 2 });
    expect((await ns.entry('k'))?.creationDate.epochMilliseconds).toBe(1000);
    await ns.delete('k');
    expect(await ns.get('k')).toBe(undefined);
    expect(await allOf(ns.list({ includeExpired: true }))).toEqual([]);
    expect((await ns.history('k')).map(({ value }) => value)).toEqual([2, 1]);
    expect(await ns.set('k', 3, { overwrite: false })).toEqual({ revision: 3 });
    await ns.delete('k');
    expect(await ns.purge()).toEqual({ size: 1 });
    expect(await ns.history('k')).toEqual([]);
    expect(await ns.set('k', 4)).toEqual({ revision: 1 });
  });

  it('mask older revisions by an expired one', async () => {
    let nowMs = 0;
    const ns = (await openNamespaces(memory(), { clock: () => nowMs })).namespace('a');
    await ns.set('k', 'endless');
    await ns.set('k', 'short', { ttl: 1 });
    expect(await ns.get('k')).toBe('short');
    nowMs = 1;
    expect(await ns.get('k')).toBe(undefined);
    expect(await ns.delete('k')).toBe(false);
    expect((await ns.history('k')).map(({ value, revision }) => [value, revision])).toEqual([
      ['short', 2],
      ['endless', 1],
    ]);
  });

  it('forget a ttl and a description with the next set', async () => {
    const ns = (await openNamespaces(memory())).namespace('a');
    await ns.set('k', 1, { ttl: 'P1D', description: 'first' });
    await ns.set('k', 2);
    const entry = await ns.entry('k');
    expect(entry).not.toHaveProperty('expirationDate');
    expect(entry).not.toHaveProperty('description');
  });

  it('keep times up to the last one that there is, in whole milliseconds', async () => {
    let nowMs = 1_700_000_000_000.75;
    const namespaces = await openNamespaces(memory(), { clock: () => nowMs });
    const ns = namespaces.namespace('a');
    await ns.set('k', 1, { ttl: 8.64e15 - 1_700_000_000_000 });
    const entry = await ns.entry('k');
    expect(entry?.expirationDate?.epochMilliseconds).toBe(8.64e15);
    expect(entry?.updateDate.epochMilliseconds).toBe(1_700_000_000_000);
    for (const time of [Number.NaN, 9e15, new Date(), '0', undefined]) {
      nowMs = time as number;
      await failure(ns.set('k', 2), 'INVALID_ARGUMENT');
      await failure(ns.get('k'), 'INVALID_ARGUMENT');
    }
    nowMs = -1;
    await ns.set('k', 3);
    expect(String((await ns.entry('k'))?.updateDate)).toBe('1969-12-31T23:59:59.999Z');
  });

  it('keep as many revisions as is said, 10 by default', async () => {
    const root = memory();
    const few = (await openNamespaces(root, { keepVersions: 2 })).namespace('a');
    for (let i = 1; i <= 4; i++) await few.set('k', i);
    expect((await few.history('k')).map(({ revision }) => revision)).toEqual([4, 3]);
    const usual = (await openNamespaces(root)).namespace('a');
    for (let i = 5; i <= 15; i++) await usual.set('k', i);
    expect((await usual.history('k')).map(({ revision }) => revision)).toEqual([
      15, 14, 13, 12, 11, 10, 9, 8, 7, 6,
    ]);
    const one = (await openNamespaces(root, { keepVersions: 1 })).namespace('a');
    await one.set('k', 16);
    expect((await one.history('k')).map(({ text }) => text)).toEqual(['16']);
    const collection = await openCollection(`${root}/_namespaces`);
    expect(await collection.count({ prefix: 'r/' })).toBe(1);
  });

  it('purge thousands of keys while others write', async () => {
    const namespaces = await openNamespaces(memory());
    const ns = namespaces.namespace('a');
    await ns.setMany(Array.from({ length: 2500 }, (_, i) => ({ key: `k${i}`, value: i, ttl: 0 })));
    const [{ size }] = await Promise.all([ns.purge(), ns.set('k7', 'again'), ns.set('other', 1)]);
    expect(size).toBeGreaterThanOrEqual(2499);
    expect(await ns.keys()).toEqual(['k7', 'other']);
    expect(await ns.purge()).toEqual({ size: 0 });
  });

  it('purge no key that was set since it was found to be expired', async () => {
    // The clock stands still: only the revision says that it was set.
    const ns = (await openNamespaces(memory(), { clock: () => 0 })).namespace('a');
    await ns.setMany(Array.from({ length: 2500 }, (_, i) => ({ key: `k${i}`, value: i, ttl: 0 })));
    const purging = ns.purge();
    while ((await ns.entry('k0', { includeExpired: true })) !== undefined) await null;
    await ns.set('k7', 'again');
    await purging;
    expect(await ns.keys()).toEqual(['k7']);
  });

  it('list pages in order, without values', async () => {
    const ns = (await openNamespaces(memory())).namespace('a');
    await ns.setMany(['b', 'a', 'c', 'B'].map((key) => ({ key, value: 'v' })));
    const listed = await allOf(ns.list());
    expect(listed.map(({ key }) => key)).toEqual(['B', 'a', 'b', 'c']);
    expect(listed[0]).not.toHaveProperty('value');
    expect((await allOf(ns.list({ after: 'a', limit: 1 }))).map(({ key }) => key)).toEqual(['b']);
    expect((await allOf(ns.list({ after: 'aa' }))).map(({ key }) => key)).toEqual(['b', 'c']);
    expect(await allOf(ns.list({ limit: 0 }))).toEqual([]);
  });

  it('write entries as JSON with all digits', async () => {
    const ns = (await openNamespaces(memory(), { clock: () => 0 })).namespace('a');
    await ns.set('n', '12345678901234567890.10', { type: 'NUMBER', description: 'd', ttl: 1000 });
    const entry = await ns.entry('n');
    expect(kvEntryJson(entry!)).toBe(
      '{"key":"n","type":"NUMBER","revision":1,"creationDate":"1970-01-01T00:00:00Z","updateDate":"1970-01-01T00:00:00Z",' +
        '"expirationDate":"1970-01-01T00:00:01Z","description":"d","value":12345678901234567890.10}',
    );
    const [listing] = await allOf(ns.list());
    expect(JSON.parse(kvEntryJson(listing))).not.toHaveProperty('value');
    const [revision] = await ns.history('n');
    expect(kvEntryJson(revision)).toContain('"value":12345678901234567890.10');
  });

  it('are closed once, after what was begun', async () => {
    const root = memory();
    const namespaces = await openNamespaces(root);
    const ns = namespaces.namespace('a');
    const setting = ns.set('k', 1);
    await namespaces.close();
    expect(await setting).toEqual({ revision: 1 });
    await namespaces.close();
    for (const call of [() => ns.get('k'), () => ns.set('k', 2), () => ns.keys(), () => namespaces.list()])
      await failure(call, 'CLOSED');
    await using other = await openNamespaces(root);
    expect(await other.namespace('a').get('k')).toBe(1);
  });

  it('are found again where they were deleted and made anew', async () => {
    const root = at('root');
    const namespaces = await openNamespaces(root, { refreshMs: 0 });
    await namespaces.namespace('a').set('k', 1);
    rmSync(root, { recursive: true });
    await namespaces.namespace('a').set('k', 2);
    expect(await namespaces.namespace('a').entry('k')).toMatchObject({ value: 2, revision: 1 });
    await namespaces.close();
  });
});

describe('roots that hold something else', () => {
  it('are refused, and left as they were', async () => {
    await createStore(at('store')).put('a', 1).close();
    await (await openCollection(at('collection'))).close();
    writeFileSync(at('file'), 'text');
    for (const name of ['store', 'collection', 'file']) {
      const before = name === 'file' ? [] : readdirSync(at(name));
      const attempt = openNamespaces(at(name)).then((namespaces) => namespaces.namespace('a').set('k', 1));
      await failure(attempt, 'NOT_A_STORE', 'IO', 'NOT_FOUND');
      if (name !== 'file') expect(readdirSync(at(name))).toEqual(before);
    }
  });

  it('are refused if another collection is where namespaces would be', async () => {
    const root = memory();
    await (await openCollection(`${root}/_namespaces`)).close();
    await failure(openNamespaces(root), 'NOT_A_STORE');
  });

  it('may be beside stores', async () => {
    await createStore(at('root/data')).put('a', 1).close();
    mkdirSync(at('root/empty'));
    const namespaces = await openNamespaces(at('root'));
    await namespaces.namespace('a').set('k', 1);
    expect(readdirSync(at('root')).sort()).toEqual(['_namespaces', 'data', 'empty']);
    await namespaces.close();
  });

  it('are damaged if their entries are not those of namespaces', async () => {
    const root = memory();
    const namespaces: Namespaces = await openNamespaces(root, { refreshMs: 0 });
    await namespaces.namespace('a').set('k', 1);
    const collection = await openCollection<string, unknown>(`${root}/_namespaces`);
    await collection.delete('r/a/k/0000000000000001');
    expect((await failure(namespaces.namespace('a').get('k'), 'CORRUPTION')).message).toContain('r/a/k/');
    for (const head of [1, [], [1, 1, 0, 0, null, 99, null, false], [1, 1, 0, 0, 'x', 0, null, false]]) {
      await collection.set('k/a/k', head);
      await failure(namespaces.namespace('a').get('k'), 'CORRUPTION');
      await failure(allOf(namespaces.namespace('a').list()), 'CORRUPTION');
      await failure(namespaces.namespace('a').set('k', 1), 'CORRUPTION');
    }
    await namespaces.namespace('a').set('fine', 1);
  });
});

describe('wrong use', () => {
  it('of openNamespaces is told at once', async () => {
    for (const options of [
      { clock: 5 },
      { keepVersions: 0 },
      { keepVersions: '3' },
      { refreshMs: -1 },
      { readOnly: 'yes' },
      { signal: 1 },
      { keepVersion: 1 },
      null,
      [],
    ] as object[])
      await failure(openNamespaces(memory(), options), 'INVALID_ARGUMENT');
    await failure(openNamespaces(''), 'INVALID_ARGUMENT');
    await failure(openNamespaces(undefined as unknown as string), 'INVALID_ARGUMENT');
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(openNamespaces(memory(), { signal: aborted })).rejects.toThrow('enough');
  });

  it('of the other calls is told, and changes nothing', async () => {
    const root = memory();
    const namespaces = await openNamespaces(root);
    const ns = namespaces.namespace('a') as unknown as Record<
      string,
      (...args: unknown[]) => Promise<unknown>
    >;
    for (const options of [
      { type: 'string' },
      { type: 5 },
      { ttl: '5 minutes' },
      { ttl: -1 },
      { description: 5 },
      { description: '\ud800' },
      { overwrite: 'false' },
      { ifRevision: -1 },
      { ifRevision: '1' },
      { ttI: 5 },
      null,
      'PT5M',
    ])
      await failure(ns.set('k', 'v', options), 'INVALID_ARGUMENT');
    for (const settings of [
      undefined,
      null,
      5,
      'text',
      [null],
      [['k', 1]],
      [{ key: 'k', value: 1, extra: 1 }],
      [{}],
    ])
      await failure(ns.setMany(settings), 'INVALID_ARGUMENT');
    for (const keys of [undefined, 'key', [5], [null]])
      await failure(ns.deleteMany(keys), 'INVALID_ARGUMENT');
    await failure(ns.get('k', { errorOnMissing: 1 }), 'INVALID_ARGUMENT');
    await failure(ns.entry('k', { includeExpired: 1 }), 'INVALID_ARGUMENT');
    await failure(ns.delete('k', { ifRevision: 0 }), 'INVALID_ARGUMENT');
    for (const options of [{ prefix: 5 }, { limit: 1 }, 'a'])
      await failure(ns.keys(options), 'INVALID_ARGUMENT');
    for (const options of [
      { limit: -1 },
      { limit: '5' },
      { after: 5 },
      { includeExpired: 'yes' },
      { page: 1 },
    ])
      failureNow(() => ns.list(options), 'INVALID_ARGUMENT');
    for (const options of [
      { before: 'yesterday' },
      { before: 5 },
      { before: new Date(Number.NaN) },
      { before: {} },
      { keepVersions: 0 },
      { keyPattern: '' },
      { keyPattern: /x/ },
      { expiredOnly: 1 },
      { all: true },
    ])
      await failure(ns.purge(options), 'INVALID_ARGUMENT');
    await failure(namespaces.list({ prefix: 5 } as object), 'INVALID_ARGUMENT');
    expect(await namespaces.list()).toEqual([]);
  });
});
