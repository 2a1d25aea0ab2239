import { symlinkSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { openCollection } from '../../../src/node/collection.ts';
import { createStore, deleteStore } from '../../../src/node/index.ts';
import type { CairnServer } from '../../../src/node/server.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { must } from '../../support/run-cairn.ts';
import { ask, servedRoots } from '../../support/served-root.ts';

const at = directoryPerTest();
const roots = servedRoots();
let server: CairnServer;
let timeMs = 0;

beforeEach(async () => {
  timeMs = 1_000_000;
  await must(['import', at('fruit'), '-q'], {
    stdin: 'apple\tred\nbanana\tyellow\ncherry\tred\ngrape\tgreen\n',
  });
  const prices = await openCollection(at('prices'), { valueEncoding: 'json' });
  await prices.commit([{ set: ['apple', { cents: 120 }] }, { set: ['pear', { cents: 90 }] }]);
  await prices.close();
  server = roots.make({ root: at('.'), clock: () => timeMs });
});

async function get(path: string): Promise<{ status: number; body: unknown; headers: Headers }> {
  const answer = await server.fetch(ask(path));
  return { status: answer.status, body: await answer.json(), headers: answer.headers };
}

describe('the stores of a server', () => {
  it('are listed by name, collections too, and what is damaged by its code', async () => {
    const { status, body } = await get('/api/v1/stores');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      stores: [
        { name: 'fruit', kind: 'store', count: 4, partitions: 1, keyEncoding: 'utf8', valueEncoding: 'utf8' },
        { name: 'prices', kind: 'collection', version: 1, storedEntries: 2, valueEncoding: 'json' },
      ],
      skipped: [],
    });
  });

  it('say of themselves what cairn info --json says, without their place on the disk', async () => {
    for (const name of ['fruit', 'prices']) {
      const { body } = await get(`/api/v1/stores/${name}`);
      const said = JSON.parse((await must(['info', at(name), '--json'])).out) as object;
      expect(body).toEqual({
        name,
        kind: name === 'fruit' ? 'store' : 'collection',
        ...said,
        uri: `/files/${name}`,
      });
    }
  });

  it('have entries one by one', async () => {
    expect((await get('/api/v1/stores/fruit/entries/banana')).body).toEqual({
      key: 'banana',
      value: 'yellow',
    });
    expect((await get('/api/v1/stores/prices/entries/pear')).body).toEqual({
      key: 'pear',
      value: { cents: 90 },
    });
    const absent = await get('/api/v1/stores/fruit/entries/kiwi');
    expect(absent.status).toBe(404);
    expect(absent.body).toEqual({
      message: 'Not Found: fruit has no key "kiwi"',
      code: 'NOT_FOUND',
      _links: { self: { href: '/api/v1/stores/fruit/entries/kiwi', templated: false } },
    });
  });

  it('have neighbours, positions and counts', async () => {
    expect((await get('/api/v1/stores/fruit/floor/blueberry')).body).toEqual({
      key: 'banana',
      value: 'yellow',
    });
    expect((await get('/api/v1/stores/fruit/ceiling/blueberry')).body).toEqual({
      key: 'cherry',
      value: 'red',
    });
    expect((await get('/api/v1/stores/fruit/floor/a')).status).toBe(404);
    const keysFrom = async (query: string): Promise<string[]> => {
      const { body } = await get(`/api/v1/stores/fruit/entries?${query}`);
      return (body as { entries: { key: string }[] }).entries.map(({ key }) => key);
    };
    expect(await keysFrom('from=1&limit=2')).toEqual(['banana', 'cherry']);
    expect(await keysFrom('from=-1')).toEqual(['grape']);
    expect(await keysFrom('from=2&reverse')).toEqual(['cherry', 'banana', 'apple']);
    expect(await keysFrom('from=1&gte=c')).toEqual(['cherry', 'grape']);
    expect(await keysFrom('from=4')).toEqual([]);
    expect((await get('/api/v1/stores/prices/entries?from=0')).status).toBe(422);
    expect((await get('/api/v1/stores/fruit/at/-1')).body).toEqual({ key: 'grape', value: 'green' });
    expect((await get('/api/v1/stores/fruit/at/4')).status).toBe(404);
    expect((await get('/api/v1/stores/fruit/rank/cherry')).body).toEqual({ rank: 2 });
    expect((await get('/api/v1/stores/fruit/count')).body).toEqual({ count: 4 });
    expect((await get('/api/v1/stores/fruit/count?gte=b&lt=d')).body).toEqual({ count: 2 });
    expect((await get('/api/v1/stores/prices/floor/b')).body).toEqual({
      key: 'apple',
      value: { cents: 120 },
    });
    expect((await get('/api/v1/stores/prices/count?prefix=p')).body).toEqual({ count: 1 });
    const { body } = await get('/api/v1/stores/fruit/sample?n=2&seed=7');
    expect((body as { entries: unknown[] }).entries).toHaveLength(2);
  });

  it('have pages of entries, whose cursors lead through everything in either direction', async () => {
    for (const [extra, keys] of [
      ['', ['apple', 'banana', 'cherry', 'grape']],
      ['&reverse', ['grape', 'cherry', 'banana', 'apple']],
      ['&gte=b&lt=d', ['banana', 'cherry']],
      ['&gt=apple', ['banana', 'cherry', 'grape']],
    ] as const) {
      const found: unknown[] = [];
      let path: string | undefined = `/api/v1/stores/fruit/entries?limit=1${extra}`;
      while (path !== undefined) {
        const { body, headers } = await get(path);
        const { entries, next } = body as { entries: { key: string }[]; next: string | null };
        found.push(...entries.map(({ key }) => key));
        path = /^<(.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
        expect(path === undefined).toBe(next === null);
      }
      expect(found).toEqual(keys);
    }
    expect((await get('/api/v1/stores/fruit/entries?limit=0')).body).toEqual({ entries: [], next: null });
  });

  it('keep bytes, bigints and tuples as cairn scan --json writes them', async () => {
    const writer = await createStore(at('odd'), { keyEncoding: 'tuple' });
    writer.put(['US', 1n], new Uint8Array([0, 255]));
    writer.put(['US', 2n], 2n ** 64n);
    await writer.close();
    const { body } = await get('/api/v1/stores/odd/entries');
    const lines = (await must(['scan', at('odd'), '--json'])).out.trimEnd().split('\n');
    expect((body as { entries: unknown[] }).entries).toEqual(lines.map((line) => JSON.parse(line)));
    const key = encodeURIComponent('["US",{"$bigint":"2"}]');
    expect((await get(`/api/v1/stores/odd/entries/${key}`)).body).toMatchObject({
      value: { $bigint: '18446744073709551616' },
    });
    const one = (await get('/api/v1/stores/odd/entries?limit=1')).body as { next: string };
    const rest = await get(`/api/v1/stores/odd/entries?after=${encodeURIComponent(one.next)}`);
    expect((rest.body as { entries: unknown[] }).entries).toHaveLength(1);
  });

  it('have keys with any characters', async () => {
    const keys = ['%', '%2F', 'a b', 'a/b', '.', '..', 'a?b#c', 'é', '😀', '/'];
    const writer = await createStore(at('keys'), { sort: true });
    for (const key of keys) writer.put(key, key);
    await writer.close();
    for (const key of keys.filter((one) => !/^\.+$/.test(one))) {
      const { body } = await get(`/api/v1/stores/keys/entries/${encodeURIComponent(key)}`);
      expect(body).toEqual({ key, value: key });
    }
    expect((await get('/api/v1/stores/keys/count?gte=..&lte=..')).body).toEqual({ count: 1 });
  });

  it('whose codec is unknown here are bytes', async () => {
    const codec = {
      name: 'mine',
      encode: (value: string) => new TextEncoder().encode(value),
      decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
    };
    await createStore(at('mine'), { valueEncoding: codec }).put('a', 'A').close();
    expect((await get('/api/v1/stores/mine/entries/a')).body).toEqual({ key: 'a', value: { $bytes: '41' } });
  });

  it('that are replaced are answered from within five seconds, and removed ones are gone', async () => {
    expect((await get('/api/v1/stores/fruit/count')).body).toEqual({ count: 4 });
    await deleteStore(at('fruit'));
    await createStore(at('fruit')).put('kiwi', 'green').close();
    timeMs += 4999;
    expect((await get('/api/v1/stores/fruit/count')).body).toEqual({ count: 4 });
    timeMs += 1;
    expect((await get('/api/v1/stores/fruit/entries/kiwi')).body).toEqual({ key: 'kiwi', value: 'green' });
    await deleteStore(at('fruit'));
    timeMs += 5000;
    expect((await get('/api/v1/stores/fruit/count')).status).toBe(404);
  });

  it('that change are answered from their newest version', async () => {
    expect((await get('/api/v1/stores/prices/count')).body).toEqual({ count: 2 });
    const prices = await openCollection(at('prices'), { valueEncoding: 'json' });
    await prices.set('kiwi', { cents: 40 });
    await prices.close();
    timeMs += 5000;
    expect((await get('/api/v1/stores/prices/entries/kiwi')).body).toEqual({
      key: 'kiwi',
      value: { cents: 40 },
    });
  });

  it('are verified with progress', async () => {
    for (const name of ['fruit', 'prices']) {
      const answer = await server.fetch(ask(`/api/v1/stores/${name}/verify`, { method: 'POST' }));
      const lines = (await answer.text()).trimEnd().split('\n');
      expect(JSON.parse(lines.at(-1) as string)).toMatchObject({ report: { ok: true, problems: [] } });
      expect(JSON.parse(lines[0])).toHaveProperty('total');
    }
  });

  it.each([
    ['/api/v1/stores/fruit/entries?limit=x', 'limit: write an integer from 0 to 10000'],
    ['/api/v1/stores/fruit/entries?limit=', 'limit: write an integer from 0 to 10000'],
    ['/api/v1/stores/fruit/entries?limit=10001', 'limit: write an integer from 0 to 10000'],
    ['/api/v1/stores/fruit/entries?limit=1&limit=2', 'limit: it may be given once'],
    ['/api/v1/stores/fruit/entries?perfix=a', 'perfix'],
    ['/api/v1/stores/fruit/entries?reverse=maybe', 'reverse: write true or false'],
    ['/api/v1/stores/fruit/entries?after=x', 'after: write what the page before has as next'],
    ['/api/v1/stores/fruit/entries?keyFormat=octal', 'keyFormat'],
    ['/api/v1/stores/fruit/entries?keyFormat=ip&gte=zz', "can't be read as ip"],
    ['/api/v1/stores/fruit/at/first', 'index: write an integer'],
    ['/api/v1/stores/prices/at/0', 'a collection, which has no positions'],
    ['/api/v1/stores/prices/rank/a', 'a collection, which has no positions'],
  ])('refuse %s', async (path, message) => {
    const { status, body } = await get(path);
    expect(status).toBe(422);
    expect((body as { message: string }).message).toContain(message);
  });

  it.each(['nothing', '..', '%2e%2e', '..%2ffruit', 'fruit%00', '.hidden', '_namespaces', 'a'.repeat(300)])(
    'named %j are not there',
    async (name) => {
      expect((await get(`/api/v1/stores/${name}/count`)).status).toBe(404);
    },
  );

  it('are not reached by links that lead out of the root', async () => {
    await createStore(at('outside/secret')).put('a', 1).close();
    const inner = roots.make({ root: at('fruit/..') });
    expect((await inner.fetch(ask('/api/v1/stores/fruit/count'))).status).toBe(200);
    await createStore(at('root/inside')).put('a', 1).close();
    symlinkSync(at('outside/secret'), at('root/linked'));
    symlinkSync('inside', at('root/alias'));
    const linked = roots.make({ root: at('root') });
    expect((await linked.fetch(ask('/api/v1/stores/linked/count'))).status).toBe(404);
    expect((await linked.fetch(ask('/api/v1/stores/alias/count'))).status).toBe(200);
    const { stores } = (await (await linked.fetch(ask('/api/v1/stores'))).json()) as {
      stores: { name: string }[];
    };
    expect(stores.map(({ name }) => name)).toEqual(['alias', 'inside']);
  });

  it('that are damaged say so without a path', async () => {
    const { readdirSync, readFileSync, writeFileSync } = await import('node:fs');
    const [name] = readdirSync(at('fruit/data'));
    const file = at(`fruit/data/${name}`);
    const bytes = readFileSync(file);
    bytes[40] ^= 1;
    writeFileSync(file, bytes);
    const { status, body } = await get('/api/v1/stores/fruit/entries');
    expect(status).toBe(500);
    expect(body).toMatchObject({ code: 'CORRUPTION' });
    const { message } = body as { message: string };
    expect(message).toMatch(
      /^Internal Server Error: part-00000-\w+\.cairn is damaged, section .*, at byte \d+: run /,
    );
    expect(message).not.toContain(at('.'));
  });

  it('refuse other methods by name', async () => {
    const answer = await server.fetch(
      ask('/api/v1/stores/fruit/entries/apple', { method: 'PUT', body: '1' }),
    );
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  });
});
