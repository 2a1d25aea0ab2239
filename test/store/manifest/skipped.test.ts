import { readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CairnError, type CairnErrorDetails } from '../../../src/errors.ts';
import { MemoryStorage } from '../../../src/io/memory.ts';
import { createStore, deleteStore, openStore, sweepStores } from '../../../src/node/index.ts';
import {
  JOB_DECISION_NAME,
  JOB_PLAN_NAME,
  JOBS_DIRECTORY,
  openJobs,
} from '../../../src/store/manifest/orphan-files.ts';
import { skipUnreadable } from '../../../src/store/manifest/skipped.ts';
import { ReaderPromise } from '../../../src/store/read/reader-promise.ts';
import { SourceReader } from '../../../src/store/write/source-reader.ts';
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

it('what a storage did not let read is passed over, told, or thrown, by what it is', () => {
  const told: unknown[] = [];
  const onSkip = (skipped: unknown): void => void told.push(skipped);
  const error = (details: CairnErrorDetails): CairnError => new CairnError('IO', 'no', details);
  for (const wrong of [new TypeError('no'), error({ transient: true })])
    expect(() => skipUnreadable('memory:x', wrong, onSkip)).toThrow(wrong);
  const failed = error({ transient: false });
  expect(() => skipUnreadable('memory:x', failed, undefined)).toThrow(failed);
  skipUnreadable('memory:x', error({ denied: true }), undefined);
  expect(told).toEqual([]);
  skipUnreadable('memory:x', failed, onSkip);
  expect(told).toEqual([{ uri: 'memory:x', error: failed }]);
});

it('a job is open by its plan and its decision alone, whatever else lies beside them', async () => {
  const storage = new MemoryStorage();
  const directory = { storage, path: 'store', uri: 'memory:store' };
  const put = (name: string, text: string): Promise<unknown> =>
    storage.putIfAbsent(`store/${JOBS_DIRECTORY}/${name}`, new TextEncoder().encode(text));
  await put('notes.txt', '');
  await put('one/notes.txt', '');
  expect(await openJobs(directory)).toEqual([]);
  await put(`one/${JOB_DECISION_NAME}`, '{\n  "decision": "abort",\n');
  await put(`one/${JOB_PLAN_NAME}`, '{}');
  await put(`two/${JOB_PLAN_NAME}`, '{}');
  await put(`two/${JOB_DECISION_NAME}`, 'x'.repeat(5000));
  const modifiedMs = expect.any(Number);
  const two = { path: `store/${JOBS_DIRECTORY}/two`, isCommitted: true, modifiedMs };
  expect(await openJobs(directory)).toEqual([two]);
  await put(`three/${JOB_PLAN_NAME}`, '{}');
  const three = { path: `store/${JOBS_DIRECTORY}/three`, isCommitted: false, modifiedMs };
  expect(await openJobs(directory)).toEqual(expect.arrayContaining([two, three]));
});

it('a source that was given up twice is closed once, and a plain promise has no chain', async () => {
  let closed = 0;
  const source = SourceReader.of({
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: 1 }),
      return: () => ({ done: true, value: ++closed }),
    }),
  });
  source?.giveUp('enough');
  source?.giveUp('enough');
  expect(closed).toBe(1);
  const plain = ReaderPromise.resolve(7 as never) as Promise<unknown>;
  expect(await plain.then((value) => value)).toBe(7);
});
