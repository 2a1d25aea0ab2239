import { describe, expect, it } from 'vitest';
import { KEY_ENCODINGS, VALUE_ENCODINGS } from '../../src/codec/encoding-names.ts';
import {
  type Codec,
  type CreateStoreOptions,
  compareKeys,
  createStore,
  type OpenStoreOptions,
  openStore,
  type StandardSchema,
  type StoreReader,
  storeInfo,
  sweepStores,
  verifyStore,
} from '../../src/index.ts';
import { failure, failureNow } from '../support/failures.ts';
import type { Place } from '../support/places.ts';
import { readTree, tree } from '../support/storage-tools.ts';
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
  TEXT,
  utf8,
} from '../support/stores.ts';

/** Dates as keys, in order. */
const days: Codec<Date> = {
  name: 'days',
  encode(date) {
    const out = new Uint8Array(4);
    new DataView(out.buffer).setUint32(0, date.getTime() / 86_400_000);
    return out;
  },
  decode: (encoded) =>
    new Date(new DataView(encoded.buffer, encoded.byteOffset, 4).getUint32(0) * 86_400_000),
};

/** Numbers as values, out of memory that is used again for each. */
const shared = new Uint8Array(8);
const floats: Codec<number> = {
  name: 'floats',
  encode(value) {
    new DataView(shared.buffer).setFloat64(0, value);
    return shared;
  },
  decode: (encoded) => new DataView(encoded.buffer, encoded.byteOffset, 8).getFloat64(0),
};

/** What options do, and which are refused. */
export function optionCases(place: Place): void {
  describe('refused options', () => {
    const wrong: [name: string, options: object][] = [
      ['compresion', { compresion: 'zstd' }],
      ['cacheBytes', { cacheBytes: 1 }],
      ['keyEncoding', { keyEncoding: 'utf-8' }],
      ['keyEncoding', { keyEncoding: 'json' }],
      ['keyEncoding', { keyEncoding: 7 }],
      ['keyEncoding', { keyEncoding: { name: 'x' } }],
      ['keyEncoding', { keyEncoding: { ...days, name: 'utf8' } }],
      ['keyEncoding', { keyEncoding: { ...days, name: '' } }],
      ['keyEncoding', { keyEncoding: { ...days, name: 'a b' } }],
      ['keyEncoding', { keyEncoding: { ...days, name: 'x'.repeat(65) } }],
      ['valueEncoding', { valueEncoding: 'tuple' }],
      ['valueEncoding', { valueEncoding: 'MSGPACK' }],
      ['valueEncoding', { valueEncoding: { ...floats, name: 'msgpack' } }],
      ['valueEncoding', { valueEncoding: { ...floats, decode: undefined } }],
      ['partitionBytes', { partitionBytes: 1023 }],
      ['partitionBytes', { partitionBytes: 2 ** 30 + 1 }],
      ['partitionBytes', { partitionBytes: 4096.5 }],
      ['partitionBytes', { partitionBytes: Number.NaN }],
      ['partitionBytes', { partitionBytes: '65536' }],
      ['blockBytes', { blockBytes: 0 }],
      ['blockBytes', { blockBytes: 63 }],
      ['blockBytes', { blockBytes: Number.POSITIVE_INFINITY }],
      ['compression', { compression: 'snappy' }],
      ['compression', { compression: true }],
      ['hashIndex', { hashIndex: 'yes' }],
      ['hashIndex', { hashIndex: 1 }],
      ['metadata', { metadata: 'text' }],
      ['metadata', { metadata: [1] }],
      ['metadata', { metadata: { a: undefined } }],
      ['metadata', { metadata: { a: [Number.NaN] } }],
      ['metadata', { metadata: { a: { b: -0 } } }],
      ['metadata', { metadata: { when: new Date(0) } }],
      ['metadata', { metadata: { big: 1n } }],
      ['metadata', { metadata: { list: Array(1) } }],
      ['metadata', { metadata: { toJSON: () => 1 } }],
      ['buildId', { buildId: '' }],
      ['buildId', { buildId: '../up' }],
      ['buildId', { buildId: '.hidden' }],
      ['buildId', { buildId: 'x'.repeat(65) }],
      ['buildId', { buildId: 42 }],
      ['signal', { signal: {} }],
      ['signal', { signal: new AbortController() }],
    ];
    for (const [argument, options] of wrong) {
      it(`\`createStore()\` refuses ${show(options)} by name and makes nothing`, async () => {
        const root = await place.root();
        const error = await failure(
          createStore(`${root}/s`, options as CreateStoreOptions),
          'INVALID_ARGUMENT',
        );
        expect(error.argument).toBe(argument);
        expect(error.message).toContain(argument);
        expect(await tree(root)).toEqual([]);
      });
    }

    it('`createStore()` refuses options that are no object', async () => {
      const root = await place.root();
      for (const options of [null, 'utf8', 5]) {
        await failure(createStore(`${root}/s`, options as unknown as CreateStoreOptions), 'INVALID_ARGUMENT');
      }
    });

    const wrongToOpen: [name: string, options: object][] = [
      ['cacheSize', { cacheSize: 1 }],
      ['compression', { compression: 'zstd' }],
      ['cacheBytes', { cacheBytes: -1 }],
      ['cacheBytes', { cacheBytes: 0.5 }],
      ['cacheBytes', { cacheBytes: Number.POSITIVE_INFINITY }],
      ['verify', { verify: 'never' }],
      ['verify', { verify: false }],
      ['views', { views: 'yes' }],
      ['keyEncoding', { keyEncoding: 'binary' }],
      ['keyEncoding', { keyEncoding: days }],
      ['valueEncoding', { valueEncoding: 'json' }],
      ['signal', { signal: {} }],
    ];
    for (const [argument, options] of wrongToOpen) {
      it(`\`openStore()\` refuses ${show(options)} by name`, async () => {
        const root = await place.root();
        await fill(`${root}/s`, numbered(1));
        const error = await failure(openStore(`${root}/s`, options as OpenStoreOptions), 'INVALID_ARGUMENT');
        expect(error.argument).toBe(argument);
        expect(error.message).toContain(argument);
      });
    }

    it('`sample()`, `batches()`, `verify()` and `sweepStores()` refuse names that they do not know', async () => {
      const root = await place.root();
      await fill(`${root}/s`, numbered(3));
      const strange = { dryrun: true, sead: 1, progress: 1 } as object;
      await using store = await open(`${root}/s`);
      await failure(() => store.sample(2, strange), 'INVALID_ARGUMENT');
      failureNow(() => store.sampleSync(2, strange), 'INVALID_ARGUMENT');
      await failure(() => collect(store.batches({}, strange)), 'INVALID_ARGUMENT');
      failureNow(() => [...store.batchesSync({}, strange)], 'INVALID_ARGUMENT');
      await failure(() => store.verify(strange), 'INVALID_ARGUMENT');
      await failure(() => verifyStore(`${root}/s`, strange), 'INVALID_ARGUMENT');
      await failure(() => sweepStores(root, strange), 'INVALID_ARGUMENT');
    });
  });

  describe('encodings', () => {
    const keys = {
      utf8: ['a', 'ä', 'b😀'],
      binary: [bytes(0), bytes(127, 1), bytes(255)],
      tuple: [[-1], ['a', 1], ['a', 2]],
      number: [-1.5, -0, 1e300],
      bigint: [-(2n ** 70n), 0n, 5n],
      uuid: ['0', '8', 'f'].map((digit) => `${digit}18f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5b`),
    };
    keys.utf8.sort(compareKeys);
    const values = {
      msgpack: [null, { a: [1, 'x', bytes(1)] }, -0],
      json: [null, { a: [1, 'x'] }, false],
      utf8: ['', 'text', '\u{feff}ä😀'],
      binary: [bytes(), bytes(0, 255), new Uint8Array(300)],
      typed: ['P5D', 5n, { a: [1, 'x'] }],
    };
    for (const keyEncoding of KEY_ENCODINGS) {
      for (const valueEncoding of VALUE_ENCODINGS) {
        it(`a store of ${keyEncoding} keys and ${valueEncoding} values needs no options to be read`, async () => {
          const uri = `${await place.root()}/s`;
          const writer = await createStore<typeof keyEncoding, typeof valueEncoding>(uri, {
            keyEncoding,
            valueEncoding,
          });
          const put = writer.put.bind(writer) as (key: unknown, value: unknown) => void;
          for (let i = 0; i < 3; i++) put(keys[keyEncoding][i], values[valueEncoding][i]);
          await writer.close();
          expect(await storeInfo(uri)).toMatchObject({
            keyEncoding,
            valueEncoding,
            firstKey: keys[keyEncoding][0],
          });
          await using store: StoreReader<unknown, unknown> = await openStore<unknown, unknown>(uri);
          const expected = keys[keyEncoding].map((key, i) => [key, values[valueEncoding][i]]);
          expect(await collect(store)).toEqual(expected);
          if (!place.objects) expect([...store]).toEqual(expected);
          const seen: unknown[] = [];
          const see = (key: unknown, value: unknown): void => {
            seen.push([key, structuredClone(value)]);
          };
          if (place.objects) await store.forEach(see);
          else store.forEachSync(see);
          expect(seen.map((pair) => (pair as unknown[])[1])).toEqual(values[valueEncoding]);
          for (const [key, value] of expected) {
            expect(await store.get(key)).toEqual(value);
            if (!place.objects) expect(store.floorSync(key)).toEqual([key, value]);
          }
          expect(store.info.firstKey).toEqual(keys[keyEncoding][0]);
          expect(store.info.lastKey).toEqual(keys[keyEncoding][2]);
        });
      }
    }

    it('a codec object encodes keys and values, even out of memory that it reuses', async () => {
      const uri = `${await place.root()}/s`;
      const writer = await createStore(uri, { keyEncoding: days, valueEncoding: floats });
      const day = (i: number): Date => new Date(i * 86_400_000);
      for (let i = 0; i < 50; i++) writer.put(day(i), i / 7);
      const info = await writer.close();
      expect(info.firstKey).toEqual(day(0));
      await using store = await openStore(uri, { keyEncoding: days, valueEncoding: floats });
      expect(await store.get(day(20))).toBe(20 / 7);
      expect(await store.floor(new Date(20.5 * 86_400_000))).toEqual([day(20), 20 / 7]);
      expect(await collect(store.entries({ gte: day(48) }))).toEqual([
        [day(48), 48 / 7],
        [day(49), 7],
      ]);
      expect((await verifyStore(uri)).ok).toBe(true);
      expect(await storeInfo(uri)).toMatchObject({ keyEncoding: 'days', firstKey: bytes(0, 0, 0, 0) });
    });

    it('a store with a codec of its writer is not opened without it', async () => {
      const uri = `${await place.root()}/s`;
      await createStore(uri, { keyEncoding: days, valueEncoding: floats }).put(new Date(0), 1).close();
      expect((await failure(openStore(uri), 'INVALID_ARGUMENT')).message).toContain('days');
      const error = await failure(openStore(uri, { keyEncoding: days }), 'INVALID_ARGUMENT');
      expect(error).toMatchObject({ argument: 'valueEncoding' });
      await failure(openStore(uri, { keyEncoding: floats, valueEncoding: floats }), 'INVALID_ARGUMENT');
    });

    it('a codec that throws refuses the put and leaves the writer usable', async () => {
      const uri = `${await place.root()}/s`;
      const moody: Codec<number> = {
        ...floats,
        encode(value) {
          if (value < 0) throw new RangeError('no negatives');
          return floats.encode(value);
        },
      };
      const writer = await createStore(uri, { valueEncoding: moody });
      writer.put('a', 1);
      const error = failureNow(() => writer.put('b', -1), 'INVALID_ARGUMENT');
      expect(error.cause).toBeInstanceOf(RangeError);
      writer.put('b', 2);
      await writer.close();
      expect(await openStore(uri, { valueEncoding: moody }).getMany(['a', 'b'])).toEqual([1, 2]);
    });

    it('a codec that throws in decode is told as a mistake of the codec, and the file is whole', async () => {
      const uri = `${await place.root()}/s`;
      const reason = new Error('a version from next year');
      const newer = <T>(codec: Codec<T>): Codec<T> => ({
        ...codec,
        decode() {
          throw reason;
        },
      });
      const names: Codec<string> = { name: 'names', encode: utf8, decode: String };
      await createStore(uri, { keyEncoding: names, valueEncoding: floats }).put('a', 1).close();
      const told = { cause: reason, message: expect.stringContaining(reason.message) };
      const values = { keyEncoding: names, valueEncoding: newer(floats) };
      await using byValue = await openStore(uri, values);
      expect(await failure(byValue.get('a'), 'INVALID_ARGUMENT')).toMatchObject({
        ...told,
        argument: 'valueEncoding',
      });
      await failure(async () => {
        for await (const _ of byValue.values());
      }, 'INVALID_ARGUMENT');
      const schema: StandardSchema = {
        '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
      };
      await using checked = await openStore(uri, { ...values, schema });
      await failure(checked.get('a'), 'INVALID_ARGUMENT');
      const keys = { keyEncoding: newer(names), valueEncoding: floats };
      // The first and last key are decoded for its info.
      expect(await failure(openStore(uri, keys), 'INVALID_ARGUMENT')).toMatchObject({
        ...told,
        argument: 'keyEncoding',
      });
      expect((await verifyStore(uri)).ok).toBe(true);
    });

    it('a key codec that can only encode still writes a complete store', async () => {
      const uri = `${await place.root()}/s`;
      const oneWay: Codec<string> = {
        name: 'one-way',
        encode: utf8,
        decode() {
          throw new Error('this codec only encodes');
        },
      };
      const outcome = await createStore(uri, { keyEncoding: oneWay, valueEncoding: 'utf8' })
        .put('a', '1')
        .close()
        .catch((error: unknown) => error);
      // Whatever `close()` says of it: the store is whole, or it is not there.
      if (outcome instanceof Error)
        await failure(openStore(uri, { keyEncoding: { ...oneWay, decode: String } }), 'NOT_FOUND');
      else
        expect(
          await openStore(uri, { keyEncoding: { ...oneWay, decode: String }, valueEncoding: 'utf8' }).get(
            'a',
          ),
        ).toBe('1');
    });

    it('a value that decodes to something else than it was is refused, not altered', async () => {
      const root = await place.root();
      const writer = await createStore(`${root}/json`, { valueEncoding: 'json' });
      for (const value of [
        -0,
        Number.NaN,
        new Map(),
        new Set(),
        [undefined],
        new Float32Array(2),
        1n,
        new Date(0),
      ]) {
        failureNow(() => writer.put('a', value), 'INVALID_ARGUMENT');
      }
      writer.put('a', JSON.parse('{"__proto__": 1}'));
      await writer.close();
      expect(JSON.stringify(await openStore(`${root}/json`).get('a'))).toBe('{"__proto__":1}');
    });
  });

  it('`metadata` is read back as it was written', async () => {
    const uri = `${await place.root()}/s`;
    const metadata = JSON.parse(
      '{"__proto__": {"a": 1}, "list": [null, true, 1.5, "\\ud800", ""], "nested": {"": {}}}',
    );
    const info = await fill(uri, [], { metadata });
    for (const one of [info, await storeInfo(uri), (await open(uri)).info]) {
      expect(JSON.stringify(one.metadata)).toBe(JSON.stringify(metadata));
    }
  });

  it('`metadata` is taken when the writer is made: what the caller does to its object later is not', async () => {
    const uri = `${await place.root()}/s`;
    const metadata: { list: number[]; late?: number } = { list: [1] };
    const writer = await createStore(uri, { ...TEXT, metadata: metadata as { list: number[] } });
    metadata.list.push(Number.NaN);
    metadata.late = 1;
    await writer.close();
    expect((await storeInfo(uri)).metadata).toEqual({ list: [1] });
  });

  for (const compression of ['none', 'deflate', 'zstd'] as const) {
    it(`\`compression: '${compression}'\` stores the same entries, and is reported`, async () => {
      const uri = `${await place.root()}/s`;
      const pairs = numbered(200, 'k', 100);
      const info = await fill(uri, pairs, { compression, partitionBytes: 4096, blockBytes: 1024 });
      expect(info.compression).toBe(compression);
      expect(info.partitions.length).toBeGreaterThan(1);
      for (const partition of info.partitions) expect(partition.bytes).toBeLessThanOrEqual(4096);
      expect(await readAll(uri)).toEqual(pairs);
      await using store = await open(uri);
      for (const [key, value] of pairs) expect(await store.get(key)).toBe(value);
    });
  }

  it('the same input, options and `buildId` give the same bytes in every file', async () => {
    const root = await place.root();
    for (const compression of ['none', 'deflate', 'zstd'] as const) {
      const options = {
        ...SMALL_PARTITIONS,
        compression,
        buildId: 'nightly-1.0_a',
        metadata: { b: 1, a: 2 },
      };
      const first = await fill(`${root}/${compression}-1`, numbered(60, 'k', 90), options);
      const second = await fill(`${root}/${compression}-2`, numbered(60, 'k', 90), options);
      const files = await readTree(`${root}/${compression}-1`);
      expect(await readTree(`${root}/${compression}-2`)).toEqual(files);
      expect([...files.keys()].some((path) => path.includes('nightly-1.0_a'))).toBe(true);
      expect(second.id).toBe(first.id);
    }
  });

  it('without a `buildId`, two builds share no file name', async () => {
    const root = await place.root();
    const first = await fillSized(`${root}/1`, 'three partitions');
    const second = await fillSized(`${root}/2`, 'three partitions');
    const names = new Set([...first.partitions, ...second.partitions].map(({ name }) => name));
    expect(names.size).toBe(6);
  });

  it('`info.id` depends on the entries and encodings alone', async () => {
    const root = await place.root();
    const pairs = pairsOf('three partitions');
    const options = [
      {},
      SMALL_PARTITIONS,
      { partitionBytes: 4096 },
      { blockBytes: 64 },
      { compression: 'deflate' },
      { compression: 'zstd', ...SMALL_PARTITIONS },
      { hashIndex: false },
      { buildId: 'x' },
      { metadata: { a: 1 } },
    ] as const;
    const ids = new Set<string>();
    for (const [i, one] of options.entries()) ids.add((await fill(`${root}/${i}`, pairs, one)).id);
    expect(ids.size).toBe(1);
    expect([...ids][0]).toMatch(/^[0-9a-f]{16}$/);
    ids.add((await fill(`${root}/fewer`, pairs.slice(1))).id);
    ids.add((await fill(`${root}/other-value`, [...pairs.slice(0, 8), ['k00008', 'other']])).id);
    ids.add((await fill(`${root}/moved-boundary`, [['ab', 'c']])).id);
    ids.add((await fill(`${root}/moved-boundary-2`, [['a', 'bc']])).id);
    const json = await createStore(`${root}/binary`, { keyEncoding: 'utf8', valueEncoding: 'binary' });
    for (const [key, value] of pairs) json.put(key, utf8(value));
    ids.add((await json.close()).id);
    expect(ids.size).toBe(6);
  });
}

function show(options: object): string {
  const text = (value: unknown): string => {
    if (typeof value === 'object' && value !== null) {
      const name = value.constructor?.name ?? 'object';
      if (name !== 'Object' && name !== 'Array') return name;
      return `{ ${Object.entries(value).map(([key, member]) => `${key}: ${text(member)}`)} }`;
    }
    return typeof value === 'function'
      ? 'a function'
      : Object.is(value, -0)
        ? '-0'
        : String(value).slice(0, 20);
  };
  return text(options);
}
