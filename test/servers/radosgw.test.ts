import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  copyStore,
  createStore,
  mergeStore,
  openStore,
  sweepStores,
  verifyStore,
} from '../../src/node/index.ts';
import { copyCases } from '../conformance/copy-cases.ts';
import { managementCases } from '../conformance/management-cases.ts';
import { mergeCases } from '../conformance/merge-cases.ts';
import { writerCases } from '../conformance/writer-cases.ts';
import { failure } from '../support/failures.ts';
import { locateComplete } from '../support/locate-complete.ts';
import { s3Place } from '../support/places.ts';
import { storageConformance } from '../support/storage-conformance.ts';
import { tree } from '../support/storage-tools.ts';
import { fill, numbered, readAll, SMALL_PARTITIONS, TEXT, utf8 } from '../support/stores.ts';
import { collectionCases } from './collection-cases.ts';
import { startRadosgw } from './radosgw.ts';
import { makeBucket, type RealServer, realEnv, registerReal } from './real-server.ts';

const MIB = 2 ** 20;

let server: RealServer;

beforeAll(async () => {
  server = await startRadosgw();
  await makeBucket(server);
  registerReal(server);
});
afterAll(() => server?.stop());

const place = s3Place('s3: at radosgw', async () => ({ stop: async () => undefined }));

storageConformance(place);

describe('at radosgw', () =>
  collectionCases(place, {
    env: () => realEnv(server),
    endpoint: () => server.endpoint,
    register: (endpoint = server.endpoint) => registerReal({ ...server, endpoint }),
  }));

describe('stores at radosgw', () => {
  describe('Management', () => managementCases(place));
  describe('Merging', () => mergeCases(place));
  describe('writing', () => writerCases(place));
  describe('copying', () => copyCases(place));

  it('of copies that race one wins, and its files stay', async () => {
    const root = await place.root();
    await fill(`${root}/s`, numbered(9, 'k', 300), SMALL_PARTITIONS);
    const copies = await Promise.allSettled(
      Array.from({ length: 8 }, () => copyStore(`${root}/s`, `${root}/t`)),
    );
    expect(copies.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    expect(await readAll(`${root}/t`)).toEqual(numbered(9, 'k', 300));
    expect((await tree(`${root}/t/data`)).length).toBe(3);
  });

  it('of 16 writers that race one wins, and the others leave nothing', async () => {
    const uri = `${await place.root()}/s`;
    const writers = await Promise.all(
      Array.from({ length: 16 }, async (_, i) => {
        const writer = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS });
        await writer.putAll(numbered(9, `w${i}-`, 300));
        return writer;
      }),
    );
    const outcomes = await Promise.allSettled(writers.map((writer) => writer.close()));
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ALREADY_EXISTS' });
      else expect(i).toBe(winner);
    }
    expect(await readAll(uri)).toEqual(numbered(9, `w${winner}-`, 300));
    expect((await tree(`${uri}/data`)).length).toBe(3);
  });

  it('a store of several parts a partition is written, read, verified and merged', async () => {
    const root = await place.root();
    registerReal(server, { partSize: 5 * MIB });
    const options = { keyEncoding: 'utf8', valueEncoding: 'binary', partitionBytes: 20 * MIB } as const;
    const value = (i: number): Uint8Array => new Uint8Array(MIB).map((_, at) => (at * i) & 255);
    for (const name of ['a', 'b']) {
      const writer = await createStore(`${root}/${name}`, options);
      for (let i = 0; i < 30; i++) await writer.put(`${name}${i + 10}`, value(i));
      expect((await writer.close()).partitions.length).toBe(2);
    }
    await mergeStore(`${root}/b`, `${root}/a`);
    expect(await verifyStore(`${root}/a`)).toMatchObject({ ok: true });
    await using store = await openStore<string, Uint8Array>(`${root}/a`);
    expect(await store.get('b33')).toEqual(value(23));
    expect(await store.count()).toBe(60);
    registerReal(server);
  });

  it('sweep finds the uploads of killed writers', async () => {
    const root = await place.root();
    registerReal(server, { partSize: 5 * MIB });
    const writer = await createStore(`${root}/s`, { valueEncoding: 'binary' });
    for (let i = 0; i < 12; i++) await writer.put(`k${i + 10}`, new Uint8Array(MIB));
    let found = await sweepStores(root, { olderThanMs: 0, dryRun: true }).catch(() => []);
    while (found[0]?.bytes !== 10 * MIB) {
      found = await sweepStores(root, { olderThanMs: 0, dryRun: true }).catch(() => []);
    }
    expect(found.length).toBe(1);
    expect(found[0].uri).toContain(`${root}/s/data/part-00000-`);
    expect(await sweepStores(root)).toEqual([]);
    expect((await sweepStores(root, { olderThanMs: 0 })).length).toBe(1);
    await failure(sweepStores(root, { olderThanMs: 0 }), 'NOT_FOUND');
    await failure(writer.close(), 'CONFLICT');
    registerReal(server);
  });

  it('a replacement is of what was looked at', async () => {
    const { storage, path } = locateComplete(`${await place.root()}/f`);
    await storage.replace(path, utf8('one'));
    await storage.replace(path, utf8('two'), () => undefined);
    const racing = [1, 2, 3, 4, 5, 6].map((i) =>
      storage.replace(path, utf8(`by ${i}`), () => undefined).catch((error: { code: string }) => error.code),
    );
    const outcomes = await Promise.all(racing);
    for (const outcome of outcomes) expect([undefined, 'CONFLICT']).toContain(outcome);
    expect(outcomes).toContain(undefined);
  });

  it('keys of any characters are written, listed and read', async () => {
    const root = await place.root();
    for (const name of ['with space', 'a+b', '50%25', '&<>"', 'é€😀', '?a=b#c', "!'()*"]) {
      await fill(`${root}/${name}`, [['k', name]]);
      expect(await readAll(`${root}/${name}`)).toEqual([['k', name]]);
      expect(await tree(root)).toContain(`${name}/`);
    }
  });
});
