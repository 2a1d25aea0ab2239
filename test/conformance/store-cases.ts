import { expect, it } from 'vitest';
import { compareKeys, createStore, deleteStore, openStore } from '../../src/index.ts';
import { failure, failureNow } from '../support/failures.ts';
import type { Place } from '../support/places.ts';
import { kindOf, makeDirectory, readFile, readTree, tree, writeFile } from '../support/storage-tools.ts';
import {
  bytes,
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
  utf8,
} from '../support/stores.ts';

const BINARY = { keyEncoding: 'binary', valueEncoding: 'binary' } as const;

/** The numbered cases on stores: what is put is found, in order, and nothing else is. */
export function storeCases(place: Place): void {
  it('1: `createStore()` closed with no put opens', async () => {
    const uri = `${await place.root()}/s`;
    await fill(uri, []);
    await using store = await open(uri);
    expect(store.info.partitions).toEqual([]);
  });

  it('2: iterating an empty store yields nothing', async () => {
    const uri = `${await place.root()}/s`;
    await fill(uri, []);
    await using store = await open(uri);
    expect(await collect(store)).toEqual([]);
    expect([...store]).toEqual([]);
    expect(await collect(store.keys())).toEqual([]);
    expect(await collect(store.values({ reverse: true }))).toEqual([]);
    expect(await collect(store.batches())).toEqual([]);
    let visits = 0;
    await store.forEach(() => {
      visits++;
    });
    store.forEachSync(() => {
      visits++;
    });
    expect(visits).toBe(0);
  });

  it('3: an empty store has size 0 and no key', async () => {
    const uri = `${await place.root()}/s`;
    const info = await fill(uri, []);
    expect(info).toMatchObject({ count: 0, bytes: 0, firstKey: undefined, lastKey: undefined });
    await using store = await open(uri);
    expect(store.info.count).toBe(0);
    expect(await store.get('k')).toBeUndefined();
    expect(await store.count()).toBe(0);
  });

  it('4: `get()` finds the key that was put and misses a longer one', async () => {
    const uri = `${await place.root()}/s`;
    await fill(uri, [['key1', 'value1']]);
    await using store = await open(uri);
    expect(await store.get('key1')).toBe('value1');
    expect(await store.get('key1_foo')).toBeUndefined();
    expect(await store.get('key')).toBeUndefined();
    expect(await store.get('key2_foo')).toBeUndefined();
  });

  it('5: 100 pairs of 4-byte keys and 5 KB values are read back exactly', async () => {
    const uri = `${await place.root()}/s`;
    const key = (i: number): Uint8Array => bytes(0, 0, i >> 8, i & 255);
    const value = (i: number): Uint8Array => new Uint8Array(5000).map((_, at) => i * 31 + at);
    const writer = await createStore(uri, BINARY);
    for (let i = 0; i < 100; i++) await writer.put(key(i), value(i));
    expect((await writer.close()).count).toBe(100);
    await using store = await openStore(uri, BINARY);
    for (let i = 0; i < 100; i++) expect(compareKeys(value(i), (await store.get(key(i)))!)).toBe(0);
    expect(await store.get(bytes(0, 0, 0, 100))).toBeUndefined();
    expect(await store.get(bytes(1, 0, 0, 0))).toBeUndefined();
  });

  for (const size of SIZES) {
    it(`6: a store of ${size} iterates to exactly the pairs put`, async () => {
      const uri = `${await place.root()}/s`;
      await fillSized(uri, size);
      expect((await readAll(uri)).sort()).toEqual(pairsOf(size).sort());
    });

    it(`7: a store of ${size} iterates in ascending key order`, async () => {
      const uri = `${await place.root()}/s`;
      await fillSized(uri, size);
      await using store = await open(uri);
      const keys = (await collect(store.keys())).map(utf8);
      expect(keys).toEqual([...keys].sort(compareKeys));
    });
  }

  it('8: with 1 MiB partitions, ten values of 500 KB are all found and no file is larger', async () => {
    const uri = `${await place.root()}/s`;
    const partitionBytes = 1 << 20;
    const value = (i: number): Uint8Array => new Uint8Array(500_000).fill(i);
    const writer = await createStore(uri, { ...BINARY, partitionBytes });
    for (let i = 0; i < 10; i++) await writer.put(bytes(i), value(i));
    const info = await writer.close();
    await using store = await openStore(uri, BINARY);
    for (let i = 0; i < 10; i++) expect(compareKeys(value(i), (await store.get(bytes(i)))!)).toBe(0);
    for (const partition of info.partitions) {
      const file = await readFile(`${uri}/data/${partition.name}`);
      expect(file.length).toBe(partition.bytes);
      expect(file.length).toBeLessThanOrEqual(partitionBytes);
    }
  });

  it('9: `put()` refuses a value that no partition holds and names both lengths', async () => {
    const uri = `${await place.root()}/s`;
    await using writer = await createStore(uri, { ...BINARY, partitionBytes: 500_000 });
    const error = failureNow(() => writer.put(bytes(1, 2, 3), new Uint8Array(500_000)), 'TOO_LARGE');
    expect(error).toMatchObject({ keyBytes: 3, valueBytes: 500_000 });
    expect(error.limit).toBeLessThan(500_000);
    expect(error.message).toMatch(/3 bytes.*500000 bytes/s);
  });

  it('10: after a value too large, smaller puts and `close()` succeed without an empty partition', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, { ...TEXT, partitionBytes: 1024 });
    failureNow(() => writer.put('a', 'x'.repeat(2000)), 'TOO_LARGE');
    writer.put('a', '1');
    failureNow(() => writer.put('b', 'x'.repeat(2000)), 'TOO_LARGE');
    writer.put('b', '2');
    failureNow(() => writer.put('c', 'x'.repeat(2000)), 'TOO_LARGE');
    const info = await writer.close();
    expect(info.partitions.map(({ count }) => count)).toEqual([2]);
    expect(await readAll(uri)).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect((await tree(`${uri}/data`)).length).toBe(1);
  });

  it('11: `put()` refuses the key just put, in another array with equal bytes; `close()` still works', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, BINARY);
    writer.put(bytes(1, 2), bytes(3));
    const error = failureNow(() => writer.put(bytes(1, 2), bytes(4)), 'DUPLICATE_KEY');
    expect(error).toMatchObject({ key: bytes(1, 2), index: 1 });
    await writer.close();
    await using store = await openStore(uri, BINARY);
    expect(store.info.count).toBe(1);
    expect(await store.get(bytes(1, 2))).toEqual(bytes(3));
  });

  it('12: `put()` refuses a key lower than the previous and leaves the store as it was', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT);
    writer.put('b', '1');
    const error = failureNow(() => writer.put('a', '2'), 'KEY_ORDER');
    expect(error).toMatchObject({ previous: utf8('b'), key: utf8('a'), index: 1 });
    writer.put('c', '3');
    await writer.close();
    expect(await readAll(uri)).toEqual([
      ['b', '1'],
      ['c', '3'],
    ]);
  });

  it('13: a, b, a is refused and iteration ends', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT);
    writer.put('a', '1');
    writer.put('b', '2');
    failureNow(() => writer.put('a', '3'), 'KEY_ORDER');
    await writer.close();
    expect(await readAll(uri)).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it('14: the caller may reuse one key buffer and one value buffer', async () => {
    const uri = `${await place.root()}/s`;
    const key = new Uint8Array(4);
    const value = new Uint8Array(100);
    const writer = await createStore(uri, { ...BINARY, ...SMALL_PARTITIONS });
    for (let i = 0; i < 200; i++) {
      key.set([0, 0, 0, i]);
      value.fill(i);
      writer.put(key, value);
      key.fill(255);
      value.fill(255);
    }
    await writer.close();
    await using store = await openStore(uri, BINARY);
    expect(store.info.count).toBe(200);
    for (let i = 0; i < 200; i++)
      expect(await store.get(bytes(0, 0, 0, i))).toEqual(new Uint8Array(100).fill(i));
  });

  it('15: `put()` refuses an empty key, whatever the encoding', async () => {
    const root = await place.root();
    const text = await createStore(`${root}/text`, TEXT);
    expect(failureNow(() => text.put('', 'v'), 'INVALID_ARGUMENT').argument).toBe('key');
    const binary = await createStore(`${root}/binary`, BINARY);
    failureNow(() => binary.put(new Uint8Array(0), bytes(1)), 'INVALID_ARGUMENT');
    const tuple = await createStore(`${root}/tuple`, { keyEncoding: 'tuple' });
    failureNow(() => tuple.put([], 1), 'INVALID_ARGUMENT');
    for (const writer of [text, binary, tuple]) await writer.cancel();
  });

  it('16: an empty value is kept, and is not a missing one', async () => {
    const root = await place.root();
    await fill(`${root}/text`, [
      ['a', ''],
      ['c', ''],
    ]);
    await using text = await open(`${root}/text`);
    expect([await text.get('a'), await text.get('b'), await text.get('c')]).toEqual(['', undefined, '']);
    expect([await text.has('a'), await text.has('b')]).toEqual([true, false]);
    expect(await text.getMany(['b', 'c'])).toEqual([undefined, '']);
    await createStore(`${root}/binary`, BINARY).put(bytes(7), bytes()).close();
    await using binary = await openStore(`${root}/binary`, BINARY);
    expect(await binary.get(bytes(7))).toEqual(bytes());
    expect(await lookUp(binary, bytes(7), place)).toEqual(bytes());
    expect(await collect(binary)).toEqual([[bytes(7), bytes()]]);
  });

  it('17: a null key, value or URI is an argument error', async () => {
    const root = await place.root();
    const nothing = null as unknown as string;
    for (const call of [
      () => createStore(nothing),
      () => openStore(nothing),
      () => deleteStore(nothing),
      () => createStore(''),
      () => openStore(undefined as unknown as string),
    ]) {
      expect((await failure(call, 'INVALID_ARGUMENT')).argument).toBe('uri');
    }
    const writer = await createStore(`${root}/s`, TEXT);
    expect(failureNow(() => writer.put(nothing, 'v'), 'INVALID_ARGUMENT').argument).toBe('key');
    expect(failureNow(() => writer.put('k', nothing), 'INVALID_ARGUMENT').argument).toBe('value');
    expect(
      failureNow(() => writer.put('k', undefined as unknown as string), 'INVALID_ARGUMENT').argument,
    ).toBe('value');
    writer.put('k', 'v');
    await writer.close();
    await using store = await open(`${root}/s`);
    await failure(store.get(nothing), 'INVALID_ARGUMENT');
    failureNow(() => store.getSync(nothing), 'INVALID_ARGUMENT');
    expect(store.info.count).toBe(1);
  });

  it('18: views with an offset, and buffers of Node where there are any, are stored exactly', async () => {
    const uri = `${await place.root()}/s`;
    const memory = new Uint8Array(64).map((_, i) => i);
    const buffer = (at: number, length: number): Uint8Array =>
      typeof Buffer === 'undefined'
        ? new Uint8Array(memory.buffer, at, length)
        : Buffer.from(memory.buffer, at, length);
    const writer = await createStore(uri, BINARY);
    writer.put(memory.subarray(3, 7), memory.subarray(10, 30));
    writer.put(buffer(8, 5), buffer(50, 9));
    await writer.close();
    await using store = await openStore(uri, BINARY);
    expect(await collect(store)).toEqual([
      [memory.slice(3, 7), memory.slice(10, 30)],
      [memory.slice(8, 13), memory.slice(50, 59)],
    ]);
    expect(await store.get(memory.subarray(8, 13))).toEqual(memory.slice(50, 59));
    expect(await store.get(buffer(3, 4))).toEqual(memory.slice(10, 30));
  });

  it('19: the first and last key of every partition is found; keys just below, between and above are not', async () => {
    const uri = `${await place.root()}/s`;
    const pairs = numbered(60, 'k', 100).map(([key, value]): Pair => [`${key}-5`, value]);
    const info = await fill(uri, pairs, SMALL_PARTITIONS);
    expect(info.partitions.length).toBeGreaterThan(3);
    const values = new Map(pairs);
    await using store = await open(uri);
    for (const { firstKey, lastKey } of info.partitions) {
      for (const key of [firstKey, lastKey]) {
        const near = [key, `${key.slice(0, -1)}4`, `${key.slice(0, -1)}6`, `${key}\0`, key.slice(0, -1)];
        expect(await store.getMany(near)).toEqual([
          values.get(key),
          undefined,
          undefined,
          undefined,
          undefined,
        ]);
        const found = await Promise.all(
          near.map((one) => (place.objects ? store.has(one) : store.hasSync(one))),
        );
        expect(found).toEqual([true, false, false, false, false]);
      }
    }
    expect(await store.get('a')).toBeUndefined();
    expect(await store.get('z')).toBeUndefined();
  });

  it('20: keys 0x7f and 0x80 in different partitions are found; order is unsigned', async () => {
    const uri = `${await place.root()}/s`;
    const keys = [0x00, 0x01, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff].map((byte) => bytes(byte));
    const writer = await createStore(uri, { ...BINARY, partitionBytes: 1024 });
    for (const key of keys) writer.put(key, new Uint8Array(300).fill(key[0]));
    const info = await writer.close();
    expect(info.partitions.length).toBeGreaterThan(2);
    await using store = await openStore(uri, BINARY);
    for (const key of keys) expect((await store.get(key))?.[299]).toBe(key[0]);
    expect(await collect(store.keys())).toEqual(keys);
    expect(await collect(store.keys({ gt: bytes(0x7f), lt: bytes(0xfe) }))).toEqual([
      bytes(0x80),
      bytes(0x81),
    ]);
  });

  it('21: keys that are not UTF-8 survive reopening', async () => {
    const uri = `${await place.root()}/s`;
    const keys = [bytes(0x80), bytes(0xc0, 0x80), bytes(0xed, 0xa0, 0x80), bytes(0xff), bytes(0xff, 0xfe)];
    const writer = await createStore(uri, BINARY);
    for (const key of keys) writer.put(key, key);
    await writer.close();
    for (let round = 0; round < 2; round++) {
      await using store = await openStore(uri, BINARY);
      expect(await collect(store)).toEqual(keys.map((key) => [key, key]));
      for (const key of keys) expect(await store.get(key)).toEqual(key);
    }
  });

  it('22: 100,000 tiny records are all found, and the size is their count', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, BINARY);
    const key = new Uint8Array(3);
    for (let i = 0; i < 100_000; i++) {
      key.set([i >> 16, i >> 8, i]);
      const waiting = writer.put(key, key.subarray(2));
      if (waiting !== undefined) await waiting;
    }
    expect((await writer.close()).count).toBe(100_000);
    await using store = await openStore(uri, BINARY);
    let found = 0;
    for (let i = 0; i < 100_000; i++) {
      key.set([i >> 16, i >> 8, i]);
      const value = place.objects ? await store.get(key) : store.getSync(key);
      if (value?.[0] === (i & 255)) found++;
    }
    expect(found).toBe(100_000);
    let next = 0;
    const count = (each: Uint8Array): void => {
      if ((each[0] << 16) + (each[1] << 8) + each[2] === next) next++;
    };
    if (place.objects) await store.forEach(count);
    else store.forEachSync(count);
    expect(next).toBe(100_000);
    expect(await store.count()).toBe(100_000);
  });

  it('23: `createStore()` refuses a store, a file, and a directory with things in it, and touches none', async () => {
    const root = await place.root();
    await fill(`${root}/store`, [['a', '1']]);
    await writeFile(`${root}/file`, 'precious');
    await writeFile(`${root}/directory/note.txt`, 'precious');
    await makeDirectory(`${root}/nested/folder`);
    await writeFile(`${root}/data-with-more/data/strange.txt`, 'precious');
    const before = await readTree(root);
    for (const name of ['store', 'file', 'directory', 'nested', 'data-with-more']) {
      expect((await failure(createStore(`${root}/${name}`), 'ALREADY_EXISTS')).uri, name).toContain(name);
    }
    expect(await readTree(root)).toEqual(before);
    expect(await readAll(`${root}/store`)).toEqual([['a', '1']]);
  });

  // Where there are no directories, nothing is in the way.
  if (!place.objects)
    it('23: `createStore()` below a file says what is in the way', async () => {
      const root = await place.root();
      await writeFile(`${root}/file`, 'precious');
      const error = await failure(createStore(`${root}/file/s`), 'ALREADY_EXISTS', 'INVALID_ARGUMENT', 'IO');
      expect(error.message).toContain('file');
      expect(await readFile(`${root}/file`)).toEqual(utf8('precious'));
    });

  it('23: `createStore()` takes an empty directory', async () => {
    const root = await place.root();
    await makeDirectory(`${root}/empty`);
    await fill(`${root}/empty`, [['a', '1']]);
    expect(await readAll(`${root}/empty`)).toEqual([['a', '1']]);
  });

  it('24: `createStore()` makes the parents', async () => {
    const uri = `${await place.root()}/a/b/c/s`;
    await fill(uri, [['a', '1']]);
    expect(await readAll(uri)).toEqual([['a', '1']]);
  });

  it('25: `openStore()` of a missing path is NOT_FOUND', async () => {
    const root = await place.root();
    expect((await failure(openStore(`${root}/none`), 'NOT_FOUND')).uri).toContain('none');
    await failure(openStore(`${root}/none/deeper`), 'NOT_FOUND');
  });

  it('26: `openStore()` before `close()` is INCOMPLETE, however much was put', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS });
    await failure(openStore(uri), ...(place.objects ? (['NOT_FOUND'] as const) : (['INCOMPLETE'] as const)));
    for (const [key, value] of pairsOf('three partitions')) await writer.put(key, value);
    expect((await failure(openStore(uri), 'INCOMPLETE')).uri).toContain('s');
    await writer.close();
    expect((await readAll(uri)).length).toBe(9);
  });

  it('27: `openStore()` of a plain directory, an empty one or a foreign file is NOT_A_STORE', async () => {
    const root = await place.root();
    await writeFile(`${root}/directory/note.txt`, 'hello');
    await makeDirectory(`${root}/empty`);
    await writeFile(`${root}/text`, 'hello, this is a text of more than a header and a footer. '.repeat(5));
    await writeFile(`${root}/short`, 'x');
    await writeFile(`${root}/nothing`, '');
    for (const name of ['directory', 'empty', 'text', 'short', 'nothing']) {
      expect((await failure(openStore(`${root}/${name}`), 'NOT_A_STORE')).uri, name).toContain(name);
    }
    expect(await readFile(`${root}/short`)).toEqual(utf8('x'));
  });

  it('28: `close()` twice is a no-op with the same answer', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT);
    writer.put('a', '1');
    const info = await writer.close();
    const before = await readTree(uri);
    expect(await writer.close()).toEqual(info);
    expect(await Promise.all([writer.close(), writer.close()])).toEqual([info, info]);
    expect(await readTree(uri)).toEqual(before);
  });

  it('29: `put()` after `close()` is CLOSED', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT);
    writer.put('a', '1');
    const closing = writer.close();
    failureNow(() => writer.put('b', '2'), 'CLOSED');
    await closing;
    failureNow(() => writer.put('b', '2'), 'CLOSED');
    await failure(writer.putAll([['b', '2']]), 'CLOSED');
    expect(await readAll(uri)).toEqual([['a', '1']]);
  });

  it('30: `put()` after `cancel()` is CLOSED', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT);
    const cancelling = writer.cancel();
    failureNow(() => writer.put('b', '2'), 'CLOSED');
    await cancelling;
    failureNow(() => writer.put('b', '2'), 'CLOSED');
    expect(await kindOf(uri)).toBeUndefined();
  });

  it('31: `put()` after closing an empty writer is CLOSED and leaves no stray file', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT);
    await writer.close();
    const before = await tree(uri);
    failureNow(() => writer.put('a', '1'), 'CLOSED');
    expect(await tree(uri)).toEqual(before);
    expect(before.filter((path) => path.endsWith('.cairn'))).toEqual([]);
  });

  it('32: `close()` after `cancel()` is a no-op that completes nothing', async () => {
    const root = await place.root();
    const uri = `${root}/s`;
    const writer = await createStore(uri, TEXT);
    writer.put('a', '1');
    await writer.cancel();
    await writer.close();
    expect(await tree(root)).toEqual([]);
    await failure(openStore(uri), 'NOT_FOUND');
  });

  it('33: `cancel()` with several partitions written leaves nothing; the path can be created again', async () => {
    const root = await place.root();
    const uri = `${root}/s`;
    const writer = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS });
    await writer.putAll(numbered(50, 'k', 300));
    expect((await tree(uri)).length).toBeGreaterThan(5);
    await writer.cancel();
    expect(await tree(root)).toEqual([]);
    await writer.cancel();
    await fillSized(uri, 'three partitions');
    expect(await readAll(uri)).toEqual(pairsOf('three partitions'));
  });

  it('34: `cancel()` before any put succeeds and leaves nothing', async () => {
    const root = await place.root();
    const writer = await createStore(`${root}/s`, TEXT);
    await writer.cancel();
    expect(await tree(root)).toEqual([]);
    await makeDirectory(`${root}/there`);
    await (await createStore(`${root}/there`)).cancel();
    expect(await tree(root)).toEqual(['there/']);
  });

  it('35: what an abandoned writer left is incomplete, and can be deleted', async () => {
    const root = await place.root();
    const uri = `${root}/s`;
    const writer = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS });
    await writer.putAll(pairsOf('three partitions'));
    await failure(openStore(uri), 'INCOMPLETE');
    await deleteStore(uri);
    expect(await tree(root)).toEqual([]);
    await failure(openStore(uri), 'NOT_FOUND');
    await writer.cancel();
  });

  it('35: `createStore()` over what an abandoned writer left makes a whole store', async () => {
    const uri = `${await place.root()}/s`;
    const abandoned = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS });
    await abandoned.putAll(numbered(20, 'old', 300));
    await fillSized(uri, 'three partitions');
    expect(await readAll(uri)).toEqual(pairsOf('three partitions'));
    await abandoned.cancel();
    expect(await readAll(uri)).toEqual(pairsOf('three partitions'));
  });

  it('36: every call on a closed reader is CLOSED', async () => {
    const root = await place.root();
    const info = await fillSized(`${root}/s`, 'three partitions');
    for (const uri of [`${root}/s`, `${root}/s/data/${info.partitions[1].name}`]) {
      const store = await open(uri);
      const [key] = pairsOf('three partitions')[5];
      expect(await store.get(key)).toBeDefined();
      const running = store.entries();
      await running.next();
      await store.close();
      const calls: (() => unknown)[] = [
        () => store.get(key),
        () => store.get('missing'),
        () => store.has(key),
        () => store.getMany([key]),
        () => store.getMany([]),
        () => store.first(),
        () => store.last(),
        () => store.floor(key),
        () => store.ceiling(key),
        () => store.rank(key),
        () => store.count(),
        () => store.count({ gte: key }),
        () => store.at(0),
        () => store.sample(3),
        () => collect(store.entries()),
        () => collect(store.keys()),
        () => collect(store.values()),
        () => collect(store.batches()),
        () => collect(store),
        () => store.forEach(() => {}),
        () => store.verify(),
      ];
      const now: (() => unknown)[] = [
        () => store.getSync(key),
        () => store.hasSync(key),
        () => store.getManySync([key]),
        () => store.firstSync(),
        () => store.lastSync(),
        () => store.floorSync(key),
        () => store.ceilingSync(key),
        () => store.rankSync(key),
        () => store.countSync(),
        () => store.atSync(0),
        () => store.sampleSync(3),
        () => [...store.entriesSync()],
        () => [...store.keysSync()],
        () => [...store.valuesSync()],
        () => [...store.batchesSync()],
        () => [...store],
        () => store.forEachSync(() => {}),
      ];
      for (const call of calls) await failure(call, 'CLOSED');
      for (const call of now) failureNow(call, 'CLOSED');
      const rest = collect({ [Symbol.asyncIterator]: () => running });
      expect((await failure(rest, 'CLOSED')).resource).toBe('reader');
    }
  });

  it('37: closing a reader twice is fine', async () => {
    const uri = `${await place.root()}/s`;
    await fillSized(uri, 'three partitions');
    const store = await open(uri);
    await store.get('k00001');
    await store.close();
    await store.close();
    await Promise.all([store.close(), store.close()]);
  });

  it('38: an iterator that has ended stays ended', async () => {
    const uri = `${await place.root()}/s`;
    await fillSized(uri, 'two pairs');
    await using store = await open(uri);
    const later = store.entries();
    await later.next();
    await later.next();
    for (let i = 0; i < 3; i++) expect(await later.next()).toEqual({ value: undefined, done: true });
    if (place.objects) return;
    const now = store.entriesSync();
    now.next();
    now.next();
    for (let i = 0; i < 3; i++) expect(now.next()).toEqual({ value: undefined, done: true });
  });

  it('39: repeated gets in any order give the same answers', async () => {
    const uri = `${await place.root()}/s`;
    const pairs = pairsOf('three partitions');
    await fillSized(uri, 'three partitions');
    await using store = await open(uri);
    for (let round = 0; round < 40; round++) {
      const [key, value] = pairs[(round * 7) % pairs.length];
      expect(await store.get(key)).toBe(value);
      expect(await lookUp(store, key, place)).toBe(value);
      expect(await store.get(`${key}x`)).toBeUndefined();
    }
  });

  it('40: a clone made by iterating has the same entries and the same id', async () => {
    const root = await place.root();
    await fillSized(`${root}/original`, 'three partitions');
    await using original = await open(`${root}/original`);
    const writer = await createStore(`${root}/clone`, TEXT);
    expect(await writer.putAll(original)).toBe(9);
    const info = await writer.close();
    await using clone = await open(`${root}/clone`);
    expect(await collect(clone)).toEqual(await collect(original));
    expect(info.id).toBe(original.info.id);
  });
}
