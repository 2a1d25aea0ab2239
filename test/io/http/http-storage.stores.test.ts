import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HttpStorage } from '../../../src/io/http/http-storage.ts';
import { parseHttpUrl } from '../../../src/io/http/http-url.ts';
import { registerStorage } from '../../../src/io/uri.ts';
import {
  createStore,
  deleteStore,
  openStore,
  renameStore,
  storeInfo,
  verifyStore,
} from '../../../src/node/index.ts';
import { failure, rejection } from '../../support/failures.ts';
import { clientFor } from '../../support/http-files.ts';
import { HttpServer } from '../../support/http-server.ts';
import { collect, fill, numbered, open, type Pair, TEXT } from '../../support/stores.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const PAIRS = numbered(3_000, 'k', 100);
const ENCODED = { partitionBytes: 65_536, blockBytes: 4_096 } as const;

let server: HttpServer;
let directory: string;
let partition: string;

beforeAll(async () => {
  directory = temporaryDirectory();
  const info = await fill(join(directory, 'store'), PAIRS, ENCODED);
  expect(info.partitions.length).toBeGreaterThan(3);
  partition = info.partitions[0].name;
  await fill(join(directory, 'compressed'), PAIRS, { ...ENCODED, compression: 'deflate' });
  await fill(join(directory, 'empty'), []);
  server = await HttpServer.start(directory);
});
afterEach(() => server.behave());
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

const at = (path: string): string => `${server.origin}/${path}`;

describe.each(['store', 'compressed'])('a %s behind a web server', (name) => {
  it('is read like one on a disk', async () => {
    await using store = await open(at(name));
    expect(store.info).toMatchObject({ uri: at(name), count: PAIRS.length });
    expect(await store.get('k01234')).toBe(PAIRS[1234][1]);
    expect(await store.get('k01234x')).toBeUndefined();
    const keys = ['k02999', 'absent', 'k00000', 'k01500'];
    expect(await store.getMany(keys)).toEqual([PAIRS[2999][1], undefined, PAIRS[0][1], PAIRS[1500][1]]);
    expect(await collect(store.entries({ gte: 'k00990', lt: 'k01010' }))).toEqual(PAIRS.slice(990, 1010));
    expect(await collect(store.keys({ prefix: 'k029', reverse: true, limit: 3 }))).toEqual([
      'k02999',
      'k02998',
      'k02997',
    ]);
    expect(await store.count()).toBe(PAIRS.length);
    expect(await store.at(-1)).toEqual(PAIRS[2999]);
    expect(await collect(store)).toEqual(PAIRS);
  });

  it('is verified', async () => {
    const report = await verifyStore(at(name));
    expect(report).toMatchObject({ ok: true, problems: [] });
    expect(report.checked.entries).toBe(PAIRS.length);
  });
});

it('a store is read all the same when every third answer breaks off', async () => {
  // The same without pauses before retries.
  registerStorage({
    storage: new HttpStorage('http', clientFor()),
    parse: (_, uri) => parseHttpUrl(uri),
  });
  server.behave(({ number }) => (number % 3 === 0 ? { cutAt: 1_000 } : undefined));
  await using store = await open(at('store'));
  expect(await collect(store)).toEqual(PAIRS);
});

it('case 57: opening a store ends with the reason of a signal while the server says nothing', async () => {
  server.behave({ silent: true });
  const abort = new AbortController();
  const opening = rejection(openStore(at('store'), { ...TEXT, signal: abort.signal }));
  await server.reached(1);
  const reason = new Error('enough');
  abort.abort(reason);
  expect(await opening).toBe(reason);
  expect(await server.requests[0].ended).toBe('closed');
});

it('a manifest takes one request', async () => {
  expect(await storeInfo(at('empty'))).toMatchObject({ count: 0 });
  expect(server.requests.map(({ path }) => path)).toEqual(['/empty/MANIFEST.json']);
});

it('what is given as `fetch` sends every request of that reader, and of no other', async () => {
  const sent: string[] = [];
  const counting: typeof fetch = (input, init) => {
    sent.push(String(input instanceof Request ? input.url : input));
    return fetch(input, init);
  };
  await using store = await openStore(at('store'), { ...TEXT, fetch: counting });
  expect(await store.get(PAIRS[0][0])).toBe(PAIRS[0][1]);
  expect(sent.map((url) => url.slice(server.origin.length))).toEqual(server.requests.map(({ path }) => path));
  const { length } = sent;
  expect(length).toBeGreaterThan(1);
  await using other = await open(at('store'));
  expect(await other.get(PAIRS[0][0])).toBe(PAIRS[0][1]);
  expect(sent.length).toBe(length);
});

it('a partition opens as a store', async () => {
  await using store = await open(at(`store/data/${partition}`));
  const found: Pair[] = await collect(store.entries());
  expect(found).toEqual(PAIRS.slice(0, found.length));
});

describe('what is no store', () => {
  it('is NOT_FOUND when it is missing', async () => {
    for (const path of ['none', 'store/data', 'none.cairn', '']) {
      const error = await failure(openStore(at(path)), 'NOT_FOUND');
      expect(error.message).toContain(server.origin);
    }
  });

  it('is NOT_A_STORE when the server has a page for everything', async () => {
    const page = Buffer.from('<html><body>Hello</body></html>');
    server.behave({ status: 200, file: page, ignoreRange: true });
    for (const path of ['none', 'none.cairn']) {
      const error = await failure(openStore(at(path)), 'NOT_A_STORE');
      expect(error.message).toContain('"<"');
    }
    // A partition is found behind such a server, too.
    server.behave(({ path }) => (path.includes('MANIFEST') ? { status: 200, file: page } : undefined));
    expect(await openStore(at(`store/data/${partition}`)).get(PAIRS[0][0])).toBe(PAIRS[0][1]);
  });

  it('is an error that says what to do when the server forbids it', async () => {
    server.behave({ status: 403 });
    expect((await failure(openStore(at('store')), 'IO')).message).toContain('permissions');
  });

  it('is found out when a partition was replaced', async () => {
    server.behave(({ path }) => (path.endsWith('.cairn') ? { file: new Uint8Array(200_000) } : undefined));
    await failure(async () => collect(await openStore(at('store'))), 'CORRUPTION');
  });
});

it('a store over HTTP cannot be written', async () => {
  await failure(() => createStore(at('new'), TEXT).put('a', 'b').close(), 'UNSUPPORTED');
  await failure(renameStore(at('store'), at('other')), 'UNSUPPORTED', 'NOT_FOUND');
  await failure(deleteStore(at('store')), 'UNSUPPORTED', 'NOT_FOUND');
  expect(await openStore(at('store')).get('k00000')).toBe(PAIRS[0][1]);
});
