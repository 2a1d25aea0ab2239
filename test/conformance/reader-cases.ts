import { expect, it } from 'vitest';
import {
  type Codec,
  createStore,
  type KeyEncoding,
  openStore,
  type Progress,
  type StoreReader,
  storeInfo,
  verifyStore,
} from '../../src/index.ts';
import { failure, failureNow, rejection } from '../support/failures.ts';
import type { Place } from '../support/places.ts';
import { makeDirectory, readFile, removeFile, writeFile } from '../support/storage-tools.ts';
import {
  bytes,
  collect,
  fill,
  fillSized,
  numbered,
  open,
  pairsOf,
  readAll,
  SMALL_PARTITIONS,
  utf8,
} from '../support/stores.ts';

const BINARY = { keyEncoding: 'binary', valueEncoding: 'binary' } as const;
type Bytes = StoreReader<Uint8Array, Uint8Array>;

const CACHES = [0, 700, 1500, 1 << 20];

/** What a reader promises besides the numbered cases: whose bytes are whose, what misses give, when it ends. */
export function readerCases(place: Place): void {
  const key = (i: number): Uint8Array => bytes(7, i >> 8, i & 255);
  const value = (i: number): Uint8Array => new Uint8Array(80).fill(i);
  let made: string | undefined;
  /** 200 entries of bytes in several partitions of several blocks. */
  const uri = async (): Promise<string> => {
    if (made === undefined) {
      made = `${await place.root()}/bytes`;
      const writer = await createStore(made, { ...BINARY, partitionBytes: 6000, blockBytes: 300 });
      for (let i = 0; i < 200; i++) await writer.put(key(i), value(i));
      expect((await writer.close()).partitions.length).toBeGreaterThan(2);
    }
    return made;
  };

  it('`getMany()` answers in the order of the keys, with duplicates and misses', async () => {
    for (const cacheBytes of CACHES) {
      await using store = await openStore(await uri(), { ...BINARY, cacheBytes });
      const order = [150, 3, 3, 999, 0, 199, 200, 42, 3];
      const wanted = order.map((i) => (i < 200 ? value(i) : undefined));
      expect(await store.getMany(order.map(key))).toEqual(wanted);
      expect(store.getManySync(order.map(key))).toEqual(wanted);
      expect(await store.getMany(new Set(order.slice(0, 2).map(key)))).toEqual(wanted.slice(0, 2));
      expect(await store.getMany([])).toEqual([]);
      expect(store.getManySync([])).toEqual([]);
    }
  });

  it('`getMany()` says `undefined` for a miss, and leaves no hole that `map()` would skip', async () => {
    for (const cacheBytes of CACHES) {
      await using store = await openStore(await uri(), { ...BINARY, cacheBytes });
      const keys = [key(999), key(3), key(1000), key(4), bytes()];
      for (const found of [await store.getMany(keys), store.getManySync(keys)]) {
        expect(found.map((one) => one?.[0] ?? 'missing')).toEqual(['missing', 3, 'missing', 4, 'missing']);
        expect(found).toStrictEqual([undefined, value(3), undefined, value(4), undefined]);
      }
    }
  });

  it('`getMany()` finds keys of any length in any encoding, between short ones', async () => {
    const root = await place.root();
    const lengths = [
      1, 200, 250, 251, 252, 253, 254, 255, 256, 257, 258, 259, 260, 300, 511, 512, 5000, 65_530,
    ];
    const upper: Codec<string> = {
      name: 'upper',
      encode: (text) => utf8(text.toUpperCase()),
      decode: String,
    };
    const kinds: [keyEncoding: KeyEncoding, make: (length: number) => unknown][] = [
      ['utf8', (length) => 'k'.repeat(length)],
      ['utf8', (length) => `${'k'.repeat(length - 1)}€`],
      ['binary', (length) => new Uint8Array(length).fill(7)],
      ['tuple', (length) => ['k'.repeat(length)]],
      ['tuple', (length) => [1, new Uint8Array(length).fill(7), true]],
      ['tuple', (length) => Array<number>(Math.min(length, 20_000)).fill(1)],
      [upper, (length) => 'k'.repeat(length)],
    ];
    for (const [i, [keyEncoding, make]] of kinds.entries()) {
      const writer = await createStore<KeyEncoding>(`${root}/${i}`, { keyEncoding });
      const put = writer.put.bind(writer) as (key: unknown, value: unknown) => unknown;
      // Those of the second kind are not in order.
      const there = i === 1 ? [] : lengths.filter((_, at) => at % 2 === 0);
      for (const length of there) put(make(length), length);
      await writer.close();
      for (const cacheBytes of [0, 1 << 22]) {
        await using store = await openStore<unknown, unknown>(`${root}/${i}`, { keyEncoding, cacheBytes });
        const keys = [...lengths, ...lengths].map(make);
        const wanted = [...lengths, ...lengths].map((length) =>
          there.includes(length) ? length : undefined,
        );
        expect(store.getManySync(keys)).toStrictEqual(wanted);
        expect(await store.getMany(keys)).toStrictEqual(wanted);
        expect(store.getManySync(keys)).toStrictEqual(keys.map((one) => store.getSync(one)));
      }
    }
  });

  it('`getMany()` takes keys out of one buffer that its source uses again', async () => {
    await using store = await openStore(await uri(), { ...BINARY, cacheBytes: 700 });
    function* reused(): Generator<Uint8Array> {
      const buffer = new Uint8Array(3);
      for (const i of [9, 3, 150]) {
        buffer.set(key(i));
        yield buffer;
      }
    }
    expect(store.getManySync(reused())).toEqual([value(9), value(3), value(150)]);
    expect(await store.getMany(reused())).toEqual([value(9), value(3), value(150)]);
  });

  it('`getMany()` refuses what is no iterable of keys', async () => {
    await using store = await open(await textStore(place));
    for (const wrong of [null, undefined, 5, {}, 'k00001'] as unknown as string[][]) {
      await failure(() => store.getMany(wrong), 'INVALID_ARGUMENT');
      failureNow(() => store.getManySync(wrong), 'INVALID_ARGUMENT');
    }
    await failure(() => store.getMany(['k00000', 5 as unknown as string]), 'INVALID_ARGUMENT');
    failureNow(() => store.getManySync(['k00000', null as unknown as string]), 'INVALID_ARGUMENT');
  });

  it('an empty key is absent to every look-up', async () => {
    const root = await place.root();
    await createStore(`${root}/tuple`, { keyEncoding: 'tuple' }).put([1], 'one').close();
    await using tuples = await openStore(`${root}/tuple`, { keyEncoding: 'tuple' });
    await using store = await openStore(await uri(), BINARY);
    expect([await store.get(bytes()), store.getSync(bytes()), await store.has(bytes())]).toEqual([
      undefined,
      undefined,
      false,
    ]);
    expect([await tuples.get([]), tuples.hasSync([]), tuples.rankSync([])]).toEqual([undefined, false, 0]);
    expect(await tuples.ceiling([])).toEqual([[1], 'one']);
    expect(await tuples.floor([])).toBeUndefined();
  });

  it('a value of null is a value; a key that is not there is undefined', async () => {
    const s = `${await place.root()}/s`;
    await createStore(s).put('a', null).put('b', [null]).put('c', false).put('d', 0).close();
    await using store = await openStore(s);
    expect(await store.getMany(['a', 'b', 'c', 'd', 'e'])).toEqual([null, [null], false, 0, undefined]);
    expect([store.getSync('a'), store.hasSync('a'), store.hasSync('e')]).toEqual([null, true, false]);
    expect(await collect(store.values())).toEqual([null, [null], false, 0]);
    expect(await store.floor('a')).toEqual(['a', null]);
  });

  const owned: [name: string, take: (store: Bytes) => unknown][] = [
    ['get()', (store) => store.get(key(5))],
    ['getSync()', (store) => store.getSync(key(5))],
    ['getMany()', (store) => store.getMany([key(5), key(6)])],
    ['getManySync()', (store) => store.getManySync([key(5), key(6)])],
    ['first()', (store) => store.first()],
    ['at()', (store) => store.at(150)],
    ['atSync()', (store) => store.atSync(150)],
    ['floor()', (store) => store.floor(key(5))],
    ['ceilingSync()', (store) => store.ceilingSync(key(5))],
    ['sample()', (store) => store.sample(5)],
    ['entries()', (store) => collect(store.entries())],
    ['entriesSync()', (store) => [...store.entriesSync({ reverse: true })]],
    ['keys()', (store) => collect(store.keys())],
    ['valuesSync()', (store) => [...store.valuesSync()]],
    [
      'info',
      (store) => [
        store.info.firstKey,
        store.info.lastKey,
        ...store.info.partitions.map(({ firstKey }) => firstKey),
      ],
    ],
  ];
  for (const [name, take] of owned) {
    it(`what \`${name}\` returns belongs to the caller: overwriting it changes no later answer`, async () => {
      for (const cacheBytes of [0, 700, 1 << 20]) {
        await using store = await openStore(await uri(), { ...BINARY, cacheBytes });
        for (let round = 0; round < 2; round++) {
          overwrite(await take(store));
          for (let i = 0; i < 200; i += 7) {
            expect(store.getSync(key(i)), `after ${name} with a cache of ${cacheBytes}`).toEqual(value(i));
          }
          expect(await store.get(key(5))).toEqual(value(5));
          expect(store.atSync(150)).toEqual([key(150), value(150)]);
        }
        expect([...store.entriesSync()]).toEqual(Array.from({ length: 200 }, (_, i) => [key(i), value(i)]));
      }
    });
  }

  it('what a caller keeps does not change under it, whatever is read afterwards', async () => {
    for (const views of [false, true]) {
      for (const cacheBytes of CACHES) {
        await using store = await openStore(await uri(), { ...BINARY, cacheBytes, views });
        const kept: [number, Uint8Array | undefined][] = [];
        for (let round = 0; round < 3; round++) {
          for (let i = 0; i < 200; i++) {
            kept.push([i, store.getSync(key(i))], [i, store.atSync(i)?.[1]]);
            if (i % 9 === 0) kept.push([i, await store.get(key(i))], [i, (await store.floor(key(i)))?.[1]]);
          }
          for (const [entryKey, entryValue] of store.entriesSync())
            kept.push([entryKey[1] * 256 + entryKey[2], entryValue]);
          for await (const [entryKey, entryValue] of store)
            kept.push([entryKey[1] * 256 + entryKey[2], entryValue]);
        }
        for (const [i, one] of kept) {
          if (one?.length !== 80 || one.some((byte) => byte !== i)) {
            expect(one, `entry ${i} with a cache of ${cacheBytes}, views: ${views}`).toEqual(value(i));
          }
        }
      }
    }
  });

  it('`views: true` returns the same as copies do', async () => {
    for (const cacheBytes of CACHES) {
      await using copies = await openStore(await uri(), { ...BINARY, cacheBytes });
      await using views = await openStore(await uri(), { ...BINARY, cacheBytes, views: true });
      expect([...views]).toEqual([...copies]);
      expect(await collect(views.entries({ reverse: true }))).toEqual(
        await collect(copies.entries({ reverse: true })),
      );
      const keys = Array.from({ length: 210 }, (_, i) => key(i));
      expect(views.getManySync(keys)).toEqual(copies.getManySync(keys));
      expect(await views.getMany(keys)).toEqual(await copies.getMany(keys));
      expect(views.atSync(77)).toEqual(copies.atSync(77));
    }
  });

  it('`forEach()` passes views that are valid during the call', async () => {
    for (const cacheBytes of CACHES) {
      await using store = await openStore(await uri(), { ...BINARY, cacheBytes });
      let next = 0;
      await store.forEach((lentKey, lentValue) => {
        expect(lentKey).toEqual(key(next));
        expect(lentValue).toEqual(value(next));
        next++;
      });
      store.forEachSync(
        (lentKey, lentValue) => {
          expect(lentKey).toEqual(key(--next));
          expect(lentValue).toEqual(value(next));
        },
        { reverse: true },
      );
      expect(next).toBe(0);
    }
  });

  it('nested bytes of msgpack values belong to the caller', async () => {
    const s = `${await place.root()}/s`;
    await createStore(s)
      .put('a', { raw: bytes(1, 2, 3) })
      .put('b', [bytes(4)])
      .close();
    await using store = await openStore(s, { views: true });
    overwrite(Object.values((await store.get('a')) as object));
    overwrite(store.getSync('b'));
    expect([...store.valuesSync()]).toEqual([{ raw: bytes(1, 2, 3) }, [bytes(4)]]);
  });

  it('`openStore()` takes a plain path or URL as well as a URI, and `info.uri` opens the same store', async () => {
    const s = await textStore(place);
    await using store = await open(s);
    expect(await readAll(store.info.uri)).toEqual(pairsOf('three partitions'));
    expect((await storeInfo(store.info.uri)).id).toBe(store.info.id);
    expect(await readAll(`${s}/`)).toEqual(pairsOf('three partitions'));
  });

  it('`storeInfo()` says what the writer and the reader say', async () => {
    const s = `${await place.root()}/s`;
    const info = await fill(s, numbered(60, 'k', 90), { ...SMALL_PARTITIONS, metadata: { version: 3 } });
    await using store = await open(s);
    expect(await storeInfo(s)).toEqual(info);
    expect(store.info).toEqual(info);
    expect(info.partitions.reduce((sum, one) => sum + one.count, 0)).toBe(60);
    expect(info.partitions.reduce((sum, one) => sum + one.bytes, 0)).toBe(info.bytes);
    for (const one of info.partitions)
      expect((await readFile(`${s}/data/${one.name}`)).length).toBe(one.bytes);
    expect(info.partitions.map(({ firstKey }) => firstKey)).toEqual(
      [...info.partitions.map(({ firstKey }) => firstKey)].sort(),
    );
  });

  it('`storeInfo()` fails as `openStore()` does', async () => {
    const root = await place.root();
    await failure(storeInfo(`${root}/none`), 'NOT_FOUND');
    await makeDirectory(`${root}/empty`);
    await failure(storeInfo(`${root}/empty`), 'NOT_A_STORE');
    await writeFile(`${root}/file`, 'x');
    await failure(storeInfo(`${root}/file`), 'NOT_A_STORE');
    await using _writer = await createStore(`${root}/open`);
    await failure(storeInfo(`${root}/open`), 'INCOMPLETE');
  });

  it('`verify()` counts everything and reports progress up to the end', async () => {
    const s = `${await place.root()}/s`;
    const info = await fill(s, numbered(500, 'k', 90), { partitionBytes: 16_384, blockBytes: 1024 });
    const seen: number[] = [];
    const onProgress = ({ unit, done, total }: Progress): void => {
      expect([unit, total]).toEqual(['bytes', info.bytes]);
      seen.push(done);
    };
    await using store = await open(s);
    const report = await store.verify({ onProgress });
    expect(report).toMatchObject({
      ok: true,
      problems: [],
      checked: { files: info.partitions.length, entries: 500, bytes: info.bytes },
    });
    expect(report.checked.blocks).toBeGreaterThan(info.partitions.length);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(info.bytes);
    const other = await verifyStore(s, { onProgress: () => {} });
    expect(other.ok).toBe(true);
    expect(other.checked.entries).toBe(500);
  });

  it('`verify()` and `verifyStore()` reject with the reason of a signal', async () => {
    const s = await textStore(place);
    const reason = new Error('stop');
    await using store = await open(s);
    expect(await rejection(store.verify({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await rejection(verifyStore(s, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    const abort = new AbortController();
    const onProgress = (): void => abort.abort(reason);
    expect(await rejection(store.verify({ signal: abort.signal, onProgress }))).toBe(reason);
  });

  it('`verifyStore()` of what is no store rejects; of a broken store it reports', async () => {
    const root = await place.root();
    await failure(verifyStore(`${root}/none`), 'NOT_FOUND');
    await makeDirectory(`${root}/empty`);
    await failure(verifyStore(`${root}/empty`), 'NOT_A_STORE');
    const info = await fillSized(`${root}/s`, 'three partitions');
    await removeFile(`${root}/s/data/${info.partitions[1].name}`);
    const report = await verifyStore(`${root}/s`);
    expect(report).toMatchObject({ ok: false, problems: [{ code: 'CORRUPTION' }] });
    expect(report.problems[0].file).toContain(info.partitions[1].name);
    await writeFile(`${root}/s/MANIFEST.json`, '{}');
    expect(await verifyStore(`${root}/s`)).toMatchObject({ ok: false, problems: [{ section: 'manifest' }] });
    await failure(openStore(`${root}/s`), 'CORRUPTION');
  });

  it('a signal aborted before rejects `openStore()` with its reason', async () => {
    const s = await textStore(place);
    const reason = new Error('not now');
    expect(await rejection(openStore(s, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await rejection(openStore(s, { signal: AbortSignal.abort(reason) }).get('k00000'))).toBe(reason);
  });

  it('`await using` closes a reader', async () => {
    const s = await textStore(place);
    let escaped: StoreReader<string, string>;
    {
      await using store = await open(s);
      escaped = store;
    }
    failureNow(() => escaped.getSync('k00000'), 'CLOSED');
    await escaped.close();
  });

  it('of two readers of one store, closing one leaves the other open', async () => {
    const s = await textStore(place);
    const first = await open(s);
    await using second = await open(s);
    await first.get('k00001');
    await first.close();
    expect([...second]).toEqual(pairsOf('three partitions'));
  });

  it('look-ups that wait and look-ups that do not, all at once, give the right answers', async () => {
    for (const cacheBytes of CACHES) {
      for (const verify of ['once', 'always'] as const) {
        await using store = await openStore(await uri(), { ...BINARY, cacheBytes, verify });
        const running: Promise<void>[] = [];
        for (let i = 0; i < 400; i++) {
          const n = (i * 89) % 210;
          const wanted = n < 200 ? value(n) : undefined;
          running.push(store.get(key(n)).then((found) => expect(found).toEqual(wanted)));
          if (i % 3 === 0) expect(store.getSync(key(n))).toEqual(wanted);
          if (i % 5 === 0)
            running.push(
              store.floor(key(n)).then((found) => expect(found?.[1]).toEqual(value(Math.min(n, 199)))),
            );
          if (i % 7 === 0)
            running.push(store.count({ lt: key(n) }).then((count) => expect(count).toBe(Math.min(n, 200))));
          if (i % 11 === 0) await Promise.resolve();
          if (i % 13 === 0) expect(store.rankSync(key(n))).toBe(Math.min(n, 200));
        }
        await Promise.all(running);
      }
    }
  });
}

const textStores = new WeakMap<Place, Promise<string>>();

/** A store of three partitions that the tests share. */
function textStore(place: Place): Promise<string> {
  let making = textStores.get(place);
  if (making === undefined) {
    making = place.root().then(async (root) => {
      await fillSized(`${root}/text`, 'three partitions');
      return `${root}/text`;
    });
    textStores.set(place, making);
  }
  return making;
}

/** Fills every byte array in there with something else. */
function overwrite(given: unknown): void {
  if (given instanceof Uint8Array) given.fill(0xee);
  else if (Array.isArray(given)) for (const one of given) overwrite(one);
}
