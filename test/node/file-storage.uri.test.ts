import { spawnSync } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, expect, it } from 'vitest';
import {
  createStore,
  deleteStore,
  listStores,
  openStore,
  renameStore,
  storeInfo,
} from '../../src/node/index.ts';
import { failure } from '../support/failures.ts';
import { collect, fill, numbered, open, readAll, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const base = temporaryDirectory();
const home = process.cwd();
afterEach(() => process.chdir(home));
afterAll(() => rmSync(base, { recursive: true, force: true }));

it('a plain path, a file URI of either form and a URL object name the same store', async () => {
  const path = `${base}/plain`;
  await fill(path, numbered(3));
  for (const uri of [
    path,
    `${path}/`,
    `file:${path}`,
    `file://${path}`,
    `FILE://${path}`,
    pathToFileURL(path).href,
  ]) {
    expect(await readAll(uri), uri).toEqual(numbered(3));
  }
  expect(await openStore(pathToFileURL(path), TEXT).count()).toBe(3);
  expect((await storeInfo(`file://${path}`)).uri).toBe((await storeInfo(path)).uri);
});

it('a relative path is relative to the working directory when it was given', async () => {
  process.chdir(base);
  const writer = await createStore('relative', TEXT);
  process.chdir(home);
  writer.put('a', '1');
  const info = await writer.close();
  expect(existsSync(`${base}/relative/MANIFEST.json`)).toBe(true);
  process.chdir(base);
  expect(await readAll('./relative')).toEqual([['a', '1']]);
  expect(await readAll('file:relative')).toEqual([['a', '1']]);
  process.chdir(home);
  expect(await readAll(info.uri)).toEqual([['a', '1']]);
});

it('names with blanks, percent signs, hashes, question marks and other scripts are taken as they are', async () => {
  for (const name of [
    'with blank',
    '100%',
    '%41',
    'a#b',
    'a?b',
    'wörter',
    '数据',
    'new\nline',
    "quo'te",
    '-dash',
    'a:b',
  ]) {
    const path = `${base}/names/${name}`;
    await fill(path, numbered(2));
    expect(existsSync(`${path}/MANIFEST.json`), name).toBe(true);
    expect(await readAll(path)).toEqual(numbered(2));
    expect(await readAll(pathToFileURL(path).href)).toEqual(numbered(2));
    expect(await openStore(pathToFileURL(path), TEXT).count()).toBe(2);
    expect(await readAll((await storeInfo(path)).uri)).toEqual(numbered(2));
  }
  const listed = await collect(listStores(`${base}/names`));
  expect(listed.length).toBe(11);
  for (const { uri } of listed) expect(await readAll(uri)).toEqual(numbered(2));
});

it('a file URI that is broken is INVALID_ARGUMENT', async () => {
  for (const uri of ['file:%zz', 'file:///%zz', 'file://remote.example/share']) {
    await failure(openStore(uri), 'INVALID_ARGUMENT');
  }
});

it('a store is found through a symbolic link, and its directory removed only by its own name', async () => {
  await fill(`${base}/target`, numbered(3));
  symlinkSync(`${base}/target`, `${base}/link`);
  expect(await readAll(`${base}/link`)).toEqual(numbered(3));
  await failure(createStore(`${base}/link`), 'ALREADY_EXISTS');
  await failure(renameStore(`${base}/target`, `${base}/link`), 'ALREADY_EXISTS');
  symlinkSync(`${base}/nowhere`, `${base}/dangling`);
  await failure(openStore(`${base}/dangling`), 'NOT_FOUND');
  expect(await readAll(`${base}/target`)).toEqual(numbered(3));
});

it('case 42: a pipe in the place of a store, a manifest or a partition is refused, not waited for', async () => {
  const info = await createStore(`${base}/piped`).put('a', 1).close();
  const data = `${base}/piped/data/${info.partitions[0].name}`;
  for (const path of [`${base}/pipe`, `${base}/pipe.cairn`, data, `${base}/piped/MANIFEST.json`]) {
    rmSync(path, { force: true });
    if (spawnSync('mkfifo', [path]).status !== 0) return;
    const uri = path.startsWith(`${base}/piped/`) ? `${base}/piped` : path;
    await failure(openStore(uri), 'NOT_A_STORE', 'CORRUPTION', 'IO');
  }
});

/** Files below the base that this process has open, where the system tells. */
function openFiles(below: string): string[] {
  if (!existsSync('/proc/self/fd')) return [];
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(below) ? [path] : [];
    } catch {
      return [];
    }
  });
}

it('nothing stays open of closed readers and writers, finished, cancelled or refused', async () => {
  // Below a directory of its own: readers that other tests left to the collector close whenever it comes by.
  const own = `${base}/descriptors`;
  const uri = `${own}/s`;
  await fill(uri, numbered(50, 'k', 300), SMALL_PARTITIONS);
  expect(openFiles(own)).toEqual([]);
  const store = await open(uri);
  await collect(store);
  await store.get('k00003');
  const scan = store.entries();
  await scan.next();
  await store.close();
  expect(openFiles(own)).toEqual([]);
  const cancelled = await createStore(`${own}/cancelled`, { ...TEXT, ...SMALL_PARTITIONS });
  await cancelled.putAll(numbered(50, 'k', 300));
  await cancelled.cancel();
  const [first, second] = [await createStore(`${own}/race`, TEXT), await createStore(`${own}/race`, TEXT)];
  first.put('a', '1');
  second.put('a', '2');
  await first.close();
  await failure(second.close(), 'ALREADY_EXISTS');
  await failure(openStore(uri, { keyEncoding: 'binary' }), 'INVALID_ARGUMENT');
  await failure(createStore(uri), 'ALREADY_EXISTS');
  await storeInfo(uri);
  await deleteStore(uri);
  expect(openFiles(own)).toEqual([]);
});

it('a writer whose directory became a file fails with a typed error', async () => {
  const uri = `${base}/taken`;
  const writer = await createStore(uri, TEXT);
  rmSync(uri, { recursive: true });
  writeFileSync(uri, 'precious');
  await failure(() => writer.put('a', '1'), 'IO', 'NOT_FOUND', 'ALREADY_EXISTS', 'CONFLICT');
  await failure(writer.close(), 'IO', 'NOT_FOUND', 'ALREADY_EXISTS', 'CONFLICT');
  expect(readFileSync(uri, 'utf8')).toBe('precious');
});
