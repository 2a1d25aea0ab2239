import { expect, it } from 'vitest';
import { openCollection } from '../../../src/collection/index.ts';
import '../../../src/node/register.ts';
import { FaultyStorage } from '../../support/faulty-storage.ts';
import { readFile, tree } from '../../support/storage-tools.ts';

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

it('lists the version files once, and later removes those that follow what it has removed', async () => {
  const storage = Object.assign(new FaultyStorage(), { keepsRemoved: true }).register();
  const seen: string[] = [];
  storage.watcher = (operation, path) => {
    if (operation === 'list' || (operation === 'remove' && path.endsWith('.version'))) seen.push(operation);
  };
  await using collection = await openCollection<string, number>(`${URI}-again`, { autoCompact: false });
  const compactAfter = async (
    commits: number,
  ): Promise<{ version: number; lists: number; removed: number }> => {
    for (let i = 0; i < commits; i++) await collection.set('k', i);
    await collection.delete('k');
    seen.length = 0;
    const { version } = await collection.compact({ full: true });
    const lists = seen.filter((operation) => operation === 'list').length;
    return { version, lists, removed: seen.length - lists };
  };
  const first = await compactAfter(280);
  expect(first).toEqual({ version: first.version, lists: 1, removed: first.version - 256 });
  const second = await compactAfter(100);
  expect(second).toEqual({ version: second.version, lists: 0, removed: second.version - first.version });
  const left = await tree(`${URI}-again/versions`);
  expect(left.filter((path) => path.endsWith('.version')).length).toBe(257);
});
