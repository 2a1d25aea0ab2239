import { expect, it } from 'vitest';
import { mergeStore, mergeStores } from '../../../src/index.ts';
import { failure } from '../../support/failures.ts';
import { FaultyStorage } from '../../support/faulty-storage.ts';
import { tree } from '../../support/storage-tools.ts';
import { fill, numbered, readAll, SMALL_PARTITIONS } from '../../support/stores.ts';

/** A store of three partitions, the first block of one of which has a wrong byte. */
async function damaged(storage: FaultyStorage, uri: string): Promise<void> {
  const { partitions } = await fill(uri, numbered(9, 'x', 300), SMALL_PARTITIONS);
  const path = `${uri.slice('faulty:'.length)}/data/${partitions[1].name}`;
  const source = await storage.inner.open(path);
  const bytes = new Uint8Array(source.size);
  await source.read(0, bytes);
  bytes[40] ^= 1;
  await storage.inner.replace(path, bytes);
}

it('a partition that is copied from another storage is checked: damage is CORRUPTION, and leaves nothing', async () => {
  const storage = new FaultyStorage().register();
  await damaged(storage, 'faulty:root/damaged');
  await fill('faulty:root/sound', numbered(5, 'k', 300), SMALL_PARTITIONS);
  const sources = ['faulty:root/damaged', 'faulty:root/sound'];
  const { section } = await failure(mergeStores(sources, 'memory:merger/all'), 'CORRUPTION');
  expect(section).toBe('block 0');
  expect(await tree('memory:merger')).toEqual([]);
  await fill('memory:merger/to', numbered(5, 'k', 300), SMALL_PARTITIONS);
  const before = await tree('memory:merger');
  await failure(mergeStore('faulty:root/damaged', 'memory:merger/to'), 'CORRUPTION');
  expect(await tree('memory:merger')).toEqual(before);
  expect(await readAll('memory:merger/to')).toEqual(numbered(5, 'k', 300));
  expect(storage.openSources).toBe(0);
});
