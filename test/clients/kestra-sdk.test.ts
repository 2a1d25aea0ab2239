import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StartedServer, startServer } from './started-server.ts';

/** What a call of the client is called back with. */
type Callback = (
  error: { readonly response?: { readonly body: { readonly message: string } } } | null,
  data: unknown,
) => void;

interface KvApi {
  setKeyValue(namespace: string, key: string, tenant: string, body: string, callback: Callback): void;
  getKeyValue(namespace: string, key: string, tenant: string, callback: Callback): void;
  listKeys(namespace: string, tenant: string, callback: Callback): void;
  deleteKeyValue(namespace: string, key: string, tenant: string, callback: Callback): void;
  deleteKeyValues(namespace: string, tenant: string, request: object, callback: Callback): void;
}

// Its main module needs a file that the package lacks.
const load = createRequire(fileURLToPath(new URL('./package.json', import.meta.url)));
const { default: ApiClient } = load('@kestra-io/kestra-sdk/dist/ApiClient.js') as {
  default: new (url: string) => object;
};
const { default: KVApi } = load('@kestra-io/kestra-sdk/dist/api/KVApi.js') as {
  default: new (client: object) => KvApi;
};

let server: StartedServer;
let api: KvApi;

beforeAll(async () => {
  server = await startServer();
  api = new KVApi(new ApiClient(server.url));
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

function promised(call: (callback: Callback) => void): Promise<unknown> {
  return new Promise((resolve, reject) =>
    call((error, data) => (error === null ? resolve(data) : reject(new Error(error.response?.body.message)))),
  );
}

const set = (key: string, body: string): Promise<unknown> =>
  promised((callback) => api.setKeyValue('company.team', key, 'main', body, callback));
const get = (key: string): Promise<unknown> =>
  promised((callback) => api.getKeyValue('company.team', key, 'main', callback));

describe("Kestra's client for JavaScript", () => {
  it.each([
    ['hello', 'STRING', 'hello'],
    ['"quoted"', 'STRING', 'quoted'],
    ['42', 'NUMBER', 42],
    ['true', 'BOOLEAN', true],
    ['2021-09-01', 'DATE', '2021-09-01'],
    ['2021-09-01T01:02:03Z', 'DATETIME', '2021-09-01T01:02:03Z'],
    ['PT15M', 'DURATION', 'PT15M'],
    ['{"hello":"world"}', 'JSON', { hello: 'world' }],
  ])('sets %s and gets it', async (body, type, value) => {
    await set('my_key', body);
    expect(await get('my_key')).toMatchObject({ type, value });
  });

  it('lists, deletes, and deletes many', async () => {
    for (const key of ['a', 'b', 'c']) await set(key, key);
    const listed = (await promised((callback) => api.listKeys('company.team', 'main', callback))) as {
      key: string;
      creationDate: Date;
    }[];
    expect(listed.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'my_key']);
    expect(listed[0].creationDate).toBeInstanceOf(Date);
    const remove = (key: string): Promise<unknown> =>
      promised((callback) => api.deleteKeyValue('company.team', key, 'main', callback));
    expect(await remove('a')).toBe(true);
    expect(await remove('a')).toBe(false);
    const removed = await promised((callback) =>
      api.deleteKeyValues('company.team', 'main', { keys: ['a', 'b', 'c'] }, callback),
    );
    expect(removed).toEqual({ keys: ['b', 'c'] });
  });

  it('reads what is wrong', async () => {
    await expect(get('absent')).rejects.toThrow(
      "Not Found: No value found for key 'absent' in namespace 'company.team'",
    );
    await expect(set('bad$key', '1')).rejects.toThrow('Illegal argument: Key must start with');
  });
});
