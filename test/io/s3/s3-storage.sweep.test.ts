import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createStore, deleteStore, type StoreWriter, sweepStores } from '../../../src/node/index.ts';
import { failure } from '../../support/failures.ts';
import { locateComplete } from '../../support/locate-complete.ts';
import { registerServer } from '../../support/s3-place.ts';
import { S3Server } from '../../support/s3-server.ts';
import { fillSized, pairsOf, readAll } from '../../support/stores.ts';

const ROOT = 's3://bucket/root';
const MIB = 2 ** 20;
const HOUR = 60 * 60 * 1000;

let server: S3Server;

beforeAll(async () => {
  server = await S3Server.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.buckets.set('bucket', new Map());
  server.uploads.clear();
  server.pageLength = 1000;
  registerServer(server, { partSize: 5 * MIB });
});

/** A writer whose first partition is on its way, as if its process had been killed then. */
async function abandoned(uri: string, buildId?: string): Promise<StoreWriter<string, Uint8Array>> {
  const options = buildId === undefined ? {} : { buildId };
  const writer = await createStore(uri, { ...options, valueEncoding: 'binary' });
  const begun = server.uploads.size;
  for (let i = 0; i < 12; i++) await writer.put(`k${i + 10}`, new Uint8Array(MIB));
  while (server.uploads.size === begun || [...server.uploads.values()].some(({ parts }) => parts.size < 2)) {
    await new Promise(setImmediate);
  }
  return writer;
}

it('finds uploads of killed writers where nothing else shows them, with their bytes and age, and removes them', async () => {
  server.pageLength = 1;
  const writers = [await abandoned(`${ROOT}/a`), await abandoned(`${ROOT}/b`), await abandoned(ROOT)];
  await fillSized(`${ROOT}/c`, 'three partitions');
  expect(server.keysIn().filter((key) => !key.startsWith('root/c/'))).toEqual([]);
  server.ageUploads(2 * HOUR);
  const young = await abandoned(`${ROOT}/young`);
  expect(await sweepStores(ROOT)).toEqual([]);
  const listed = await sweepStores(ROOT, { olderThanMs: HOUR, dryRun: true });
  expect(listed.map(({ uri }) => uri.replace(/part-.*/, '')).sort()).toEqual(
    ['a/data/', 'b/data/', 'data/'].map((path) => `${ROOT}/${path}`),
  );
  for (const { bytes, ageMs } of listed) {
    expect(bytes).toBe(10 * MIB);
    expect(Math.abs(ageMs - 2 * HOUR)).toBeLessThan(60_000);
  }
  expect(server.uploads.size).toBe(4);
  expect(await sweepStores(ROOT, { olderThanMs: HOUR })).toMatchObject(
    listed.map(({ uri, bytes }) => ({ uri, bytes })),
  );
  expect(server.uploads.size).toBe(1);
  for (const writer of writers) await failure(writer.close(), 'CONFLICT');
  await young.close();
  expect(await readAll(`${ROOT}/c`)).toEqual(pairsOf('three partitions'));
});

it('finds them below a root that holds nothing else, and says that a root is missing that holds nothing at all', async () => {
  const writer = await abandoned(`${ROOT}/a`);
  expect((await sweepStores(ROOT, { olderThanMs: 0 })).length).toBe(1);
  await failure(sweepStores(ROOT, { olderThanMs: 0 }), 'NOT_FOUND');
  await writer.cancel();
});

it('leaves alone what others upload, and stores further down', async () => {
  const { storage } = locateComplete(ROOT);
  const names = ['film.mp4', 'a/data/film.mp4', 'a/films/part-0-x.cairn', 'deep/er/data/part-00000-x.cairn'];
  for (const name of names) {
    const sink = storage.create(`bucket/root/${name}`);
    await sink.write(new Uint8Array(6 * MIB));
  }
  while (server.uploads.size < names.length) await new Promise(setImmediate);
  await fillSized(`${ROOT}/a`, 'two pairs');
  expect(await sweepStores(ROOT, { olderThanMs: 0 })).toEqual([]);
  expect(server.uploads.size).toBe(names.length);
});

it('`deleteStore()` removes the uploads of that store, and of no other', async () => {
  const writers = [await abandoned(`${ROOT}/a`), await abandoned(`${ROOT}/a/b`)];
  await fillSized(`${ROOT}/x`, 'two pairs');
  await locateComplete(ROOT).storage.replace('bucket/root/a/data/part-00009-left.cairn', new Uint8Array(3));
  await deleteStore(`${ROOT}/a`);
  expect([...server.uploads.values()].map(({ key }) => key.replace(/part-.*/, ''))).toEqual([
    'root/a/b/data/',
  ]);
  for (const writer of writers) await writer.cancel();
});

it('who may not see uploads can write and delete all the same, and is told when sweeping', async () => {
  for (const status of [403, 501]) {
    server.fault = ({ method, query }) =>
      method === 'GET' && query.has('uploads') ? { status, code: 'Refused' } : undefined;
    await (await createStore(`${ROOT}/a`, { buildId: 'b' })).close();
    await deleteStore(`${ROOT}/a`);
    await fillSized(`${ROOT}/a`, 'two pairs');
    const sweeping = sweepStores(ROOT, { olderThanMs: 0 });
    if (status === 403) expect((await failure(sweeping, 'IO')).message).toContain('uploads');
    else expect(await sweeping).toEqual([]);
    server.fault = undefined;
    await deleteStore(`${ROOT}/a`);
  }
});

it('an upload under the same `buildId` is a CONFLICT', async () => {
  const writer = await abandoned(`${ROOT}/a`, 'same');
  const error = await failure(createStore(`${ROOT}/a`, { buildId: 'same' }), 'CONFLICT');
  expect(error.message).toMatch(/[Ss]weep/);
  await (await createStore(`${ROOT}/a`, { buildId: 'other' })).cancel();
  await writer.cancel();
});

it('the orphan files of a killed writer block no other', async () => {
  const writer = await abandoned(`${ROOT}/a`);
  await fillSized(`${ROOT}/a`, 'three partitions');
  await failure(writer.close(), 'ALREADY_EXISTS');
  expect(await readAll(`${ROOT}/a`)).toEqual(pairsOf('three partitions'));
  expect([server.keysIn().length, server.uploads.size]).toEqual([4, 0]);
});
