import { readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createStore, deleteStore, openStore, sweepStores } from '../../../src/node/index.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { failure } from '../../support/failures.ts';

const at = directoryPerTest();

it('onSkip must be a function, and other options are what they say', async () => {
  const uri = `memory:${crypto.randomUUID()}`;
  await createStore(uri).put('a', 1).close();
  const refused = async (call: () => Promise<unknown>, argument: string): Promise<void> => {
    expect(await failure(call, 'INVALID_ARGUMENT')).toMatchObject({ argument });
  };
  await refused(() => deleteStore(uri, { onSkip: 1 as never }), 'onSkip');
  await refused(() => sweepStores(uri, { onSkip: 'no' as never }), 'onSkip');
  await refused(() => sweepStores(uri, { dryRun: 1 as never }), 'dryRun');
  await refused(() => sweepStores(uri, { olderThanMs: -1 }), 'olderThanMs');
  await refused(async () => openStore(uri, { whole: 1 as never }), 'whole');
  await refused(async () => openStore(uri, { keyEncoding: null as never }), 'keyEncoding');
  expect(await openStore(uri).get('a')).toBe(1);
});

it('what lies beside the partitions behind a link stays, and is told', async () => {
  const [store, elsewhere] = [at('store'), at('elsewhere')];
  await createStore(store).put('a', 1).close();
  renameSync(join(store, 'data'), elsewhere);
  symlinkSync(elsewhere, join(store, 'data'));
  writeFileSync(join(elsewhere, 'other.txt'), 'not ours');
  const skipped: string[] = [];
  await deleteStore(store, { onSkip: ({ uri }) => skipped.push(uri) });
  expect(readdirSync(elsewhere)).toEqual(['other.txt']);
  expect(skipped.some((uri) => uri.endsWith('other.txt') || uri.endsWith('data'))).toBe(true);
});

it('a promise of a reader closes what it opens', async () => {
  const uri = `memory:${crypto.randomUUID()}`;
  await createStore(uri).put('a', 1).close();
  const opening = openStore(uri);
  const reader = await opening;
  await opening[Symbol.asyncDispose]();
  await failure(() => reader.get('a'), 'CLOSED');
});
