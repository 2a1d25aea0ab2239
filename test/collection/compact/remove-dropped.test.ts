import { expect, it } from 'vitest';
import { openCollection } from '../../../src/collection/index.ts';
import '../../../src/node/register.ts';
import { FaultyStorage } from '../../support/faulty-storage.ts';
import { readFile } from '../../support/storage-tools.ts';

const URI = 'faulty:root/c';

it('the hint names a version that stays before the files of others are removed', async () => {
  const storage = new FaultyStorage().register();
  const hints = new Map<string, number>();
  const read = async (): Promise<number> => Number(new TextDecoder().decode(await readFile(`${URI}/LATEST`)));
  await using collection = await openCollection<string, number>(URI, { autoCompact: false });
  for (let i = 0; i < 300; i++) await collection.set('k', i);
  storage.watcher = async (operation, path) => {
    if (operation === 'remove' && path.endsWith('.version')) hints.set(path, await read());
  };
  const { version } = await collection.compact({ full: true });
  expect(hints.size).toBe(version - 256);
  for (const hint of hints.values()) expect(hint).toBe(version);
});
