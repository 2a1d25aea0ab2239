import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { openNamespaces } from '../../../src/node/namespace.ts';
import type { CairnServer } from '../../../src/node/server.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { ask, servedRoots } from '../../support/served-root.ts';

const at = directoryPerTest();
const roots = servedRoots();
let server: CairnServer;
let timeMs = 0;

const MINUTE = 60_000;
const BASES = ['/api/v1', '/api/v1/main'];
const NAMESPACE = 'namespaces/io.namespace';

beforeEach(() => {
  timeMs = Date.parse('2026-11-30T12:00:00Z');
  server = roots.make({ root: at('.'), clock: () => timeMs });
});

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly headers: Headers;
}

async function call(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const answer = await server.fetch(ask(path, { method, headers, ...(body === undefined ? {} : { body }) }));
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') === true && text !== '';
  return {
    status: answer.status,
    text,
    json: isJson ? JSON.parse(text) : undefined,
    headers: answer.headers,
  };
}

const put = (key: string, body: string, headers?: Record<string, string>): Promise<Answered> =>
  call('PUT', `/api/v1/${NAMESPACE}/kv/${key}`, body, headers);
const get = (key: string): Promise<Answered> => call('GET', `/api/v1/${NAMESPACE}/kv/${key}`);

async function keysOf(path: string): Promise<string[]> {
  return ((await call('GET', path)).json as { key: string }[]).map(({ key }) => key);
}

describe.each(BASES)('the KV API at %s', (base) => {
  it.each([
    ['K1', '{"hello":"world"}', 'JSON', { hello: 'world' }],
    ['K2', '["hello","world"]', 'JSON', ['hello', 'world']],
    ['K3', '"hello"', 'STRING', 'hello'],
    ['K4', '1', 'NUMBER', 1],
    ['K5', 'true', 'BOOLEAN', true],
    ['K5', 'false', 'BOOLEAN', false],
    ['K6', '2021-09-01', 'DATE', '2021-09-01'],
    ['K7', '2021-09-01T01:02:03Z', 'DATETIME', '2021-09-01T01:02:03Z'],
    // Unlike Kestra, which rewrites it: a quoted string is a STRING.
    ['K8', '"PT5S"', 'STRING', 'PT5S'],
    ['K8, bare', 'PT5S', 'DURATION', 'PT5S'],
    ['K9', '1.2.3', 'STRING', '1.2.3'],
    ['K17', 'null', 'JSON', null],
  ])('%s: PUT %s is a %s', async (_, body, type, value) => {
    for (const contentType of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      const path = `${base}/${NAMESPACE}/kv/my-key`;
      expect(await call('PUT', path, body, { 'content-type': contentType })).toMatchObject({
        status: 200,
        text: '',
      });
      expect((await call('GET', path)).json).toMatchObject({ type, value });
    }
  });
});

describe('the KV API', () => {
  it('K4: keeps the digits that were written', async () => {
    await put('one', '1.0');
    expect((await get('one')).text).toContain('"type":"NUMBER","value":1.0,');
    await put('long', '12345678901234567890.1234567890');
    expect((await get('long')).text).toContain('"value":12345678901234567890.1234567890,');
  });

  it('K10, K12: has a time to live and a description; what has expired is 410 until it is purged, then 404', async () => {
    await put('my-key', '"x"', { ttl: 'PT5M', description: 'Grüße' });
    const listed = (await call('GET', `/api/v1/${NAMESPACE}/kv`)).json;
    expect(listed).toEqual([
      {
        namespace: 'io.namespace',
        version: 1,
        key: 'my-key',
        type: 'STRING',
        revision: 1,
        creationDate: '2026-11-30T12:00:00Z',
        updateDate: '2026-11-30T12:00:00Z',
        expirationDate: '2026-11-30T12:05:00Z',
        description: 'Grüße',
      },
    ]);
    timeMs += 5 * MINUTE;
    for (let i = 0; i < 2; i++) {
      expect(await get('my-key')).toMatchObject({
        status: 410,
        json: {
          message: 'Resource has expired: The requested value has expired',
          _links: { self: { href: `/api/v1/${NAMESPACE}/kv/my-key` } },
        },
      });
    }
    expect((await call('GET', `/api/v1/${NAMESPACE}/entries/my-key`)).status).toBe(410);
    expect((await call('POST', `/api/v1/${NAMESPACE}/purge`, '{}')).json).toEqual({ size: 1 });
    expect((await get('my-key')).status).toBe(404);
  });

  it('K11: says what is missing', async () => {
    expect(await get('my-key')).toMatchObject({
      status: 404,
      json: { message: "Not Found: No value found for key 'my-key' in namespace 'io.namespace'" },
    });
  });

  it('K13: refuses keys that can not exist, with the words of Kestra', async () => {
    const words =
      'Illegal argument: Key must start with an alphanumeric character (uppercase or lowercase) and can contain ' +
      'alphanumeric characters (uppercase or lowercase), dots (.), underscores (_), and hyphens (-) only.';
    for (const key of ['bad$key', 'a%2Fb', '-a', '.a', '_a', 'a%20b', '%E2%82%AC', 'a%00', '..%2f..%2fetc']) {
      for (const [method, body] of [
        ['GET', undefined],
        ['PUT', '1'],
        ['DELETE', undefined],
      ] as const) {
        const { status, json } = await call(method, `/api/v1/${NAMESPACE}/kv/${key}`, body);
        expect([key, method, status]).toEqual([key, method, 422]);
        expect((json as { message: string }).message.startsWith(words)).toBe(true);
      }
    }
    // K14
    expect((await put('AN_UPPER.CASE-key', '1')).status).toBe(200);
    for (const name of ['a..b', '.a', 'a.', 'a%2fb', 'a%20b', '..%2f', 'a.-b', 'a'.repeat(5000)])
      expect((await call('PUT', `/api/v1/namespaces/${name}/kv/key`, '1')).status).toBe(422);
    expect(readdirSync(at('.'))).toEqual(['_namespaces']);
  });

  it('has keys and names of every kind, none of which is the name of a file', async () => {
    for (const key of ['CON', 'nul', 'com1.txt', 'a', 'A', 'x'.repeat(300), '0', 'COLLECTION.json']) {
      expect((await put(key, JSON.stringify(key))).status).toBe(200);
      expect((await get(key)).json).toMatchObject({ value: key });
    }
    expect(await keysOf(`/api/v1/${NAMESPACE}/kv`)).toHaveLength(8);
    expect(readdirSync(at('.'))).toEqual(['_namespaces']);
  });

  it('K15, K16, K21, K22: lists what is live, all of it if asked, and by prefix', async () => {
    expect(await keysOf(`/api/v1/${NAMESPACE}/kv`)).toEqual([]);
    await put('test-key', '1');
    await put('test-second-key', '2');
    await put('another-key', '3', { ttl: 'PT1M' });
    timeMs += 2 * MINUTE;
    expect(await keysOf(`/api/v1/${NAMESPACE}/kv`)).toEqual(['test-key', 'test-second-key']);
    expect(await keysOf(`/api/v1/${NAMESPACE}/kv?includeExpired`)).toHaveLength(3);
    expect(await keysOf(`/api/v1/${NAMESPACE}/kv?prefix=test-s`)).toEqual(['test-second-key']);
  });

  it('lists page by page, once there is a limit', async () => {
    for (let i = 0; i < 5; i++) await put(`key-${i}`, `${i}`);
    const found: string[] = [];
    let path: string | undefined = `/api/v1/${NAMESPACE}/kv?limit=2`;
    while (path !== undefined) {
      const { json, headers } = await call('GET', path);
      found.push(...(json as { key: string }[]).map(({ key }) => key));
      path = /^<(.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(found).toEqual(['key-0', 'key-1', 'key-2', 'key-3', 'key-4']);
    expect((await call('GET', `/api/v1/${NAMESPACE}/kv?limit=0`)).json).toEqual([]);
    expect((await call('GET', `/api/v1/${NAMESPACE}/kv`)).headers.get('link')).toBe(null);
  });

  it('K18: counts revisions, by which writes can be made to depend', async () => {
    expect((await put('my-key', '1')).headers.get('etag')).toBe('"1"');
    timeMs += 1000;
    expect((await put('my-key', '2')).headers.get('etag')).toBe('"2"');
    expect(await get('my-key')).toMatchObject({ json: { revision: 2, updated: '2026-11-30T12:00:01Z' } });
    expect((await put('my-key', '3', { 'if-match': '"1"' })).status).toBe(412);
    expect((await put('my-key', '3', { 'if-match': '"2"' })).status).toBe(200);
    expect((await put('my-key', '4', { 'if-match': '*' })).status).toBe(200);
    expect((await put('my-key', '5', { 'if-none-match': '*' })).status).toBe(412);
    expect((await put('other', '5', { 'if-none-match': '*' })).status).toBe(200);
    expect((await put('third', '5', { 'if-match': '*' })).status).toBe(412);
    expect((await put('my-key', '5', { 'if-match': 'x' })).status).toBe(422);
    const path = `/api/v1/${NAMESPACE}/kv/my-key`;
    expect((await call('DELETE', path, undefined, { 'if-match': '"1"' })).status).toBe(412);
    expect((await call('GET', path, undefined, { 'if-none-match': '"4"' })).status).toBe(304);
    expect((await call('GET', path, undefined, { 'if-none-match': '"3"' })).status).toBe(200);
    expect((await call('DELETE', path, undefined, { 'if-match': '"4"' })).json).toBe(true);
    const history = (await call('GET', `/api/v1/${NAMESPACE}/entries/other/history`)).json;
    expect(history).toMatchObject([{ revision: 1, value: 5 }]);
  });

  it('K19: does not overwrite if it must not', async () => {
    const path = `/api/v1/${NAMESPACE}/kv/my-key?overwrite=false`;
    expect((await call('PUT', path, '1', { ttl: 'PT1M' })).status).toBe(200);
    expect(await call('PUT', path, '2')).toMatchObject({
      status: 409,
      json: {
        message:
          "Conflict: Cannot set value for key 'my-key'. Key already exists and `overwrite` is set to `false`.",
      },
    });
    timeMs += MINUTE;
    expect((await call('PUT', path, '3')).status).toBe(200);
  });

  it('K20: takes a type, which the text must be of', async () => {
    const typed = (body: string, type: string): Promise<Answered> =>
      call('PUT', `/api/v1/${NAMESPACE}/kv/my-key?type=${type}`, body);
    for (const [body, type, value] of [
      ['123.45', 'NUMBER', 123.45],
      ['true', 'BOOLEAN', true],
      ['[{"some":"value"},{"in":"JSON"}]', 'JSON', [{ some: 'value' }, { in: 'JSON' }]],
      ['{not JSON', 'STRING', '{not JSON'],
      ['1', 'STRING', '1'],
      ['P5D', 'DURATION', 'P5D'],
    ] as const) {
      expect((await typed(body, type)).status).toBe(200);
      expect((await get('my-key')).json).toMatchObject({ type, value });
    }
    for (const [body, type] of [
      ['x', 'NUMBER'],
      ['yes', 'BOOLEAN'],
      ['{', 'JSON'],
      ['2021-13-01', 'DATE'],
      ['1', 'INTEGER'],
    ])
      expect((await typed(body, type)).status).toBe(422);
  });

  it.each([
    ['', 'the value is empty'],
    ['  \n', 'the value is empty'],
    ['{"a":', 'the value begins as JSON does, and is not JSON'],
    ['[1,', 'the value begins as JSON does, and is not JSON'],
    ['"x', 'the value begins as JSON does, and is not JSON'],
    ['1e999', 'is too large'],
  ])('refuses the body %j', async (body, message) => {
    const { status, json } = await put('my-key', body);
    expect(status).toBe(422);
    expect((json as { message: string }).message).toContain(message);
  });

  it.each([
    ['-P1D', 'ttl cannot be negative'],
    ['P', 'ttl must be'],
    ['tomorrow', 'ttl must be'],
    ['P300000Y', 'ttl is too long'],
  ])('refuses the ttl %s', async (ttl, message) => {
    const { status, json } = await put('my-key', '1', { ttl });
    expect(status).toBe(422);
    expect((json as { message: string }).message).toContain(message);
  });

  it('K23, K24: deletes, one by one and many at once', async () => {
    await put('my-key', '1');
    const path = `/api/v1/${NAMESPACE}/kv`;
    expect(await call('DELETE', `${path}/my-key`)).toMatchObject({ status: 200, text: 'true' });
    expect(await call('DELETE', `${path}/my-key`)).toMatchObject({ status: 200, text: 'false' });
    await put('my-key', '1');
    expect((await call('DELETE', path, '{"keys":["my-key","absent"]}')).json).toEqual({ keys: ['my-key'] });
    expect((await call('DELETE', path, '{"keys":["my-key"]}')).json).toEqual({ keys: [] });
    for (const body of [
      '',
      '[]',
      '{"keys":"my-key"}',
      '{"keys":[1]}',
      '{"keys":["bad$key"]}',
      '{"key":["a"]}',
    ])
      expect((await call('DELETE', path, body)).status).toBe(422);
  });

  it('K25, K26, K27: inherits by dotted names, if asked', async () => {
    await call('PUT', '/api/v1/namespaces/my/kv/k', '"top"');
    await call('PUT', '/api/v1/namespaces/my.company/kv/k', '"near"');
    await call('PUT', '/api/v1/namespaces/my.company.team/kv/own', '1');
    expect((await call('GET', '/api/v1/namespaces/my.company.team/resolve/k')).json).toMatchObject({
      namespace: 'my.company',
      value: 'near',
    });
    expect((await call('GET', '/api/v1/namespaces/my.company.team/kv/k')).status).toBe(404);
    expect((await call('GET', '/api/v1/namespaces/my.company.team/resolve/none')).status).toBe(404);
    expect((await call('GET', '/api/v1/namespaces/my.company.team/kv/inheritance')).json).toMatchObject([
      { namespace: 'my.company', key: 'k' },
    ]);
    await call('PUT', '/api/v1/namespaces/my/kv/inheritance', '"a key of that name"');
    expect((await call('GET', '/api/v1/namespaces/my/entries/inheritance')).json).toMatchObject({
      key: 'inheritance',
      value: 'a key of that name',
    });
  });

  it('K28, K34: searches all namespaces, page by page', async () => {
    await put('key-1', '1');
    await put('key-2', '2');
    await put('key-3', '3', { ttl: 'PT1M' });
    await call('PUT', '/api/v1/namespaces/other/kv/Alpha', '1');
    timeMs += 2 * MINUTE;
    for (const base of BASES) {
      const search = async (query: string): Promise<{ keys: string[]; total: number }> => {
        const { json } = await call('GET', `${base}/kv?${query}`);
        const { results, total } = json as { results: { key: string }[]; total: number };
        return { keys: results.map(({ key }) => key), total };
      };
      const ours = `filters[namespace][EQUALS]=io.namespace`;
      expect(await search(`page=1&size=1&sort=key:desc&${ours}`)).toEqual({ keys: ['key-2'], total: 2 });
      expect(await search(`page=2&size=1&sort=key:desc&${ours}`)).toEqual({ keys: ['key-1'], total: 2 });
      expect(await search(`page=3&size=1&${encodeURI(ours)}`)).toEqual({ keys: [], total: 2 });
      expect(await search('')).toEqual({ keys: ['Alpha', 'key-1', 'key-2'], total: 3 });
      expect(await search('sort=namespace:desc')).toEqual({ keys: ['Alpha', 'key-1', 'key-2'], total: 3 });
      expect(await search('filters[namespace][PREFIX]=io')).toEqual({ keys: ['key-1', 'key-2'], total: 2 });
      expect(await search('filters[q][EQUALS]=alp')).toEqual({ keys: ['Alpha'], total: 1 });
      for (const query of [
        'sort=last:asc',
        'sort=key',
        'page=0',
        'size=x',
        'filters[x][EQUALS]=1',
        'filters[key][NEAR]=1',
      ])
        expect((await call('GET', `${base}/kv?${query}`)).status).toBe(422);
    }
  });

  it('K29, K30, K31, K32: purges', async () => {
    for (const key of ['key_1', 'key_2', 'not_found']) await put(key, '1', { ttl: 'PT1M' });
    await put('live', '1');
    timeMs += MINUTE;
    const purge = (body: object): Promise<Answered> =>
      call('POST', `/api/v1/${NAMESPACE}/purge`, JSON.stringify(body));
    expect((await purge({ keyPattern: '*ey*' })).json).toEqual({ size: 2 });
    expect((await purge({})).json).toEqual({ size: 1 });
    await put('live', '2');
    await put('live', '3');
    expect((await purge({ keepVersions: 2 })).json).toEqual({ size: 1 });
    expect(await purge({ keepVersions: 2, before: '2026-11-30T12:00:00Z' })).toMatchObject({ status: 422 });
    expect(await purge({ olderThan: 1 })).toMatchObject({ status: 422 });
    expect((await get('live')).json).toMatchObject({ value: 3 });
  });

  it('has namespaces by name', async () => {
    expect((await call('GET', '/api/v1/namespaces')).json).toEqual({ namespaces: [] });
    expect((await call('PUT', '/api/v1/namespaces/empty')).status).toBe(200);
    await put('a', '1');
    expect((await call('GET', '/api/v1/namespaces')).json).toEqual({ namespaces: ['empty', 'io.namespace'] });
    expect((await call('GET', '/api/v1/namespaces?prefix=io')).json).toEqual({
      namespaces: ['io.namespace'],
    });
    expect((await call('GET', '/api/v1/namespaces/empty')).json).toEqual({ namespace: 'empty' });
    expect((await call('DELETE', '/api/v1/namespaces/empty')).json).toBe(true);
    expect((await call('GET', '/api/v1/namespaces/empty')).status).toBe(404);
    expect((await call('DELETE', '/api/v1/namespaces/empty')).json).toBe(false);
  });

  it('has no tenants of the names that paths need', async () => {
    for (const tenant of ['stores', 'namespaces', 'kv', 'a%2fb', 'a.b', '-a'])
      expect((await call('GET', `/api/v1/${tenant}/namespaces/a/kv`)).status).toBeGreaterThanOrEqual(400);
    expect((await call('GET', '/api/v1/any_Thing-1/namespaces/a/kv')).json).toEqual([]);
  });

  it('only reads where it must, and says so', async () => {
    await put('my-key', '1');
    const reading = roots.make({ root: at('.'), readOnly: true });
    for (const [method, path, body] of [
      ['PUT', `/api/v1/${NAMESPACE}/kv/my-key`, '2'],
      ['DELETE', `/api/v1/${NAMESPACE}/kv/my-key`, undefined],
      ['DELETE', `/api/v1/${NAMESPACE}/kv`, '{"keys":["my-key"]}'],
      ['PUT', '/api/v1/namespaces/other', undefined],
      ['DELETE', `/api/v1/${NAMESPACE}`, undefined],
      ['POST', `/api/v1/${NAMESPACE}/purge`, '{}'],
    ] as const) {
      const answer = await reading.fetch(ask(path, { method, ...(body === undefined ? {} : { body }) }));
      expect([method, path, answer.status]).toEqual([method, path, 405]);
    }
    const answer = await reading.fetch(ask(`/api/v1/${NAMESPACE}/kv/my-key`));
    expect(await answer.json()).toMatchObject({ value: 1 });
  });

  it('shares its root with programs, in both directions', async () => {
    await put('my-key', '1');
    const namespaces = await openNamespaces(at('.'), { clock: () => timeMs });
    const ours = namespaces.namespace('io.namespace');
    expect(await ours.get('my-key')).toBe(1);
    await ours.set('theirs', 'hello');
    await namespaces.close();
    const fresh = roots.make({ root: at('.'), clock: () => timeMs });
    const answer = await fresh.fetch(ask(`/api/v1/${NAMESPACE}/kv/theirs`));
    expect(await answer.json()).toMatchObject({ type: 'STRING', value: 'hello' });
  });

  it('is not reached through the stores or files beside it', async () => {
    await put('my-key', '"secret"');
    expect((await call('GET', '/api/v1/stores')).json).toEqual({ stores: [], skipped: [] });
    expect((await call('GET', '/api/v1/stores/_namespaces/entries')).status).toBe(404);
    expect((await call('GET', '/files/_namespaces/COLLECTION.json')).status).toBe(404);
  });
});

it('a damaged collection of namespaces is told where it is asked for, and keeps nothing else from being served', async () => {
  mkdirSync(at('_namespaces'));
  writeFileSync(at('_namespaces/COLLECTION.json'), 'scrap');
  expect((await call('GET', '/api/v1/stores')).json).toEqual({ stores: [], skipped: [] });
  expect((await call('GET', '/')).status).toBe(200);
  for (const path of ['/api/v1/namespaces', `/api/v1/${NAMESPACE}/kv`, `/api/v1/${NAMESPACE}/kv/a`]) {
    const { status, json, text } = await call('GET', path);
    expect([path, status, json]).toEqual([path, 500, expect.objectContaining({ code: 'CORRUPTION' })]);
    expect(text).not.toContain(at('.'));
  }
  expect((await put('a', '1')).status).toBe(500);
});
