import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  copyStore,
  createStore,
  type StoreWriter,
  sweepStores,
  verifyStore,
} from '../../../src/node/index.ts';
import { failure } from '../../support/failures.ts';
import { QuickHost } from '../../support/quick-host.ts';
import { registerServer } from '../../support/s3-place.ts';
import { type Asked, S3Server } from '../../support/s3-server.ts';
import { readTree } from '../../support/storage-tools.ts';
import { fillSized, pairsOf, readAll } from '../../support/stores.ts';

const ROOT = 's3://bucket/root';
const MIB = 2 ** 20;

let server: S3Server;

beforeAll(async () => {
  server = await S3Server.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.fault = undefined;
  server.onRequest = undefined;
  server.conditions = 'honoured';
  server.completionConditions = 'honoured';
  server.buckets.set('bucket', new Map());
  server.uploads.clear();
  registerServer(server, { partSize: 5 * MIB }, new QuickHost());
});

/** Does something just before the first request that fits. */
function justBefore(fits: (asked: Asked) => boolean, act: () => Promise<unknown>): () => boolean {
  let done = false;
  server.onRequest = async (asked) => {
    if (done || !fits(asked)) return;
    done = true;
    await act();
  };
  return () => done;
}

const keysBelow = (prefix: string): string[] => server.keysIn().filter((key) => key.startsWith(prefix));

async function putLarge(writer: StoreWriter<string, Uint8Array>): Promise<void> {
  for (let i = 0; i < 12; i++) await writer.put(`k${i + 10}`, new Uint8Array(MIB).fill(i));
}

/** A store of one partition that goes in parts. */
async function fillLarge(uri: string): Promise<void> {
  const writer = await createStore(uri, { valueEncoding: 'binary' });
  await putLarge(writer);
  await writer.close();
}

it('a copy is refused before it begins where the storage keeps no writers apart', async () => {
  await fillSized('memory:copied', 'three partitions');
  server.conditions = 'ignored';
  const error = await failure(copyStore('memory:copied', `${ROOT}/t`), 'UNSUPPORTED');
  expect(error.message).toMatch(/ignores.*CAIRN_S3_COMMIT=unsafe/);
  expect(server.keysIn()).toEqual([]);
});

it('of copies that race one wins, and its files stay', async () => {
  await fillSized(`${ROOT}/s`, 'three partitions');
  const copies = await Promise.allSettled(
    Array.from({ length: 8 }, () => copyStore(`${ROOT}/s`, `${ROOT}/t`)),
  );
  expect(copies.filter(({ status }) => status === 'fulfilled').length).toBe(1);
  for (const copy of copies) {
    if (copy.status === 'rejected') expect(['CONFLICT', 'ALREADY_EXISTS']).toContain(copy.reason.code);
  }
  expect(await readTree(`${ROOT}/t`)).toEqual(await readTree(`${ROOT}/s`));
});

it('a copy that loses to one that went on with its files leaves them', async () => {
  await fillSized(`${ROOT}/s`, 'three partitions');
  const acted = justBefore(
    ({ method, key }) => method === 'PUT' && key === 'root/t/MANIFEST.json',
    () => copyStore(`${ROOT}/s`, `${ROOT}/t`, { resume: true }),
  );
  await failure(copyStore(`${ROOT}/s`, `${ROOT}/t`), 'ALREADY_EXISTS');
  expect(acted()).toBe(true);
  expect(await readAll(`${ROOT}/t`)).toEqual(pairsOf('three partitions'));
});

it('a writer that loses to another with its `buildId`, which it overwrote, leaves the files', async () => {
  // As Ceph does it.
  server.completionConditions = 'ignored';
  const options = { valueEncoding: 'binary', buildId: 'same' } as const;
  const writers = [await createStore(`${ROOT}/t`, options), await createStore(`${ROOT}/t`, options)];
  for (const writer of writers) await putLarge(writer);
  const acted = justBefore(
    ({ method, query }) => method === 'POST' && query.has('uploadId'),
    () => writers[0].close(),
  );
  await failure(writers[1].close(), 'ALREADY_EXISTS');
  expect(acted()).toBe(true);
  expect(await verifyStore(`${ROOT}/t`)).toMatchObject({ ok: true, checked: { entries: 12 } });
});

it('a copy that was killed while it sent a part is resumed, and its upload given up', async () => {
  await fillLarge(`${ROOT}/s`);
  server.fault = ({ key, query }) =>
    key.startsWith('root/t/') && query.has('uploadId') ? { status: 403, code: 'Killed' } : undefined;
  await failure(copyStore(`${ROOT}/s`, `${ROOT}/t`), 'IO');
  server.fault = undefined;
  expect([keysBelow('root/t/'), server.uploads.size]).toEqual([[], 1]);
  const error = await failure(copyStore(`${ROOT}/s`, `${ROOT}/t`), 'CONFLICT');
  expect(error.message).toContain('resume');
  expect((await sweepStores(ROOT, { olderThanMs: 0, dryRun: true })).length).toBe(1);
  await copyStore(`${ROOT}/s`, `${ROOT}/t`, { resume: true });
  expect(server.uploads.size).toBe(0);
  expect(await verifyStore(`${ROOT}/t`)).toMatchObject({ ok: true, checked: { entries: 12 } });
});

it('a copy is whole or absent wherever it is cut short, and can be resumed from there', async () => {
  await fillSized('memory:cut', 'three partitions');
  for (let at = 1, done = false; !done; at++) {
    server.fault = undefined;
    server.buckets.set('bucket', new Map());
    registerServer(server, {}, new QuickHost());
    let count = 0;
    server.fault = () => (++count >= at ? { status: 403, code: 'Killed' } : undefined);
    const outcome = await copyStore('memory:cut', `${ROOT}/t`, { resume: at % 2 === 0 }).catch(
      (error: unknown) => error,
    );
    server.fault = undefined;
    done = !(outcome instanceof Error);
    // That it is done may have been the last thing to be heard.
    const there = server.keysIn().includes('root/t/MANIFEST.json');
    if (!there) await copyStore('memory:cut', `${ROOT}/t`, { resume: true });
    expect(await readAll(`${ROOT}/t`)).toEqual(pairsOf('three partitions'));
  }
});

it('a copy whose answers are lost is done', async () => {
  await fillSized('memory:lost', 'three partitions');
  let number = 0;
  server.fault = () => (++number % 3 === 0 ? 'lose' : undefined);
  await copyStore('memory:lost', `${ROOT}/t`);
  await copyStore(`${ROOT}/t`, 'memory:found');
  server.fault = undefined;
  expect(await readTree('memory:found')).toEqual(await readTree('memory:lost'));
});
