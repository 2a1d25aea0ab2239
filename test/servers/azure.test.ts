import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createStore,
  deleteStore,
  mergeStore,
  openStore,
  renameStore,
  verifyStore,
} from '../../src/node/index.ts';
import { storeConformance } from '../conformance/store-conformance.ts';
import { failure } from '../support/failures.ts';
import { locateComplete } from '../support/locate-complete.ts';
import { azurePlace } from '../support/places.ts';
import { storageConformance } from '../support/storage-conformance.ts';
import { tree } from '../support/storage-tools.ts';
import {
  fill,
  fillSized,
  numbered,
  pairsOf,
  readAll,
  SMALL_PARTITIONS,
  TEXT,
  utf8,
} from '../support/stores.ts';
import { type Azurite, azuriteEnv, registerAzurite, sasFor, startAzurite } from './azurite.ts';
import { collectionCases } from './collection-cases.ts';

const MIB = 2 ** 20;

let server: Azurite;

beforeAll(async () => {
  server = await startAzurite();
  registerAzurite(server);
});
afterAll(() => server?.stop());

const place = azurePlace('az: at azurite', async () => ({ stop: async () => undefined }));

storageConformance(place);
storeConformance(place);

describe('at azurite', () =>
  collectionCases(place, {
    env: () => azuriteEnv(server),
    endpoint: () => server.endpoint,
    register: (endpoint = server.endpoint) => registerAzurite({ ...server, endpoint }),
  }));

describe('stores at azurite', () => {
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

  it('of several parts a partition are written, read, verified, merged and moved', async () => {
    const root = await place.root();
    registerAzurite(server, { blockSize: 3 * MIB });
    const options = { keyEncoding: 'utf8', valueEncoding: 'binary', partitionBytes: 20 * MIB } as const;
    const value = (i: number): Uint8Array => new Uint8Array(MIB).map((_, at) => (at * i) & 255);
    for (const name of ['a', 'b']) {
      const writer = await createStore(`${root}/${name}`, options);
      for (let i = 0; i < 30; i++) await writer.put(`${name}${i + 10}`, value(i));
      expect((await writer.close()).partitions.length).toBe(2);
    }
    await mergeStore(`${root}/b`, `${root}/a`);
    await renameStore(`${root}/a`, `${root}/c`);
    expect(await verifyStore(`${root}/c`)).toMatchObject({ ok: true });
    await using store = await openStore<string, Uint8Array>(`${root}/c`);
    expect(await store.get('b33')).toEqual(value(23));
    expect(await store.count()).toBe(60);
    registerAzurite(server);
  });

  it('whose writer was killed between parts leave nothing that is seen', async () => {
    const root = await place.root();
    registerAzurite(server, { blockSize: MIB });
    const writer = await createStore(`${root}/s`, { valueEncoding: 'binary' });
    for (let i = 0; i < 12; i++) await writer.put(`k${i + 10}`, new Uint8Array(MIB));
    expect(await tree(root)).toEqual([]);
    await fill(`${root}/s`, [['k', 'v']]);
    await failure(writer.close(), 'ALREADY_EXISTS');
    expect(await readAll(`${root}/s`)).toEqual([['k', 'v']]);
    registerAzurite(server);
  });

  it('are written, renamed and deleted with a shared access signature, and only read where it allows no more', async () => {
    const root = await place.root();
    registerAzurite(server, { sasToken: sasFor('rwdlc') });
    await fillSized(`${root}/s`, 'three partitions');
    await renameStore(`${root}/s`, `${root}/t`);
    const sasToken = sasFor('rl');
    registerAzurite(server, { sasToken });
    expect(await readAll(`${root}/t`)).toEqual(pairsOf('three partitions'));
    const error = await failure(fillSized(`${root}/u`, 'two pairs'), 'IO');
    expect(error.message).toMatch(/403 .*signature/);
    const sig = new URLSearchParams(sasToken).get('sig') as string;
    expect(`${error.message} ${error.stack}`).not.toContain(sig);
    registerAzurite(server);
    await deleteStore(`${root}/t`);
    expect(await tree(root)).toEqual([]);
  });

  it('are refused with a wrong key, and where there is no container', async () => {
    registerAzurite(server, { accountKey: 'AAAA' });
    expect((await failure(createStore('az://container/s'), 'IO')).message).toContain('403');
    registerAzurite(server);
    expect((await failure(createStore('az://nowhere/s'), 'NOT_FOUND')).message).toContain('make it first');
    await failure(openStore('az://nowhere/s'), 'NOT_FOUND');
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

  it('have names of any characters', async () => {
    const root = await place.root();
    for (const name of ['with space', 'a+b', '50%25', '&<>"', 'é€😀', '?a=b#c', "!'()*", 'a;b=c,d@e:f$g']) {
      await fill(`${root}/${name}`, [['k', name]]);
      await renameStore(`${root}/${name}`, `${root}/moved ${name}`);
      expect(await readAll(`${root}/moved ${name}`)).toEqual([['k', name]]);
      expect(await tree(root)).toContain(`moved ${name}/`);
    }
  });
});
