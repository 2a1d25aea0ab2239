import { expect, it } from 'vitest';
import { toHex } from '../../src/bytes/hex.ts';
import {
  createStore,
  type MergeOptions,
  mergeStore,
  mergeStores,
  openStore,
  storeInfo,
  verifyStore,
} from '../../src/index.ts';
import { failure, rejection } from '../support/failures.ts';
import type { Place } from '../support/places.ts';
import { kindOf, makeDirectory, readTree, tree, writeFile } from '../support/storage-tools.ts';
import {
  collect,
  fill,
  fillSized,
  lookUp,
  numbered,
  open,
  type Pair,
  pairsOf,
  readAll,
  SIZES,
  SMALL_PARTITIONS,
  TEXT,
} from '../support/stores.ts';

/** The entries that a merge must give: all, in order; of equal keys that of the first list. */
function union(...lists: Pair[][]): Pair[] {
  const map = new Map<string, string>();
  for (const list of lists) for (const [key, value] of list) if (!map.has(key)) map.set(key, value);
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A store is whole, and holds these pairs. */
async function checkStore(place: Place, uri: string, pairs: Pair[]): Promise<void> {
  expect(await readAll(uri)).toEqual(pairs);
  await using store = await open(uri);
  for (const [key, value] of pairs) expect(await lookUp(store, key, place)).toBe(value);
  expect(await verifyStore(uri)).toMatchObject({ ok: true, checked: { entries: pairs.length } });
  expect(store.info.count).toBe(pairs.length);
  const names = store.info.partitions.map(({ name }) => name);
  expect(await tree(`${uri}/data`)).toEqual([...names].sort());
}

/** How the keys of two stores lie to each other. */
const LAYOUTS: readonly { name: string; other: (pairs: Pair[]) => Pair[] }[] = [
  { name: 'with greater keys', other: (pairs) => pairs.map(([key, value]) => [`z${key}`, value]) },
  { name: 'with lower keys', other: (pairs) => pairs.map(([key, value]) => [`A${key}`, value]) },
  {
    name: 'with keys in between',
    other: (pairs) => pairs.map(([key, value]) => [`${key}-`, `between ${value}`]),
  },
];

/** The numbered cases on merging, and what else a merge promises. */
export function mergeCases(place: Place): void {
  const expectStore = (uri: string, pairs: Pair[]): Promise<void> => checkStore(place, uri, pairs);

  for (const into of SIZES) {
    for (const from of SIZES) {
      for (const { name, other } of LAYOUTS) {
        it(`46, 48: \`mergeStore()\` of ${from} into ${into}, ${name}`, async () => {
          const root = await place.root();
          const [kept, added] = [pairsOf(into), other(pairsOf(from))];
          await fill(`${root}/to`, kept, SMALL_PARTITIONS);
          await fill(`${root}/from`, added, SMALL_PARTITIONS);
          const info = await mergeStore(`${root}/from`, `${root}/to`);
          expect(info.count).toBe(kept.length + added.length);
          expect(info).toEqual(await storeInfo(`${root}/to`));
          await expectStore(`${root}/to`, union(kept, added));
          await failure(openStore(`${root}/from`), 'NOT_FOUND');
          expect(await kindOf(`${root}/from`)).toBeUndefined();
        });

        it(`\`mergeStores()\` of ${from} and ${into}, ${name}, keeps both`, async () => {
          const root = await place.root();
          const [first, second] = [pairsOf(into), other(pairsOf(from))];
          await fill(`${root}/1`, first, SMALL_PARTITIONS);
          await fill(`${root}/2`, second, SMALL_PARTITIONS);
          const before = [await readTree(`${root}/1`), await readTree(`${root}/2`)];
          const info = await mergeStores([`${root}/2`, `${root}/1`], `${root}/deep/to`);
          expect(info.count).toBe(first.length + second.length);
          await expectStore(`${root}/deep/to`, union(first, second));
          expect([await readTree(`${root}/1`), await readTree(`${root}/2`)]).toEqual(before);
        });
      }

      it(`46: \`mergeStore()\` of ${from} into ${into} with equal keys`, async () => {
        const root = await place.root();
        const [kept, added] = [
          pairsOf(into),
          pairsOf(from).map(([key, value]): Pair => [key, `new ${value}`]),
        ];
        for (const onDuplicate of ['error', 'first', 'last'] as const) {
          const to = `${root}/to-${onDuplicate}`;
          await fill(to, kept, SMALL_PARTITIONS);
          await fill(`${to}-from`, added, SMALL_PARTITIONS);
          const clash = kept.length > 0 && added.length > 0;
          if (onDuplicate === 'error' && clash) {
            const before = [await readTree(to), await readTree(`${to}-from`)];
            expect((await failure(mergeStore(`${to}-from`, to), 'DUPLICATE_KEY')).key).toBeInstanceOf(
              Uint8Array,
            );
            expect([await readTree(to), await readTree(`${to}-from`)]).toEqual(before);
            continue;
          }
          await mergeStore(`${to}-from`, to, { onDuplicate });
          await expectStore(to, onDuplicate === 'last' ? union(added, kept) : union(kept, added));
          await failure(openStore(`${to}-from`), 'NOT_FOUND');
        }
      });
    }
  }

  it('47: `mergeStore()` of a missing, incomplete or foreign thing says which, on either side', async () => {
    const root = await place.root();
    await fillSized(`${root}/s`, 'two pairs');
    await using writer = await createStore(`${root}/open`, TEXT);
    writer.put('a', '1');
    await writeFile(`${root}/directory/note.txt`, 'x');
    await writeFile(`${root}/file`, 'x');
    await makeDirectory(`${root}/empty`);
    const before = await tree(root);
    const wrong = {
      none: 'NOT_FOUND',
      // What was put is not to be seen yet where a file is there only when it is finished.
      open: place.objects ? 'NOT_FOUND' : 'INCOMPLETE',
      directory: 'NOT_A_STORE',
      file: 'NOT_A_STORE',
      empty: 'NOT_A_STORE',
    } as const;
    for (const [name, code] of Object.entries(wrong)) {
      await failure(mergeStore(`${root}/${name}`, `${root}/s`), code);
      await failure(mergeStore(`${root}/s`, `${root}/${name}`), code);
      await failure(mergeStores([`${root}/s`, `${root}/${name}`], `${root}/new`), code);
    }
    expect(await tree(root)).toEqual(before);
    await expectStore(`${root}/s`, pairsOf('two pairs'));
  });

  it('47: `mergeStore()` of a store into itself or below itself is INVALID_ARGUMENT', async () => {
    const root = await place.root();
    await fillSized(`${root}/s`, 'three partitions');
    const before = await tree(root);
    await failure(mergeStore(`${root}/s`, `${root}/s`), 'INVALID_ARGUMENT');
    await failure(mergeStore(`${root}/s`, `${root}/s/`), 'INVALID_ARGUMENT');
    await failure(mergeStore(`${root}/s`, `${root}/s/below`), 'INVALID_ARGUMENT');
    await failure(mergeStores([`${root}/s`, `${root}/s`], `${root}/new`), 'INVALID_ARGUMENT');
    await failure(mergeStores([`${root}/s`], `${root}/s`), 'ALREADY_EXISTS', 'INVALID_ARGUMENT');
    await failure(mergeStores([`${root}/s`], `${root}/s/data/below`), 'INVALID_ARGUMENT', 'ALREADY_EXISTS');
    expect(await tree(root)).toEqual(before);
    await expectStore(`${root}/s`, pairsOf('three partitions'));
  });

  it('48: partitions that overlap on both sides of one that does not stay in order', async () => {
    const root = await place.root();
    // Four entries fill a partition. a…: both stores; m…: the first alone; z…: both again.
    const first = [...numbered(4, 'a', 300), ...numbered(4, 'm', 300), ...numbered(4, 'z', 300)];
    const second = [...numbered(4, 'a', 290), ...numbered(4, 'z', 290)].map(
      ([key, value]): Pair => [`${key}-`, value],
    );
    expect((await fill(`${root}/1`, first, SMALL_PARTITIONS)).partitions.map(({ count }) => count)).toEqual([
      4, 4, 4,
    ]);
    expect((await fill(`${root}/2`, second, SMALL_PARTITIONS)).partitions.map(({ count }) => count)).toEqual([
      4, 4,
    ]);
    await mergeStores([`${root}/1`, `${root}/2`], `${root}/both`);
    await expectStore(`${root}/both`, union(first, second));
    await mergeStore(`${root}/2`, `${root}/1`);
    await expectStore(`${root}/1`, union(first, second));
  });

  it('48: overlapping stores of every interleaving keep all keys', async () => {
    const root = await place.root();
    for (let shape = 0; shape < 27; shape++) {
      // Which of two stores has each run of keys: 0 the first, 1 the second, 2 both in turn.
      const runs = [shape % 3, Math.floor(shape / 3) % 3, Math.floor(shape / 9) % 3, (shape * 7) % 3];
      const lists: [Pair[], Pair[]] = [[], []];
      for (const [run, owner] of runs.entries()) {
        for (const [i, pair] of numbered(10, `r${run}-`, 250).entries())
          lists[owner === 2 ? i % 2 : owner].push(pair);
      }
      await fill(`${root}/${shape}-1`, lists[0], SMALL_PARTITIONS);
      await fill(`${root}/${shape}-2`, lists[1], SMALL_PARTITIONS);
      await mergeStore(`${root}/${shape}-1`, `${root}/${shape}-2`);
      await expectStore(`${root}/${shape}-2`, union(...lists));
    }
  });

  if (!place.objects)
    it('49: a reader opened before a merge keeps its snapshot, of either store', async () => {
      const root = await place.root();
      for (const { name, other } of LAYOUTS) {
        const [kept, added] = [pairsOf('three partitions'), other(pairsOf('three partitions'))];
        await fill(`${root}/${name}/to`, kept, SMALL_PARTITIONS);
        await fill(`${root}/${name}/from`, added, SMALL_PARTITIONS);
        await using to = await open(`${root}/${name}/to`);
        await using from = await open(`${root}/${name}/from`);
        const iterator = to.entries();
        await iterator.next();
        await mergeStore(`${root}/${name}/from`, `${root}/${name}/to`);
        expect(await collect({ [Symbol.asyncIterator]: () => iterator })).toEqual(kept.slice(1));
        expect([...to]).toEqual(kept);
        expect([...from]).toEqual(added);
        for (const [key, value] of added) expect(await from.get(key)).toBe(value);
        expect(await to.get(added[0][0])).toBeUndefined();
      }
    });

  it('`mergeStores()` of many stores: disjoint, overlapping and empty ones', async () => {
    const root = await place.root();
    const lists = Array.from({ length: 8 }, (_, i) =>
      i === 5
        ? []
        : numbered(12, 'k', 200).map(
            ([key, value]): Pair => [`${i < 3 ? i : ''}${key}-${i}`, `${i} ${value}`],
          ),
    );
    for (const [i, list] of lists.entries()) await fill(`${root}/${i}`, list, SMALL_PARTITIONS);
    const uris = lists.map((_, i) => `${root}/${i}`);
    await mergeStores(uris, `${root}/all`);
    await expectStore(`${root}/all`, union(...lists));
    await mergeStores([uris[3]], `${root}/one`);
    await expectStore(`${root}/one`, lists[3]);
    expect((await storeInfo(`${root}/one`)).id).toBe((await storeInfo(uris[3])).id);
  });

  it('`onDuplicate` picks the entry of the first or the last source, of three with the key', async () => {
    const root = await place.root();
    for (const [i, name] of ['one', 'two', 'three'].entries()) {
      await fill(`${root}/${i}`, [
        ['a', name],
        ['b', name],
        [`c${i}`, name],
      ]);
    }
    const uris = [0, 1, 2].map((i) => `${root}/${i}`);
    await mergeStores(uris, `${root}/first`, { onDuplicate: 'first' });
    await expectStore(`${root}/first`, [
      ['a', 'one'],
      ['b', 'one'],
      ['c0', 'one'],
      ['c1', 'two'],
      ['c2', 'three'],
    ]);
    await mergeStores(uris, `${root}/last`, { onDuplicate: 'last' });
    await expectStore(`${root}/last`, [
      ['a', 'three'],
      ['b', 'three'],
      ['c0', 'one'],
      ['c1', 'two'],
      ['c2', 'three'],
    ]);
    const before = await tree(root);
    await failure(mergeStores(uris, `${root}/error`), 'DUPLICATE_KEY');
    await failure(mergeStores(uris, `${root}/error`, { onDuplicate: 'error' }), 'DUPLICATE_KEY');
    expect(await tree(root)).toEqual(before);
  });

  it('`mergeStores()` onto something is ALREADY_EXISTS; an empty directory is taken', async () => {
    const root = await place.root();
    await fillSized(`${root}/s`, 'two pairs');
    await fillSized(`${root}/there`, 'three partitions');
    await writeFile(`${root}/directory/note.txt`, 'x');
    await makeDirectory(`${root}/empty`);
    await failure(mergeStores([`${root}/s`], `${root}/there`), 'ALREADY_EXISTS');
    await failure(mergeStores([`${root}/s`], `${root}/directory`), 'ALREADY_EXISTS');
    await mergeStores([`${root}/s`], `${root}/empty`);
    await expectStore(`${root}/empty`, pairsOf('two pairs'));
    await expectStore(`${root}/there`, pairsOf('three partitions'));
  });

  it('merges refuse options that they do not know, and sources that are none', async () => {
    const root = await place.root();
    await fillSized(`${root}/a`, 'two pairs');
    await fillSized(`${root}/b`, 'two pairs', 'b');
    for (const options of [
      { onDuplicate: 'newest' },
      { ondup: 'first' },
      { signal: {} },
      null,
    ] as unknown as MergeOptions[]) {
      await failure(() => mergeStore(`${root}/a`, `${root}/b`, options), 'INVALID_ARGUMENT');
      await failure(() => mergeStores([`${root}/a`], `${root}/c`, options), 'INVALID_ARGUMENT');
    }
    for (const sources of [[], 'text', null, [null], [5]] as unknown as string[][]) {
      await failure(() => mergeStores(sources, `${root}/c`), 'INVALID_ARGUMENT');
    }
    expect(await kindOf(`${root}/c`)).toBeUndefined();
  });

  it('stores of other encodings are not merged', async () => {
    const root = await place.root();
    await fillSized(`${root}/text`, 'two pairs');
    await createStore(`${root}/json`, { valueEncoding: 'json' }).put('a', 1).close();
    await createStore(`${root}/tuple`, { keyEncoding: 'tuple', valueEncoding: 'utf8' }).put([1], 'x').close();
    const before = await readTree(root);
    for (const name of ['json', 'tuple']) {
      await failure(mergeStore(`${root}/${name}`, `${root}/text`), 'INVALID_ARGUMENT');
      await failure(mergeStores([`${root}/text`, `${root}/${name}`], `${root}/new`), 'INVALID_ARGUMENT');
    }
    expect(await readTree(root)).toEqual(before);
  });

  it('stores of other compressions, blocks and indexes are merged, disjoint or not', async () => {
    const root = await place.root();
    const kinds = [
      { compression: 'none', blockBytes: 100, partitionBytes: 3000 },
      { compression: 'deflate', blockBytes: 1000, hashIndex: false },
      { compression: 'zstd', blockBytes: 300, partitionBytes: 4000 },
    ] as const;
    for (const { name, other } of LAYOUTS) {
      const lists = [numbered(40, 'k', 100)];
      lists.push(other(lists[0]), other(other(lists[0])));
      for (const [i, list] of lists.entries()) await fill(`${root}/${name}/${i}`, list, kinds[i]);
      await mergeStores(
        [0, 1, 2].map((i) => `${root}/${name}/${i}`),
        `${root}/${name}/all`,
      );
      await expectStore(`${root}/${name}/all`, union(...lists));
      await mergeStore(`${root}/${name}/1`, `${root}/${name}/0`);
      await mergeStore(`${root}/${name}/0`, `${root}/${name}/2`);
      await expectStore(`${root}/${name}/2`, union(...lists));
      for (const cacheBytes of [0, 2000]) {
        await using store = await openStore(`${root}/${name}/all`, { ...TEXT, cacheBytes });
        for (const [key, value] of union(...lists)) expect(await store.get(key)).toBe(value);
      }
    }
  });

  it('a merged store has the id of one written in one go, and can be merged again', async () => {
    const root = await place.root();
    const [one, two] = [
      numbered(20, 'a', 200),
      numbered(20, 'a', 200).map(([key, value]): Pair => [`${key}x`, value]),
    ];
    await fill(`${root}/1`, one, SMALL_PARTITIONS);
    await fill(`${root}/2`, two, SMALL_PARTITIONS);
    const merged = await mergeStore(`${root}/2`, `${root}/1`);
    expect(merged.id).toBe((await fill(`${root}/whole`, union(one, two))).id);
    await fill(`${root}/3`, numbered(5, 'b'), SMALL_PARTITIONS);
    await mergeStore(`${root}/3`, `${root}/1`);
    await expectStore(`${root}/1`, union(one, two, numbered(5, 'b')));
  });

  it('a merge keeps the metadata of its target', async () => {
    const root = await place.root();
    await fill(`${root}/to`, numbered(2), { metadata: { keep: true } });
    await fill(`${root}/from`, numbered(2, 'x'), { metadata: { keep: false } });
    expect((await mergeStore(`${root}/from`, `${root}/to`)).metadata).toEqual({ keep: true });
  });

  it('disjoint stores are merged without being rewritten', async () => {
    const root = await place.root();
    const to = await fillSized(`${root}/to`, 'three partitions', 'a');
    const from = await fillSized(`${root}/from`, 'three partitions', 'b');
    const before = [...(await readTree(root))]
      .filter(([path]) => path.endsWith('.cairn'))
      .map(([, file]) => file);
    const info = await mergeStore(`${root}/from`, `${root}/to`);
    expect(info.bytes).toBe(to.bytes + from.bytes);
    const after = [...(await readTree(root))]
      .filter(([path]) => path.endsWith('.cairn'))
      .map(([, file]) => file);
    const texts = (files: Uint8Array[]): string[] => files.map(toHex).sort();
    expect(texts(after)).toEqual(texts(before));
  });

  it('a merge with a signal that was aborted rejects with its reason and changes nothing', async () => {
    const root = await place.root();
    await fillSized(`${root}/to`, 'three partitions', 'a');
    await fillSized(`${root}/from`, 'three partitions', 'a-');
    const before = await readTree(root);
    const reason = new Error('no');
    const signal = AbortSignal.abort(reason);
    expect(await rejection(mergeStore(`${root}/from`, `${root}/to`, { signal }))).toBe(reason);
    expect(await rejection(mergeStores([`${root}/from`, `${root}/to`], `${root}/new`, { signal }))).toBe(
      reason,
    );
    expect(await readTree(root)).toEqual(before);
    expect(await kindOf(`${root}/new`)).toBeUndefined();
  });

  it('a store with a user-defined codec is merged without the codec', async () => {
    const root = await place.root();
    const codec = { name: 'own', encode: (text: string) => new TextEncoder().encode(text), decode: String };
    for (const name of ['a', 'b']) {
      await createStore(`${root}/${name}`, { keyEncoding: codec, valueEncoding: codec })
        .put(name, name)
        .close();
    }
    expect((await mergeStore(`${root}/a`, `${root}/b`)).count).toBe(2);
    expect((await verifyStore(`${root}/b`)).ok).toBe(true);
  });
}
