import { expect, it } from 'vitest';
import {
  type Collection,
  collectionInfo,
  openCollection,
  verifyCollection,
} from '../../../src/collection/index.ts';
import { HOST } from '../../../src/io/host.ts';
import '../../../src/node/register.ts';
import { failure } from '../../support/failures.ts';
import { FaultyStorage } from '../../support/faulty-storage.ts';
import { removeFile, tree } from '../../support/storage-tools.ts';

const URI = 'faulty:root/c';
/** More commits than version files are kept. */
const MANY = 300;

type Texts = Collection<string, string>;

let nowMs = 1e12;
const host = { ...HOST, now: () => nowMs };

const open = (): Promise<Texts> =>
  openCollection<string, string>(URI, { valueEncoding: 'utf8', autoCompact: false }, host);

/** Commits so often, and compacts, that the version files before are removed. */
async function passBy(): Promise<number> {
  await using collection = await open();
  const before = collection.version;
  for (let i = 0; i < MANY; i++) await collection.set(`k${i % 10}`, `${before + i}`);
  return (await collection.compact({ full: true })).version;
}

const numbers = async (): Promise<number[]> =>
  (await tree(`${URI}/versions`))
    .map((path) => Number(/-(\d+)\.version$/.exec(path)?.[1]))
    .sort((a, b) => a - b);

it('handles that did nothing while their versions were removed commit on top of the newest one', async () => {
  new FaultyStorage().register();
  await using one = await open();
  await using other = await open();
  await using third = await open();
  await one.set('a', '1');
  await one.set('a', '2');
  await other.set('b', '1');
  await third.set('c', '1');
  expect([one.version, other.version, third.version]).toEqual([2, 3, 4]);
  const newest = await passBy();
  expect((await numbers())[0]).toBe(newest - 256);
  nowMs += 1000;
  expect((await one.set('a', 'late')).version).toBe(newest + 1);
  expect((await other.set('b', 'late')).version).toBe(newest + 2);
  expect((await third.delete('c')).version).toBe(newest + 3);
  await using reader = await open();
  expect(await reader.getMany(['a', 'b', 'c', 'k9'])).toEqual(['late', 'late', undefined, `${newest - 2}`]);
  expect((await numbers())[0]).toBe(newest - 256);
  expect(await verifyCollection(URI)).toMatchObject({ ok: true });
});

/** Opens two handles that stand at versions 2 and 3. */
async function openTwo(): Promise<{ one: Texts; other: Texts }> {
  const [one, other] = [await open(), await open()];
  await one.set('a', '1');
  await one.set('a', '2');
  await other.set('b', '1');
  return { one, other };
}

/** While `act` puts its next version, so many others are committed that its number comes and goes. */
async function asleep<T>(storage: FaultyStorage, act: () => Promise<T>): Promise<T> {
  let sleeps = true;
  storage.watcher = async (operation, path) => {
    if (!sleeps || operation !== 'putIfAbsent' || !path.endsWith('.version')) return;
    sleeps = false;
    await passBy();
  };
  try {
    return await act();
  } finally {
    storage.watcher = undefined;
  }
}

it('a writer that slept just before its put says that it may have failed, and its file is no version', async () => {
  const storage = new FaultyStorage().register();
  const { one, other } = await openTwo();
  const error = await failure(
    asleep(storage, () => one.set('a', 'stale')),
    'IO',
  );
  expect(error).toMatchObject({ unanswered: true, transient: true });
  const [stale] = await numbers();
  expect(stale).toBeLessThan(10);
  await using reader = await open();
  expect(await reader.get('a')).toBe('2');
  // Neither the handle that put it nor one that stands right before or at its number takes it for a version.
  for (const handle of [one, other]) {
    await handle.refresh();
    expect([handle.version, await handle.get('a')]).toEqual([reader.version, '2']);
  }
  await one.set('a', 'right');
  expect(await other.commit(async (tx) => tx.set('b', `${await tx.get('a')}`))).toMatchObject({ sets: 1 });
  await reader.refresh();
  expect(await reader.getMany(['a', 'b'])).toEqual(['right', 'right']);
  expect(await verifyCollection(URI)).toMatchObject({ ok: true });
  await reader.compact({ full: true });
  expect((await numbers()).includes(stale)).toBe(false);
  await Promise.all([one.close(), other.close()]);
});

it('a writer that slept does not take the file of another one that slept for the version before its own', async () => {
  const storage = new FaultyStorage().register();
  const { one, other } = await openTwo();
  // Both wake up after the others' commits: the first puts what would be version 3, the second version 4.
  await using third = await open();
  const error = await failure(
    asleep(storage, async () => {
      await failure(
        asleep(storage, () => one.set('a', 'stale')),
        'IO',
      );
      await other.set('b', 'stale');
    }),
    'IO',
  );
  expect(error).toMatchObject({ unanswered: true });
  // A reader that stood at the removed version 3 finds the stale file of that number, and one after it.
  await third.refresh();
  await using reader = await open();
  expect(third.version).toBe(reader.version);
  expect(await third.getMany(['a', 'b'])).toEqual(['2', '1']);
  await Promise.all([one.close(), other.close()]);
});

it('a reversion to a version whose file is lost says so, instead of trying again without end', async () => {
  new FaultyStorage().register();
  await using collection = await open();
  const value = 'v'.repeat(100_000);
  await collection.set('a', value);
  await collection.commit([{ set: ['b', value] }], { replace: true });
  const [first] = (await collectionInfo(URI)).generations[0].files;
  const lost = (await tree(`${URI}/data`)).find((name) => name !== first) as string;
  await removeFile(`${URI}/data/${lost}`);
  const error = await failure(collection.revertTo(1), 'CORRUPTION');
  expect(error.message).toContain(lost);
  expect(await collection.has('b')).toBe(true);
  await collection.set('c', 'goes on');
});
