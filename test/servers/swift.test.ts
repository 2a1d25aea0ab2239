import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCollection } from '../../src/collection/index.ts';
import {
  copyStore,
  createStore,
  deleteStore,
  listStores,
  mergeStore,
  renameStore,
  sweepStores,
  verifyStore,
} from '../../src/node/index.ts';
import { failure } from '../support/failures.ts';
import { tree } from '../support/storage-tools.ts';
import { collect, fill, fillSized, numbered, pairsOf, readAll, SMALL_PARTITIONS } from '../support/stores.ts';
import { makeBucket, type RealServer, registerReal } from './real-server.ts';
import { startSwift } from './swift.ts';

const ROOT = 's3://bucket/root';

let server: RealServer;

beforeAll(async () => {
  server = await startSwift();
  await makeBucket(server);
});
afterAll(() => server?.stop());

it('`createStore()` is refused, with advice, and leaves nothing', async () => {
  registerReal(server);
  await fillSized('memory:for-swift', 'two pairs');
  for (const refused of [createStore(`${ROOT}/s`), copyStore('memory:for-swift', `${ROOT}/s`)]) {
    const error = await failure(refused, 'UNSUPPORTED');
    expect(error.message).toMatch(/501.*commit: 'unsafe'/);
  }
  expect(await tree(ROOT)).toEqual([]);
});

it('a collection is refused, with advice, and leaves nothing', async () => {
  registerReal(server);
  const error = await failure(() => openCollection(`${ROOT}/collection`), 'UNSUPPORTED');
  expect(error.message).toContain('501');
  expect(await tree(ROOT)).toEqual([]);
});

it('stores are written, merged and renamed where one says that this is unsafe, and read in any case', async () => {
  registerReal(server, { commit: 'unsafe' });
  await fillSized(`${ROOT}/s`, 'three partitions');
  await fill(`${ROOT}/t`, numbered(5, 'x', 300), SMALL_PARTITIONS);
  await failure(fillSized(`${ROOT}/s`, 'two pairs'), 'ALREADY_EXISTS');
  registerReal(server);
  expect(await readAll(`${ROOT}/s`)).toEqual(pairsOf('three partitions'));
  expect(await verifyStore(`${ROOT}/t`)).toMatchObject({ ok: true });
  expect((await collect(listStores(ROOT))).length).toBe(2);
  registerReal(server, { commit: 'unsafe' });
  await mergeStore(`${ROOT}/t`, `${ROOT}/s`);
  await renameStore(`${ROOT}/s`, `${ROOT}/u`);
  expect(await readAll(`${ROOT}/u`)).toEqual([...pairsOf('three partitions'), ...numbered(5, 'x', 300)]);
  await deleteStore(`${ROOT}/u`);
  expect(await tree(ROOT)).toEqual([]);
});

it('large files go there in parts', async () => {
  registerReal(server, { commit: 'unsafe', partSize: 5 * 2 ** 20 });
  const writer = await createStore(`${ROOT}/large`, { valueEncoding: 'binary' });
  for (let i = 0; i < 24; i++) await writer.put(`k${i + 10}`, new Uint8Array(2 ** 20).fill(i));
  await writer.close();
  expect(await verifyStore(`${ROOT}/large`)).toMatchObject({ ok: true, checked: { entries: 24 } });
});

it('sweep finds the uploads of killed writers', async () => {
  registerReal(server, { commit: 'unsafe', partSize: 5 * 2 ** 20 });
  const writer = await createStore(`${ROOT}/killed`, { valueEncoding: 'binary' });
  for (let i = 0; i < 12; i++) await writer.put(`k${i + 10}`, new Uint8Array(2 ** 20));
  const find = () => sweepStores(ROOT, { olderThanMs: 0, dryRun: true }).catch(() => []);
  let found = await find();
  while (found[0]?.bytes !== 10 * 2 ** 20) found = await find();
  expect(found.length).toBe(1);
  expect(await sweepStores(ROOT)).toEqual([]);
  expect((await sweepStores(ROOT, { olderThanMs: 0 })).length).toBe(1);
  await failure(writer.close(), 'CONFLICT');
});
