import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CairnError } from '../../../src/errors.ts';
import {
  copyStore,
  createStore,
  deleteStore,
  listStores,
  mergeStore,
  mergeStores,
  renameStore,
  salvageStore,
  storeInfo,
  sweepStores,
} from '../../../src/index.ts';
import { storageConformance } from '../../../src/io/conformance/index.ts';
import { HttpStorage } from '../../../src/io/http/http-storage.ts';
import type { ReadableStorage, RequestReport } from '../../../src/io/storage.ts';
import { locate } from '../../../src/io/uri.ts';
import { failure, failureNow, rejection } from '../../support/failures.ts';
import { clientFor, patterned } from '../../support/http-files.ts';
import { HttpServer } from '../../support/http-server.ts';
import { collect } from '../../support/stores.ts';

const PAGE = new TextEncoder().encode('\ufeff\n <!doctype html><title>Not found</title>');

const files = new Map([
  ['/a/part.cairn', patterned(1_000)],
  ['/a/empty.cairn', new Uint8Array(0)],
  ['/a/b c/d', patterned(10)],
  ['/page', PAGE],
]);

let server: HttpServer;

beforeAll(async () => {
  server = await HttpServer.start(files);
});
afterEach(() => server.behave());
afterAll(() => server.close());

describe('case 43: URLs', () => {
  const path = (uri: string): string => locate(uri).path;

  it('are what paths are, without slashes at their end', () => {
    expect(path('https://Example.org:443/a/b')).toBe('https://example.org/a/b');
    expect(path('https://example.org/a/b//')).toBe('https://example.org/a/b');
    expect(path('http://example.org')).toBe('http://example.org/');
    expect(path('HTTP://example.org:8080/a%2Fb/ä')).toBe('http://example.org:8080/a%2Fb/%C3%A4');
    expect(path('http://[::1]:80/a/../b')).toBe('http://[::1]/b');
    expect(locate(new URL('https://example.org/a')).uri).toBe('https://example.org/a');
    expect(locate('https://example.org/a').storage.scheme).toBe('https');
    expect(locate('http://example.org/a').storage.scheme).toBe('http');
  });

  it('keep what signs them, behind the names that are joined', () => {
    const { storage, path: root } = locate('https://example.org/p/?sig=x%2F&t=1');
    const data = storage.join(root, 'data');
    const part = storage.join(data, 'part-0 ü?#%.cairn');
    expect(part).toBe('https://example.org/p/data/part-0%20%C3%BC%3F%23%25.cairn?sig=x%2F&t=1');
    expect(storage.split(part)).toEqual({ directory: data, name: 'part-0 ü?#%.cairn' });
    expect(storage.split(data)).toEqual({ directory: 'https://example.org/p?sig=x%2F&t=1', name: 'data' });
    expect(storage.join('https://example.org/', 'x')).toBe('https://example.org/x');
    expect(storage.split('https://example.org/50%')).toEqual({
      directory: 'https://example.org/',
      name: '50%',
    });
  });

  it.each([
    'http:',
    'http:/',
    'http://',
    'https:example.org/a',
    'https:/example.org/a',
    'https:///example.org/a',
    'https://exa mple.org/a',
    'https://example.org:99999/a',
    'https://example.org/a\nb',
    'https://example.org/a ',
    'https://example.org/a#b',
    'https://example.org/a#',
    'https://us%er:pa%ss@example.org/a',
  ])('are refused when they are none, or say too much: %j', (uri) => {
    expect(failureNow(() => locate(uri), 'INVALID_ARGUMENT').argument).toBe('uri');
  });

  it('never show their secrets', () => {
    const { storage, uri, path: root } = locate('https://me:secret@example.org/p?sig=secret');
    expect(uri).toBe('https://example.org/p?…');
    expect(storage.uri(storage.join(root, 'x'))).toBe('https://example.org/p/x?…');
    for (const wrong of [
      'https://me:secret@exa mple.org/p?sig=secret',
      'https://me:secret@h/p?sig=secret#x',
    ]) {
      expect(failureNow(() => locate(wrong), 'INVALID_ARGUMENT').message).not.toContain('secret');
    }
    expect(failureNow(() => locate('https://me:secret%@h/p'), 'INVALID_ARGUMENT').message).not.toContain(
      'secret',
    );
  });

  it('are asked for with their query, and their user as a header; neither is told to anybody', async () => {
    const reports: RequestReport[] = [];
    const secret = `${server.origin.replace('//', '//m%C3%A9:s%3Aecret@')}/a?sig=secret`;
    const { path: root } = locate(secret);
    const mine = new HttpStorage('http', clientFor({ onRequest: (report) => reports.push(report) }));
    const source = await mine.open(mine.join(root, 'part.cairn'));
    expect(source.size).toBe(1_000);
    expect(server.requests[0]).toMatchObject({ path: '/a/part.cairn', query: '?sig=secret' });
    expect(server.requests[0].headers.authorization).toBe(
      `Basic ${Buffer.from('mé:s:ecret').toString('base64')}`,
    );
    server.behave({ status: 500 });
    const error = await failure(
      mine.open(mine.join(root, 'x'), undefined, AbortSignal.timeout(60_000)),
      'IO',
    );
    expect(reports.length).toBe(5);
    expect(JSON.stringify([reports, error.message, error, source.name, String(error.cause)])).not.toContain(
      'ecret',
    );
    expect(source.name).toBe(`${server.origin}/a/part.cairn?…`);
  });
});

describe('the storage of http: keeps the promises of one that is read', () => {
  let number = 0;
  const cases = storageConformance({
    root: () => `${server.origin}/root-${number++}`,
    capabilities: [],
    put: (uri, bytes) => void files.set(new URL(uri).pathname, bytes),
  });
  for (const { name, run } of cases) it(name, run);
});

describe('the storage of http:', () => {
  const at = (rest: string): [ReadableStorage, string] => {
    const { storage, path } = locate(server.origin + rest);
    return [storage, path];
  };

  it('opens with one request, or with none when the file is known', async () => {
    const [storage, path] = at('/a/part.cairn');
    expect((await storage.open(path)).size).toBe(1_000);
    expect(server.requests.length).toBe(1);
    expect((await storage.open(path, { bytes: 5_000 })).size).toBe(5_000);
    expect(server.requests.length).toBe(1);
  });

  it('finds files whose names have to be encoded', async () => {
    const [storage, path] = at('/a');
    const source = await storage.open(storage.join(storage.join(path, 'b c'), 'd'));
    expect(source.size).toBe(10);
    expect(server.requests[0].path).toBe('/a/b c/d');
  });

  it('knows partitions by their names, and nothing else', async () => {
    const kind = (rest: string) => at(rest)[0].kind(at(rest)[1]);
    expect(await kind('/a/part.cairn')).toBe('file');
    expect(await kind('/a/empty.cairn')).toBe('file');
    expect(server.sent).toBeLessThan(100);
    expect(await kind('/a/none.cairn')).toBeUndefined();
    server.behave();
    expect(await kind('/a')).toBeUndefined();
    expect(await kind('/none')).toBeUndefined();
    expect(server.requests.length).toBe(0);
    server.behave({ status: 403 });
    await failure(kind('/a/part.cairn'), 'IO');
  });

  it('tells a page from what it was asked for', async () => {
    const [storage, path] = at('/page');
    const error = await failure(storage.open(path), 'NOT_A_STORE');
    expect(error.message).toContain('begins with "<"');
    expect(error.uri).toBe(`${server.origin}/page`);
  });

  it('passes over what a server says instead of a file that is known', async () => {
    server.behave({ ignoreRange: true, file: PAGE, headers: { 'content-type': 'text/html; charset=utf-8' } });
    const [storage, path] = at('/a/part.cairn');
    const source = await storage.open(path, { bytes: 1_000 });
    const error = await failure(source.read(0, new Uint8Array(10)), 'CORRUPTION');
    expect(error.message).toContain('web page');
  });

  it('can be neither changed nor listed, and every function says so before anything is sent', async () => {
    await createStore('memory:kept').put('a', 'b').close();
    const uri = `${server.origin}/s`;
    const refused: [unknown, string][] = [
      [() => createStore(uri), `can't be written to: the storage of http: URIs has no create()`],
      [copyStore('memory:kept', uri), `can't be written to`],
      [mergeStore('memory:kept', uri), `can't be written to`],
      [mergeStore(uri, 'memory:kept'), `can't be merged and deleted`],
      [mergeStores(['memory:kept'], uri), `can't be written to`],
      [salvageStore('memory:kept', uri), `can't be written to`],
      [createStore('memory:sorted', { sort: true, sortDirectory: uri }), `can't be sorted in`],
      [renameStore(uri, `${uri}/t`), `can't be renamed: the storage of http: URIs has no moveDirectory()`],
      [deleteStore(uri), `can't be deleted: the storage of http: URIs has no remove()`],
      [sweepStores(uri), `can't be swept`],
      [
        collect(listStores(uri)),
        `can't be listed: the storage of http: URIs has no list(). Name the store itself`,
      ],
    ];
    for (const [call, said] of refused) {
      const error = await failure(call as Promise<unknown>, 'UNSUPPORTED');
      expect(error.uri).toBe(uri);
      expect(error.message).toContain(`${uri} ${said}`);
    }
    expect(server.requests.length).toBe(0);
    expect((await storeInfo('memory:kept')).count).toBe(1);
  });

  it('asks with the `fetch` of the reader, each with its own', async () => {
    const [storage, path] = at('/a/part.cairn');
    const asked: string[] = [];
    const with_ = (name: string): ReadableStorage =>
      storage.withAccess?.({
        fetch: (input, init) => {
          asked.push(name);
          return fetch(input, init);
        },
      }) as ReadableStorage;
    const [one, two] = [with_('one'), with_('two')];
    await one.open(path);
    await two.open(path);
    await storage.open(path);
    expect(asked).toEqual(['one', 'two']);
  });

  it('passes on the errors of a `fetch` that throws ours, and gives others a type', async () => {
    const mine = new CairnError('UNSUPPORTED', 'no credentials here', {});
    const throwing = (error: unknown): ReadableStorage =>
      new HttpStorage('http', clientFor()).withAccess({
        fetch: () => {
          throw error;
        },
      });
    const path = `${server.origin}/a/part.cairn`;
    expect(await rejection(throwing(mine).open(path))).toBe(mine);
    const error = await failure(throwing(new Error('odd')).open(path), 'IO');
    expect(error.message).toContain('odd');
  });
});
