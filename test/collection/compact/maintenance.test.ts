import { expect, it } from 'vitest';
import {
  collectionInfo,
  openCollection,
  sweepCollection,
  verifyCollection,
} from '../../../src/collection/index.ts';
import '../../../src/node/register.ts';
import { FaultyStorage } from '../../support/faulty-storage.ts';

const URI = 'faulty:root/c';

const wide = (word: string): { readonly set: readonly [string, string] }[] =>
  Array.from({ length: 200 }, (_, i) => ({ set: [`k${i}`, word.repeat(500)] as const }));

it('a compaction whose number another writer had is put again, with its files', async () => {
  const storage = new FaultyStorage().register();
  await using one = await openCollection<string, string>(URI, { autoCompact: false });
  await using other = await openCollection<string, string>(URI, { autoCompact: false });
  await one.commit(wide('a'));
  await one.commit(wide('b'));
  await other.refresh();
  let others = 0;
  storage.watcher = async (operation, path) => {
    if (operation !== 'putIfAbsent' || !path.endsWith('.version') || others === 3) return;
    others++;
    const { watcher } = storage;
    storage.watcher = undefined;
    await other.commit(wide(`c${others}`));
    storage.watcher = watcher;
  };
  const { before, after } = await one.compact();
  storage.watcher = undefined;
  expect(others).toBe(3);
  expect([before, after]).toEqual([2, 4]);
  await using reader = await openCollection<string, string>(URI);
  expect(await reader.get('k1')).toBe('c3'.repeat(500));
  expect(await reader.count()).toBe(200);
  expect(await verifyCollection(URI)).toMatchObject({ ok: true });
  expect(await sweepCollection(URI, { olderThanMs: 0 })).toEqual([]);
});

it('commits that come faster than compactions wait for them, and end', async () => {
  const uri = `memory:${crypto.randomUUID()}`;
  await using collection = await openCollection<string, string>(uri);
  let most = 0;
  for (let round = 0; round < 60; round++) {
    await collection.commit(
      Array.from({ length: 150 + ((round * 37) % 100) }, (_, i) => ({
        set: [`k${(i * 7919 + round) % 5000}`, `${round}`.padEnd(500)] as const,
      })),
    );
    const { generations } = await collectionInfo(uri);
    most = Math.max(most, generations.length);
  }
  expect(most).toBeLessThanOrEqual(13);
  expect(await verifyCollection(uri)).toMatchObject({ ok: true });
});
