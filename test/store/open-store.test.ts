import { beforeEach, describe, expect, it } from 'vitest';
import { type Codec, createStore, openStore, storeInfo } from '../../src/index.ts';
import { failure } from '../support/failures.ts';
import { OddStorage } from '../support/odd-storage.ts';
import { collect, fill, numbered, TEXT } from '../support/stores.ts';

let storage: OddStorage;

beforeEach(() => {
  storage = new OddStorage().register();
});

describe('what openStore() is given', () => {
  it('is refused when it is none of its options', async () => {
    await fill('odd:s', numbered(3));
    for (const options of [{ onRequest: 1 }, { fetch: 'http' }, { views: 1 }, { cacheBytes: -1 }]) {
      const error = await failure(openStore('odd:s', options as never), 'INVALID_ARGUMENT');
      expect(error.argument).toBe(Object.keys(options)[0]);
    }
    expect(storage.openSources).toBe(0);
  });

  it('is told what its own codec lacks, and not that it needs one', async () => {
    const shout: Codec<string> = {
      name: 'shout',
      encode: (text) => new TextEncoder().encode(text),
      decode: (bytes) => new TextDecoder().decode(bytes),
    };
    await createStore('odd:s', { keyEncoding: shout, valueEncoding: shout }).put('A', 'B').close();
    const without = await failure(openStore('odd:s'), 'INVALID_ARGUMENT');
    expect(without).toMatchObject({ argument: 'keyEncoding' });
    expect(without.message).toContain('a codec of its writer');
    const half = { name: 'shout', encode: shout.encode } as never;
    const lacking = await failure(openStore('odd:s', { keyEncoding: half }), 'INVALID_ARGUMENT');
    expect(lacking.message).toContain('decode');
    expect(lacking.message).not.toContain('a codec of its writer');
    expect(storage.openSources).toBe(0);
  });

  it('a codec that throws something other than an error is reported with it, as a codec that is wrong', async () => {
    const codec: Codec<string> = {
      name: 'words',
      encode: (text) => new TextEncoder().encode(text),
      decode: (bytes) => {
        throw `no word: ${new TextDecoder().decode(bytes)}`;
      },
    };
    await createStore('odd:s', { valueEncoding: codec }).put('a', 'b').close();
    const error = await failure(openStore('odd:s', { valueEncoding: codec }).get('a'), 'INVALID_ARGUMENT');
    expect(error).toMatchObject({ argument: 'valueEncoding', cause: 'no word: b' });
  });
});

describe('keys of a reader', () => {
  const pairs = numbered(40);

  it('come from any iterable, and answers in its order', async () => {
    await fill('memory:reading-keys', pairs);
    await using store = await openStore('memory:reading-keys', TEXT);
    function* wanted(): Generator<string> {
      yield 'k00007';
      yield 'none';
      yield 'k00001';
    }
    const expected = ['v00007', undefined, 'v00001'];
    expect(await store.getMany(wanted())).toEqual(expected);
    expect(store.getManySync(new Set(wanted()))).toEqual(expected);
  });

  it('that are longer than any are absent, and are ordered all the same', async () => {
    await fill('memory:reading-long', pairs);
    await using store = await openStore('memory:reading-long', TEXT);
    const long = 'k'.repeat(65_536);
    expect(await store.get(long)).toBe(undefined);
    expect(store.getManySync([long, 'k00001'])).toEqual([undefined, 'v00001']);
    expect(store.rankSync(long)).toBe(pairs.length);
    expect(store.floorSync(long)).toEqual(pairs.at(-1));
    expect(store.ceilingSync(long)).toBe(undefined);
    for (const name of ['lt', 'lte'] as const) expect(store.countSync({ [name]: long })).toBe(pairs.length);
    for (const name of ['gt', 'gte', 'prefix'] as const) expect(store.countSync({ [name]: long })).toBe(0);
    expect(store.countSync({ lte: 'k'.repeat(65_535) })).toBe(pairs.length);
  });
});

describe('a source that explains why its bytes are wrong', () => {
  it('has that said in the error, when a second look brings no better ones', async () => {
    await fill('odd:s', numbered(40));
    storage.doubt = 'The answers came from two different files';
    storage.onRead = (path, _offset, target) => {
      if (path.endsWith('.cairn')) target[0] ^= 1;
    };
    await using store = await openStore('odd:s', TEXT);
    const error = await failure(store.get('k00001'), 'REPLACED');
    expect(error.message).toMatch(/open the store again\. The answers came from two different files$/);
    const [{ name }] = (await storeInfo('odd:s')).partitions;
    expect(error.cause).toMatchObject({
      code: 'CORRUPTION',
      file: `odd:s/data/${name}`,
      section: expect.any(String),
    });
    storage.onRead = undefined;
    expect(await store.get('k00001')).toBe('v00001');
  });
});

describe('a cache of many small blocks', () => {
  it('holds as many as its bytes have room for', async () => {
    const pairs = numbered(400, 'k', 40);
    await fill('memory:reading-frames', pairs, { blockBytes: 128, hashIndex: false });
    // Two hundred blocks, of which all but some fifty have a frame.
    await using store = await openStore('memory:reading-frames', { ...TEXT, cacheBytes: 149 * 128 });
    const some = pairs.slice(0, 280);
    const lookUpAll = (): number => {
      const { requests } = store.stats();
      for (const [key, value] of some) expect(store.getSync(key)).toBe(value);
      return store.stats().requests - requests;
    };
    expect(lookUpAll()).toBeGreaterThan(128);
    expect(lookUpAll()).toBe(0);
    expect(await collect(store.entries())).toEqual(pairs);
  });

  it('keeps caching what is used most, however long the reader is used', async () => {
    const pairs = numbered(24, 'k', 300);
    await fill('memory:reading-uses', pairs, { blockBytes: 512 });
    // Two frames, and a hash index beside them: blocks have to win their frames.
    const { partitions } = await storeInfo('memory:reading-uses');
    expect(partitions).toHaveLength(1);
    await using store = await openStore('memory:reading-uses', { ...TEXT, cacheBytes: 1400 });
    for (const [key, value] of pairs) expect(store.getSync(key)).toBe(value);
    /** Look-ups of one key until memory answers: its block has won a frame. */
    const lookUpsUntilHere = (key: string): number => {
      for (let lookups = 1; lookups < 20_000; lookups++) {
        const { cacheHits } = store.stats();
        store.getSync(key);
        if (store.stats().cacheHits > cacheHits) return lookups;
      }
      throw new Error(`${key} never comes into the cache`);
    };
    let most = 0;
    // Four blocks take turns. Their uses are counted up to 255, and go on to tell them apart then.
    for (let i = 0; i < 2000; i++) most = Math.max(most, lookUpsUntilHere(pairs[(i % 4) * 3][0]));
    // One look-up in sixteen is counted; with three uses more than another, a block takes its place.
    expect(most).toBeLessThanOrEqual(5 * 16);
  });
});
