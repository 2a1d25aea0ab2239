import { beforeEach, describe, expect, it } from 'vitest';
import type { Checksum } from '../../../src/bytes/checksum.ts';
import { loadChecksum } from '../../../src/bytes/xxh64.ts';
import { CairnError } from '../../../src/errors.ts';
import { storeInfo } from '../../../src/index.ts';
import { type Manifest, withId } from '../../../src/store/manifest/manifest.ts';
import type { StoreDirectory } from '../../../src/store/manifest/store-directory.ts';
import { StoreDraft, targetDirectory } from '../../../src/store/manifest/store-draft.ts';
import { failure } from '../../support/failures.ts';
import { FaultyStorage } from '../../support/faulty-storage.ts';
import { tree } from '../../support/storage-tools.ts';
import { fill, numbered, readAll, SMALL_PARTITIONS } from '../../support/stores.ts';

const ROOT = 'faulty:root';
const S = `${ROOT}/s`;

let storage: FaultyStorage;
let checksum: Checksum;

beforeEach(async () => {
  storage = new FaultyStorage().register();
  checksum = await loadChecksum();
});

function begin(uri = S): Promise<StoreDraft> {
  return StoreDraft.begin(targetDirectory(uri), { checksum });
}

function manifestOf(uri: string): Promise<Manifest> {
  return targetDirectory(uri).readManifest(checksum);
}

/** Gives the files of a store second names in another directory, as a task or a merge does. */
async function link(from: string, to: StoreDirectory, manifest: Manifest): Promise<void> {
  for (const { name } of manifest.partitions)
    await storage.link(targetDirectory(from).partition(name), to.partition(name));
}

describe('`begin()`', () => {
  it('refuses a store, a file and another directory, names what is in the way, and makes nothing', async () => {
    await fill(`${ROOT}/store`, numbered(1));
    await storage.inner.replace('root/file', new Uint8Array(1));
    await storage.inner.makeDirectory('root/other');
    await storage.inner.replace('root/other/notes.txt', new Uint8Array(1));
    const before = await tree(ROOT);
    for (const [name, advice] of [
      ['store', 'a store; a store is written once. Choose another place, or delete it first'],
      ['file', 'a file; a store is written once. Choose another place, or delete it first'],
      [
        'other',
        'a directory with other things in it (notes.txt); a store is written once. Choose another place, or',
      ],
    ]) {
      const { message } = await failure(begin(`${ROOT}/${name}`), 'ALREADY_EXISTS');
      expect(message).toContain(`is already ${advice}`);
    }
    expect(await tree(ROOT)).toEqual(before);
  });

  it('makes nothing when the check before it fails, or its signal is aborted meanwhile', async () => {
    const directory = targetDirectory(S);
    const reason = new Error('no');
    const precheck = async (): Promise<void> => Promise.reject(reason);
    await expect(StoreDraft.begin(directory, { checksum, precheck })).rejects.toBe(reason);
    const abort = new AbortController();
    const { signal } = abort;
    const draft = StoreDraft.begin(directory, {
      checksum,
      signal,
      precheck: async () => abort.abort(reason),
    });
    await expect(draft).rejects.toBe(reason);
    expect(await tree(ROOT)).toEqual([]);
  });

  it('finds out whether the storage keeps writers apart before it makes anything', async () => {
    const unsafe = new CairnError('UNSUPPORTED', 'unsafe');
    Object.assign(storage, { prepareCommit: () => Promise.reject(unsafe) });
    await expect(begin()).rejects.toBe(unsafe);
    expect(await tree(ROOT)).toEqual([]);
  });
});

describe('`abandon()`', () => {
  it('removes adopted files, those of makers and the directories that it made', async () => {
    await fill(`${ROOT}/from`, numbered(9, 'k', 300), SMALL_PARTITIONS);
    const manifest = await manifestOf(`${ROOT}/from`);
    const before = await tree(ROOT);
    const draft = await begin();
    await link(`${ROOT}/from`, draft.directory, manifest);
    const [first, ...others] = manifest.partitions;
    for (const { name } of others) draft.adopt(name);
    draft.addMaker({ abort: () => storage.remove(draft.directory.partition(first.name)) });
    await draft.abandon();
    expect(await tree(ROOT)).toEqual(before);
  });

  it('leaves files and directories that are not its own', async () => {
    await storage.inner.makeDirectory('root/s');
    await (await begin()).abandon();
    expect(await tree(ROOT)).toEqual(['s/']);
    const [one, other] = [await begin(), await begin()];
    await storage.inner.replace(other.directory.partition('part-00000-other.cairn'), new Uint8Array(1));
    await one.abandon();
    expect(await tree(S)).toEqual(['data/', 'data/part-00000-other.cairn']);
  });
});

describe('`commit()`', () => {
  /** Two drafts at one place; the second one of the first one's files, if they are shared, else of the same content. */
  async function race(shared: boolean): Promise<{ winner: string[]; loser: StoreDraft; manifest: Manifest }> {
    await fill(`${ROOT}/from`, numbered(9, 'k', 300), SMALL_PARTITIONS);
    const manifest = await manifestOf(`${ROOT}/from`);
    const [first, second] = [await begin(), await begin()];
    await link(`${ROOT}/from`, first.directory, manifest);
    for (const { name } of manifest.partitions) first.adopt(name);
    const partitions = manifest.partitions.map((record) => ({
      ...record,
      name: `${record.name.slice(0, -6)}b.cairn`,
    }));
    if (!shared) {
      for (const [i, { name }] of partitions.entries())
        await storage.link(
          first.directory.partition(manifest.partitions[i].name),
          second.directory.partition(name),
        );
    }
    const own = shared ? manifest : withId({ ...manifest, partitions }, checksum);
    for (const { name } of own.partitions) second.adopt(name);
    await first.commit(manifest);
    return { winner: manifest.partitions.map(({ name }) => `data/${name}`), loser: second, manifest: own };
  }

  it('refuses the second of two, whose own files go with it', async () => {
    const { winner, loser, manifest } = await race(false);
    await failure(
      loser.complete(() => loser.commit(manifest)),
      'ALREADY_EXISTS',
    );
    expect(await tree(S)).toEqual(['MANIFEST.json', 'data/', ...winner]);
    expect(await readAll(S)).toEqual(numbered(9, 'k', 300));
  });

  it('keeps files that the manifest of the first one names, too', async () => {
    const { loser, manifest } = await race(true);
    await failure(
      loser.complete(() => loser.commit(manifest)),
      'ALREADY_EXISTS',
    );
    expect(await readAll(S)).toEqual(numbered(9, 'k', 300));
  });

  it('keeps all files while its manifest may still appear', async () => {
    await fill(`${ROOT}/from`, numbered(9, 'k', 300), SMALL_PARTITIONS);
    const manifest = await manifestOf(`${ROOT}/from`);
    const draft = await begin();
    await link(`${ROOT}/from`, draft.directory, manifest);
    for (const { name } of manifest.partitions) draft.adopt(name);
    const put = storage.putIfAbsent.bind(storage);
    let late = async (): Promise<unknown> => undefined;
    storage.putIfAbsent = async (path, bytes) => {
      late = () => put(path, bytes);
      throw new CairnError('IO', 'no answer came back', {
        operation: 'put',
        transient: true,
        unanswered: true,
      });
    };
    await failure(
      draft.complete(() => draft.commit(manifest)),
      'IO',
    );
    await late();
    expect(await readAll(S)).toEqual(numbered(9, 'k', 300));
  });

  it('refuses partitions out of order, and may be abandoned then', async () => {
    await fill(`${ROOT}/from`, numbered(9, 'k', 300), SMALL_PARTITIONS);
    const manifest = await manifestOf(`${ROOT}/from`);
    const [first, second, third] = manifest.partitions;
    const none = new Uint8Array(0);
    for (const partitions of [
      [second, first, third],
      [first, { ...second, firstKey: first.lastKey }, third],
      [{ ...first, firstKey: none }, second, third],
      [first, second, { ...third, lastKey: none }],
    ]) {
      const draft = await begin();
      const planted = withId({ ...manifest, partitions }, checksum);
      await expect(draft.complete(() => draft.commit(planted))).rejects.toThrow('out of order');
      expect(await tree(ROOT)).not.toContain('s/');
    }
  });

  it('makes the names of adopted files durable first', async () => {
    await fill(`${ROOT}/from`, numbered(1));
    const manifest = await manifestOf(`${ROOT}/from`);
    const draft = await begin();
    await link(`${ROOT}/from`, draft.directory, manifest);
    for (const { name } of manifest.partitions) draft.adopt(name);
    storage.arm({ at: Number.POSITIVE_INFINITY, forever: false, after: false });
    await draft.commit(manifest);
    const steps = storage.log.map((line) => line.split(' ')[0]);
    expect(steps).toEqual(['syncDirectory', 'putIfAbsent']);
  });
});

describe('`replace()`', () => {
  it('changes a store in one step, and removes what only its old manifest names', async () => {
    await fill(S, numbered(9, 'k', 300), SMALL_PARTITIONS);
    const before = await manifestOf(S);
    const after = withId({ ...before, partitions: before.partitions.slice(1) }, checksum);
    const draft = await StoreDraft.beginChange(targetDirectory(S), checksum);
    await draft.replace(before, after);
    await draft.abandon();
    expect((await storeInfo(S)).id).toBe(after.id);
    expect((await tree(`${S}/data`)).sort()).toEqual(after.partitions.map(({ name }) => name).sort());
  });

  it('is CONFLICT when the store was changed meanwhile, and changes nothing', async () => {
    await fill(S, numbered(9, 'k', 300), SMALL_PARTITIONS);
    const before = await manifestOf(S);
    const [one, other] = [1, 2].map((from) =>
      withId({ ...before, partitions: before.partitions.slice(from) }, checksum),
    );
    const draft = await StoreDraft.beginChange(targetDirectory(S), checksum);
    await (await StoreDraft.beginChange(targetDirectory(S), checksum)).replace(before, one);
    await failure(
      draft.complete(() => draft.replace(before, other)),
      'CONFLICT',
    );
    expect((await storeInfo(S)).id).toBe(one.id);
    expect((await readAll(S)).length).toBe(one.partitions.reduce((sum, { count }) => sum + count, 0));
  });
});
