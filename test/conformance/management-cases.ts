import { expect, it } from 'vitest';
import {
  createStore,
  deleteStore,
  listStores,
  openStore,
  renameStore,
  type Skipped,
  storeInfo,
  sweepStores,
} from '../../src/index.ts';
import { decodeManifest } from '../../src/store/manifest/decode-manifest.ts';
import { encodeManifest } from '../../src/store/manifest/manifest.ts';
import { failure } from '../support/failures.ts';
import { locateComplete } from '../support/locate-complete.ts';
import type { Place } from '../support/places.ts';
import { checksum } from '../support/signed.ts';
import { kindOf, makeDirectory, readTree, tree, writeFile } from '../support/storage-tools.ts';
import {
  collect,
  fill,
  fillSized,
  numbered,
  open,
  pairsOf,
  readAll,
  SIZES,
  SMALL_PARTITIONS,
  TEXT,
} from '../support/stores.ts';

/** The URIs of paths below one. */
async function storeUris(uri: string, paths: readonly string[]): Promise<string[]> {
  const { storage, path } = locateComplete(uri);
  return paths.map((each) => storage.uri(`${path}/${each}`));
}

/** The numbered cases on deleting and renaming; those on merging are in merge-cases.ts. */
export function managementCases(place: Place): void {
  for (const size of SIZES) {
    it(`41: \`deleteStore()\` of ${size} leaves nothing, and opening is NOT_FOUND`, async () => {
      const root = await place.root();
      await fillSized(`${root}/s`, size);
      await deleteStore(`${root}/s`);
      expect(await tree(root)).toEqual([]);
      await failure(openStore(`${root}/s`), 'NOT_FOUND');
      await failure(deleteStore(`${root}/s`), 'NOT_FOUND');
    });
  }

  it('42: `deleteStore()` of a missing path is NOT_FOUND', async () => {
    const root = await place.root();
    await failure(deleteStore(`${root}/none`), 'NOT_FOUND');
    await failure(deleteStore(`${root}/none/deeper`), 'NOT_FOUND');
  });

  it('42: `deleteStore()` refuses what is no store and keeps it', async () => {
    const root = await place.root();
    await writeFile(`${root}/directory/note.txt`, 'precious');
    await writeFile(`${root}/file`, 'precious');
    await makeDirectory(`${root}/empty`);
    await writeFile(`${root}/mixed/data/note.txt`, 'precious');
    const before = await readTree(root);
    for (const name of ['directory', 'file', 'empty', 'mixed']) {
      await failure(deleteStore(`${root}/${name}`), 'NOT_A_STORE');
    }
    expect(await readTree(root)).toEqual(before);
    expect(await kindOf(`${root}/empty`)).toBe('directory');
  });

  it('42: `deleteStore()` keeps strange files that lie in a store, and says nothing is there any more', async () => {
    const root = await place.root();
    await fillSized(`${root}/s`, 'two pairs');
    await writeFile(`${root}/s/README.txt`, 'precious');
    await deleteStore(`${root}/s`);
    expect(await tree(`${root}/s`)).toEqual(['README.txt']);
    await failure(openStore(`${root}/s`), 'NOT_A_STORE');
  });

  it('a partition under a name of its own is no orphan, in a directory without a manifest or in a store', async () => {
    const root = await place.root();
    await fillSized(`${root}/words`, 'two pairs');
    const [[name, bytes]] = [...(await readTree(`${root}/words/data`))];
    const names = [
      'words.cairn',
      'part-1-x.cairn',
      `copy-of-${name}`,
      `${name}.cairn.bak`,
      'part-00000-.cairn',
    ];
    for (const other of names) await writeFile(`${root}/site-${other}/data/${other}`, bytes);
    for (const other of names) await writeFile(`${root}/words/data/${other}`, bytes);
    await writeFile(`${root}/words/MANIFEST.json.old.tmp`, bytes);
    const before = await readTree(root);
    expect(await sweepStores(root, { olderThanMs: 0 })).toEqual([]);
    for (const other of names) {
      expect(await sweepStores(`${root}/site-${other}`, { olderThanMs: 0 })).toEqual([]);
      const { message } = await failure(deleteStore(`${root}/site-${other}`), 'NOT_A_STORE');
      expect(message).toContain(`(data/${other})`);
      await failure(createStore(`${root}/site-${other}`), 'ALREADY_EXISTS');
    }
    expect(await readTree(root)).toEqual(before);
    const skipped: Skipped[] = [];
    await deleteStore(`${root}/words`, { onSkip: (each) => void skipped.push(each) });
    const left = [...names.map((other) => `data/${other}`), 'MANIFEST.json.old.tmp'];
    expect((await tree(`${root}/words`)).filter((path) => !path.endsWith('/'))).toEqual(left.sort());
    const uris = (await storeUris(`${root}/words`, left)).sort();
    expect(skipped.map(({ uri }) => uri).sort()).toEqual(uris);
    for (const { error } of skipped) expect(error.code).toBe('NOT_A_STORE');
    expect((await openStore(`${root}/words/data/words.cairn`, TEXT)).info.count).toBe(2);
  });

  it('what writers of this library make is an orphan in a directory without a manifest', async () => {
    const root = await place.root();
    const names = [
      'part-00000-0123456789abcdef.cairn',
      'part-123456-build.7_x-y.cairn',
      'run-00003-0123456789abcdef.cairn',
    ];
    for (const name of names) await writeFile(`${root}/a/data/${name}`, 'x');
    for (const id of ['0123456789abcdef', '0123456789abcdef0123456789abcdef', 'claim'])
      await writeFile(`${root}/a/MANIFEST.json.${id}.tmp`, 'x');
    for (const name of names) await writeFile(`${root}/b/data/${name}`, 'x');
    expect((await sweepStores(root, { olderThanMs: 0, dryRun: true })).length).toBe(9);
    expect((await sweepStores(`${root}/a`, { olderThanMs: 0 })).length).toBe(6);
    await deleteStore(`${root}/b`);
    expect(await tree(root)).toEqual([]);
  });

  it('`deleteStore()` removes the partitions that a manifest names, whatever their names', async () => {
    const root = await place.root();
    await fillSized(`${root}/s`, 'three partitions');
    const files = await readTree(`${root}/s`);
    const manifest = decodeManifest(files.get('MANIFEST.json') as Uint8Array, 'MANIFEST.json', checksum);
    const partitions = manifest.partitions.map((record, i) => ({ ...record, name: `${i}.cairn` }));
    for (const [i, { name }] of manifest.partitions.entries())
      await writeFile(`${root}/t/data/${i}.cairn`, files.get(`data/${name}`) as Uint8Array);
    await writeFile(`${root}/t/MANIFEST.json`, encodeManifest({ ...manifest, partitions }, checksum));
    expect(await readAll(`${root}/t`)).toEqual(pairsOf('three partitions'));
    await deleteStore(`${root}/t`);
    expect((await tree(root)).some((path) => path.startsWith('t/'))).toBe(false);
  });

  it('what operating systems leave in directories is in the way of no store', async () => {
    const root = await place.root();
    const names = ['.DS_Store', '.nfs000000000012d6870000001b', 'Thumbs.db', 'desktop.ini', '._data'];
    for (const name of names) await writeFile(`${root}/s/${name}`, 'x');
    await writeFile(`${root}/s/lost+found/x`, 'x');
    await failure(deleteStore(`${root}/s`), 'NOT_A_STORE');
    for (let times = 0; times < 2; times++) {
      await fillSized(`${root}/s`, 'two pairs');
      await writeFile(`${root}/s/data/.nfs000000000012d6870000001c`, 'x');
      expect(await readAll(`${root}/s`)).toEqual(pairsOf('two pairs'));
      const skipped: Skipped[] = [];
      await deleteStore(`${root}/s`, { onSkip: (each) => void skipped.push(each) });
      const left = ['.nfs000000000012d6870000001c', ...names, 'lost+found'];
      expect(skipped.map(({ uri }) => uri.slice(uri.lastIndexOf('/') + 1)).sort()).toEqual(left.sort());
    }
  });

  it('`sweepStores()` finds a store named data below a root that is none', async () => {
    const root = await place.root();
    await fillSized(`${root}/data`, 'two pairs');
    await writeFile(`${root}/data/data/part-00009-dead.cairn`, 'x');
    expect((await sweepStores(root, { olderThanMs: 0 })).map(({ uri }) => uri)).toEqual(
      await storeUris(`${root}/data`, ['data/part-00009-dead.cairn']),
    );
    expect(await readAll(`${root}/data`)).toEqual(pairsOf('two pairs'));
  });

  it('43: `renameStore()` moves five pairs; the old path is NOT_FOUND', async () => {
    const root = await place.root();
    await fill(`${root}/old`, numbered(5));
    await renameStore(`${root}/old`, `${root}/deep/er/new`);
    expect(await readAll(`${root}/deep/er/new`)).toEqual(numbered(5));
    await failure(openStore(`${root}/old`), 'NOT_FOUND');
    await fill(`${root}/old`, numbered(3));
    expect(await readAll(`${root}/old`)).toEqual(numbered(3));
  });

  it('44: `renameStore()` onto something is ALREADY_EXISTS, both intact', async () => {
    const root = await place.root();
    await fillSized(`${root}/a`, 'three partitions');
    await fillSized(`${root}/b`, 'two pairs', 'b');
    await writeFile(`${root}/file`, 'precious');
    await writeFile(`${root}/directory/note.txt`, 'precious');
    const before = await readTree(root);
    for (const name of ['b', 'file', 'directory']) {
      await failure(renameStore(`${root}/a`, `${root}/${name}`), 'ALREADY_EXISTS');
    }
    expect(await readTree(root)).toEqual(before);
  });

  it('44: `renameStore()` of a missing, incomplete or foreign thing says which', async () => {
    const root = await place.root();
    await failure(renameStore(`${root}/none`, `${root}/new`), 'NOT_FOUND');
    const writer = await createStore(`${root}/open`, TEXT);
    writer.put('a', '1');
    const open = place.objects ? 'NOT_FOUND' : 'INCOMPLETE';
    await failure(renameStore(`${root}/open`, `${root}/new`), open);
    await writeFile(`${root}/directory/note.txt`, 'precious');
    await failure(renameStore(`${root}/directory`, `${root}/new`), 'NOT_A_STORE');
    expect(await kindOf(`${root}/new`)).toBeUndefined();
    await writer.close();
    expect(await readAll(`${root}/open`)).toEqual([['a', '1']]);
  });

  it('45: `renameStore()` into its own subtree is INVALID_ARGUMENT, onto itself a no-op', async () => {
    const root = await place.root();
    await fillSized(`${root}/s`, 'three partitions');
    const before = await readTree(root);
    await failure(renameStore(`${root}/s`, `${root}/s/below`), 'INVALID_ARGUMENT');
    await failure(renameStore(`${root}/s`, `${root}/s/data/below`), 'INVALID_ARGUMENT');
    await renameStore(`${root}/s`, `${root}/s`);
    await renameStore(`${root}/s`, `${root}/s/`);
    expect(await readTree(root)).toEqual(before);
  });

  it('45: `renameStore()` to a name that merely begins like the old one works', async () => {
    const root = await place.root();
    await fillSized(`${root}/s`, 'two pairs');
    await renameStore(`${root}/s`, `${root}/s2`);
    expect(await readAll(`${root}/s2`)).toEqual(pairsOf('two pairs'));
  });

  it('`listStores()` yields the complete stores directly below a root, and skips everything else', async () => {
    const root = await place.root();
    await fillSized(`${root}/empty`, 'empty');
    await fillSized(`${root}/two`, 'two pairs');
    await fillSized(`${root}/folder/three`, 'three partitions');
    await fillSized(`${root}/damaged`, 'two pairs');
    await writeFile(`${root}/damaged/MANIFEST.json`, '{}');
    await writeFile(`${root}/file`, 'x');
    await makeDirectory(`${root}/nothing`);
    await using writer = await createStore(`${root}/open`, TEXT);
    writer.put('a', '1');
    const listed = await collect(listStores(root));
    expect(listed.map(({ uri }) => uri).sort()).toEqual(
      [(await storeInfo(`${root}/empty`)).uri, (await storeInfo(`${root}/two`)).uri].sort(),
    );
    for (const info of listed) expect(info).toEqual(await storeInfo(info.uri));
    expect((await collect(listStores(`${root}/folder`))).map(({ count }) => count)).toEqual([9]);
    expect(await collect(listStores(`${root}/nothing`))).toEqual([]);
  });

  it('`listStores()` of a missing root yields nothing, and refuses what is not a URI', async () => {
    const root = await place.root();
    expect(await collect(listStores(`${root}/none`))).toEqual([]);
    await failure(() => collect(listStores(null as unknown as string)), 'INVALID_ARGUMENT');
  });

  it('`listStores()` can be left before its end, and bears that stores go meanwhile', async () => {
    const root = await place.root();
    for (let i = 0; i < 5; i++) await fill(`${root}/${i}`, numbered(i));
    for await (const _ of listStores(root)) break;
    let seen = 0;
    for await (const { uri } of listStores(root)) {
      seen++;
      await deleteStore(uri);
    }
    expect(seen).toBe(5);
    expect(await collect(listStores(root))).toEqual([]);
  });

  if (!place.objects)
    it('49: a reader opened before keeps its snapshot through a rename and a deletion', async () => {
      const root = await place.root();
      const pairs = numbered(60, 'k', 100);
      await fill(`${root}/s`, pairs, SMALL_PARTITIONS);
      await using renamed = await open(`${root}/s`);
      await renameStore(`${root}/s`, `${root}/t`);
      await using deleted = await open(`${root}/t`);
      const iterator = deleted.entries();
      await iterator.next();
      await deleteStore(`${root}/t`);
      await fill(`${root}/s`, [['k00000', 'new']]);
      for (const store of [renamed, deleted]) {
        for (const [key, value] of pairs) expect(await store.get(key)).toBe(value);
        expect([...store]).toEqual(pairs);
        expect((await store.verify()).ok).toBe(true);
      }
      let rest = 0;
      for await (const [key] of { [Symbol.asyncIterator]: () => iterator }) if (key !== undefined) rest++;
      expect(rest).toBe(59);
    });
}
