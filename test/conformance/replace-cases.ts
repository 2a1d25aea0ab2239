import { expect, it } from 'vitest';
import { compareBytes } from '../../src/bytes/compare.ts';
import {
  copyStore,
  createStore,
  mergeStore,
  mergeStores,
  openStore,
  renameStore,
  storeInfo,
  sweepStores,
  verifyStore,
} from '../../src/index.ts';
import { failure, rejection } from '../support/failures.ts';
import type { Place } from '../support/places.ts';
import { readFile, readTree, tree, writeFile } from '../support/storage-tools.ts';
import { isWholeWithoutOrphans } from '../support/store-state.ts';
import { fill, numbered, open, type Pair, readAll, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';

const OLD = numbered(9, 'k', 300);
const NEW = numbered(12, 'new', 300);
const OVER = { ...SMALL_PARTITIONS, replace: true } as const;

/** What replaces a store does so in one step, and is refused before it has written anything where it can't. */
export function replaceCases(place: Place): void {
  /** Whether all files of a directory are what they were. */
  const staysAsItIs = async (uri: string, work: () => Promise<unknown>): Promise<void> => {
    const before = await readTree(uri);
    await work();
    const after = await readTree(uri);
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [path, bytes] of before)
      expect(compareBytes(bytes, after.get(path) as Uint8Array), path).toBe(0);
  };

  it('a store is there until its successor is closed, and then that one, without files of the old one', async () => {
    const root = await place.root();
    await fill(`${root}/s`, OLD, SMALL_PARTITIONS);
    const writer = await createStore(`${root}/s`, { ...TEXT, ...OVER });
    await writer.putAll(NEW);
    expect(await readAll(`${root}/s`)).toEqual(OLD);
    const info = await writer.close();
    expect(info.count).toBe(NEW.length);
    expect(await readAll(`${root}/s`)).toEqual(NEW);
    expect((await tree(`${root}/s/data`)).sort()).toEqual(info.partitions.map(({ name }) => name).sort());
    expect((await verifyStore(`${root}/s`)).ok).toBe(true);
    // Where nothing is, there is nothing to replace.
    await fill(`${root}/t`, NEW, OVER);
    await isWholeWithoutOrphans(`${root}/t`, NEW);
  });

  it('without `replace`, what is there stays, and the message says how it is replaced', async () => {
    const root = await place.root();
    await fill(`${root}/s`, OLD, SMALL_PARTITIONS);
    await fill(`${root}/t`, NEW, SMALL_PARTITIONS);
    await staysAsItIs(root, async () => {
      for (const refused of [
        () => createStore(`${root}/t`),
        () => copyStore(`${root}/s`, `${root}/t`),
        () => renameStore(`${root}/s`, `${root}/t`),
        () => mergeStores([`${root}/s`], `${root}/t`),
      ])
        expect((await failure(refused, 'ALREADY_EXISTS')).message).toContain('replace it (replace: true)');
    });
  });

  it('what is no store is not replaced, and `replace` is a boolean', async () => {
    const root = await place.root();
    await fill(`${root}/s`, OLD, SMALL_PARTITIONS);
    await writeFile(`${root}/notes/todo.txt`, 'precious');
    await staysAsItIs(root, async () => {
      const to = `${root}/notes`;
      await failure(createStore(to, { replace: true }), 'ALREADY_EXISTS');
      await failure(copyStore(`${root}/s`, to, { replace: true }), 'ALREADY_EXISTS');
      await failure(renameStore(`${root}/s`, to, { replace: true }), 'ALREADY_EXISTS');
      await failure(mergeStores([`${root}/s`], to, { replace: true }), 'ALREADY_EXISTS');
      for (const replace of ['yes', 1, null] as unknown as boolean[]) {
        await failure(createStore(`${root}/t`, { replace }), 'INVALID_ARGUMENT');
        await failure(copyStore(`${root}/s`, `${root}/t`, { replace }), 'INVALID_ARGUMENT');
        await failure(renameStore(`${root}/s`, `${root}/t`, { replace }), 'INVALID_ARGUMENT');
        await failure(mergeStores([`${root}/s`], `${root}/t`, { replace }), 'INVALID_ARGUMENT');
      }
      await failure(copyStore(`${root}/s`, `${root}/s`, { replace: true }), 'INVALID_ARGUMENT');
      const over = { replace: true } as object;
      await failure(mergeStore(`${root}/s`, `${root}/t`, over), 'INVALID_ARGUMENT');
    });
  });

  it('a replacement that is cancelled, aborted or refused leaves the store as it was', async () => {
    const root = await place.root();
    await fill(`${root}/s`, OLD, SMALL_PARTITIONS);
    await staysAsItIs(root, async () => {
      const cancelled = await createStore(`${root}/s`, { ...TEXT, ...OVER });
      await cancelled.putAll(NEW);
      await cancelled.cancel();
      const controller = new AbortController();
      const aborted = await createStore(`${root}/s`, { ...TEXT, ...OVER, signal: controller.signal });
      await aborted.putAll(NEW);
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await rejection(aborted.close())).toBe(reason);
      const sorted = await createStore(`${root}/s`, { ...TEXT, ...OVER, sort: true });
      await sorted.putAll([...NEW, ...NEW]);
      await failure(sorted.close(), 'DUPLICATE_KEY');
    });
  });

  it('a store with the `buildId` of the one that it would replace is refused before anything is written', async () => {
    const root = await place.root();
    await fill(`${root}/s`, OLD, { ...SMALL_PARTITIONS, buildId: 'nightly' });
    await staysAsItIs(root, async () => {
      const refused = createStore(`${root}/s`, { ...TEXT, ...OVER, buildId: 'nightly' });
      expect((await failure(refused, 'CONFLICT')).message).toContain('Choose another buildId');
    });
    await fill(`${root}/s`, NEW, { ...OVER, buildId: 'next' });
    await isWholeWithoutOrphans(`${root}/s`, NEW);
  });

  it('of writers that replace a store at once, one comes after the other, and nothing is mixed or left', async () => {
    const root = await place.root();
    await fill(`${root}/s`, OLD, SMALL_PARTITIONS);
    const versions = Array.from({ length: 5 }, (_, i) => numbered(7 + i, `writer${i}-`, 300));
    const outcomes = await Promise.allSettled(versions.map((pairs) => fill(`${root}/s`, pairs, OVER)));
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'CONFLICT' });
    const done = versions.filter((_, i) => outcomes[i].status === 'fulfilled');
    const found = await readAll(`${root}/s`);
    expect(done).toContainEqual(found);
    const { partitions } = await storeInfo(`${root}/s`);
    expect((await tree(`${root}/s/data`)).length).toBe(partitions.length);
    await isWholeWithoutOrphans(`${root}/s`, found);
  });

  it('a merge into a store that is replaced meanwhile is refused, or is part of what was replaced', async () => {
    const root = await place.root();
    const added = OLD.map(([key, value]): Pair => [`${key}-`, value]);
    for (let times = 0; times < 3; times++) {
      await fill(`${root}/to`, OLD, OVER);
      await fill(`${root}/from`, added, OVER);
      const [merged, replaced] = await Promise.allSettled([
        mergeStore(`${root}/from`, `${root}/to`),
        fill(`${root}/to`, NEW, OVER),
      ]);
      expect(replaced.status).toBe('fulfilled');
      if (merged.status === 'rejected')
        expect(['CONFLICT', 'NOT_FOUND', 'REPLACED']).toContain((merged.reason as { code: string }).code);
      const found = await readAll(`${root}/to`);
      const both = [...NEW, ...added].sort(([a], [b]) => (a < b ? -1 : 1));
      expect([NEW, both]).toContainEqual(found);
      await isWholeWithoutOrphans(`${root}/to`, found);
    }
  });

  it('a store whose manifest is damaged can be replaced; what its files are, only sweep can tell', async () => {
    const root = await place.root();
    await fill(`${root}/s`, OLD, SMALL_PARTITIONS);
    const manifest = await readFile(`${root}/s/MANIFEST.json`);
    manifest[manifest.length >> 1] ^= 4;
    await writeFile(`${root}/s/MANIFEST.json`, manifest);
    await fill(`${root}/s`, NEW, OVER);
    expect(await readAll(`${root}/s`)).toEqual(NEW);
    await sweepStores(`${root}/s`, { olderThanMs: 0 });
    await isWholeWithoutOrphans(`${root}/s`, NEW);
  });

  it('partitions whose names are not those of writers stay', async () => {
    const root = await place.root();
    await fill(`${root}/s`, OLD, SMALL_PARTITIONS);
    await writeFile(`${root}/s/data/words.cairn`, 'precious');
    await fill(`${root}/s`, NEW, OVER);
    expect(await tree(`${root}/s/data`)).toContain('words.cairn');
    expect(await readAll(`${root}/s`)).toEqual(NEW);
  });

  it('a copy replaces a store: equal partitions are kept, others of their names are not touched before', async () => {
    const root = await place.root();
    const there = `memory:replacing-${place.name.replace(/\W/g, '')}-${number++}/s`;
    const nightly = { ...SMALL_PARTITIONS, buildId: 'nightly' };
    const info = await fill(there, NEW, nightly);
    // Another build under the same names.
    await fill(`${root}/s`, OLD, nightly);
    const copied = await copyStore(there, `${root}/s`, { replace: true });
    expect(copied.id).toBe(info.id);
    await isWholeWithoutOrphans(`${root}/s`, NEW);
    await fill(`${root}/t`, NEW, nightly);
    await staysAsItIs(`${root}/t`, () => copyStore(there, `${root}/t`, { replace: true }));
    // A damaged partition is not kept.
    const file = `${root}/t/data/${info.partitions[0].name}`;
    const wrong = await readFile(file);
    wrong[40] ^= 1;
    await writeFile(file, wrong);
    await copyStore(there, `${root}/t`, { replace: true });
    await isWholeWithoutOrphans(`${root}/t`, NEW);
    expect(await readAll(there)).toEqual(NEW);
  });

  it('a rename replaces a store, whose old place is empty then', async () => {
    const root = await place.root();
    const nightly = { ...SMALL_PARTITIONS, buildId: 'nightly' };
    const { id } = await fill(`${root}/next`, NEW, nightly);
    await fill(`${root}/live`, OLD, nightly);
    await renameStore(`${root}/next`, `${root}/live`, { replace: true });
    expect((await storeInfo(`${root}/live`)).id).toBe(id);
    await isWholeWithoutOrphans(`${root}/live`, NEW);
    await failure(storeInfo(`${root}/next`), 'NOT_FOUND');
    await renameStore(`${root}/live`, `${root}/free`, { replace: true });
    await isWholeWithoutOrphans(`${root}/free`, NEW);
  });

  it('a merge replaces a store, also one that it is made of', async () => {
    const root = await place.root();
    const added = OLD.map(([key, value]): Pair => [`${key}-`, value]);
    await fill(`${root}/live`, OLD, SMALL_PARTITIONS);
    await fill(`${root}/more`, [...added, ...NEW], SMALL_PARTITIONS);
    const both = [...OLD, ...added, ...NEW].sort(([a], [b]) => (a < b ? -1 : 1));
    await mergeStores([`${root}/live`, `${root}/more`], `${root}/live`, { replace: true });
    await isWholeWithoutOrphans(`${root}/live`, both);
    await mergeStores([`${root}/more`], `${root}/live`, { replace: true });
    await isWholeWithoutOrphans(`${root}/live`, [...added, ...NEW]);
    await isWholeWithoutOrphans(`${root}/more`, [...added, ...NEW]);
  });

  it('a reader knows whether it is current; it goes on, or says that the store was replaced, and is reopened', async () => {
    const root = await place.root();
    await fill(`${root}/s`, OLD, SMALL_PARTITIONS);
    await using store = await open(`${root}/s`);
    expect(await store.isCurrent()).toBe(true);
    await fill(`${root}/s`, NEW, OVER);
    expect(await store.isCurrent()).toBe(false);
    const outcome = await store.get(OLD[8][0]).catch((error: unknown) => error);
    if (place.objects) {
      expect(outcome).toMatchObject({ code: 'REPLACED' });
      expect((outcome as Error).message).toContain('open it again');
      await failure(store.verify(), 'REPLACED');
      const scan = async (): Promise<void> => {
        for await (const _ of store.entries());
      };
      await failure(scan(), 'REPLACED');
    } else expect(outcome).toBe(OLD[8][1]);
    await using next = await store.reopen();
    expect(await next.isCurrent()).toBe(true);
    expect(await next.get(NEW[3][0])).toBe(NEW[3][1]);
    expect(await next.get(OLD[3][0])).toBeUndefined();
    await renameStore(`${root}/s`, `${root}/elsewhere`);
    expect(await next.isCurrent()).toBe(false);
    await failure(next.reopen(), 'NOT_FOUND');
    await next.close();
    await failure(next.isCurrent(), 'CLOSED');
    for (const wrong of [1, { signal: 1 }] as object[]) {
      await failure(store.isCurrent(wrong), 'INVALID_ARGUMENT');
      await failure(store.reopen(wrong), 'INVALID_ARGUMENT');
    }
  });

  it('a partition file that was opened alone is followed, too', async () => {
    const root = await place.root();
    const { partitions } = await fill(`${root}/s`, numbered(3));
    const from = await readFile(`${root}/s/data/${partitions[0].name}`);
    await writeFile(`${root}/words.cairn`, from);
    await using words = await openStore(`${root}/words.cairn`, TEXT);
    expect(await words.isCurrent()).toBe(true);
    const { partitions: others } = await fill(`${root}/t`, numbered(4));
    await writeFile(`${root}/words.cairn`, await readFile(`${root}/t/data/${others[0].name}`));
    expect(await words.isCurrent()).toBe(false);
    await using next = await words.reopen();
    expect(next.info.count).toBe(4);
  });
}

let number = 0;
