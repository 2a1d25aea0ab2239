import { expect, it } from 'vitest';
import { compareKeys, createStore, deleteStore, openStore, type StoreInfo } from '../../src/index.ts';
import { failure, failureNow, rejection } from '../support/failures.ts';
import type { Place } from '../support/places.ts';
import { makeDirectory, tree } from '../support/storage-tools.ts';
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
  SMALL_PARTITIONS,
  TEXT,
  utf8,
} from '../support/stores.ts';
import { turn } from '../support/turn.ts';

const BINARY = { keyEncoding: 'binary', valueEncoding: 'binary' } as const;

/** What a writer promises besides the numbered cases. */
export function writerCases(place: Place): void {
  it('`createStore()` chains puts and `close()`', async () => {
    const uri = `${await place.root()}/s`;
    const info = await createStore(uri)
      .put('a', 1)
      .put('b', { deep: [null] })
      .put('c', null)
      .close();
    expect(info).toMatchObject({ count: 3, firstKey: 'a', lastKey: 'c' });
    expect(await openStore(uri).get('b')).toEqual({ deep: [null] });
  });

  it('a chained put returns the writer', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT).put('a', '1');
    writer.put('b', '2');
    await writer.close();
    expect(await readAll(uri)).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it('`createStore()` chains `putAll()`, `cancel()` and `close()`', async () => {
    const root = await place.root();
    const opening = createStore(`${root}/s`, TEXT);
    expect(await opening.putAll(numbered(10))).toBe(10);
    expect((await opening.close()).count).toBe(10);
    await createStore(`${root}/t`, TEXT).cancel();
    await createStore(`${root}/t`, TEXT).put('a', '1').cancel();
    expect(await tree(root)).not.toContain('t/');
  });

  it('a chained put that is refused rejects the chain', async () => {
    const uri = `${await place.root()}/s`;
    const writer = createStore(uri, TEXT);
    await failure(writer.put('b', '1').put('a', '2').close(), 'KEY_ORDER');
    await writer.cancel();
    await failure(openStore(uri), 'NOT_FOUND');
  });

  it('a chain on a path that is taken rejects with ALREADY_EXISTS', async () => {
    const uri = `${await place.root()}/s`;
    await fill(uri, numbered(1));
    await failure(createStore(uri).put('a', 1).close(), 'ALREADY_EXISTS');
    await failure(createStore(uri).cancel(), 'ALREADY_EXISTS');
  });

  it('`putAll()` takes arrays, maps, generators, async generators and readers, and counts', async () => {
    const root = await place.root();
    const pairs = numbered(30, 'k', 100);
    const sources: (() => Iterable<Pair> | AsyncIterable<Pair>)[] = [
      () => pairs,
      () => new Map(pairs),
      function* () {
        yield* pairs;
      },
      async function* () {
        yield* pairs;
      },
    ];
    for (const [i, source] of sources.entries()) {
      const writer = await createStore(`${root}/${i}`, { ...TEXT, ...SMALL_PARTITIONS });
      expect(await writer.putAll(source())).toBe(30);
      await writer.close();
      expect(await readAll(`${root}/${i}`)).toEqual(pairs);
    }
    await using reader = await open(`${root}/0`);
    const copy = await createStore(`${root}/copy`, TEXT);
    expect(await copy.putAll(reader.entries({ gte: 'k00010', reverse: false }))).toBe(20);
    await copy.cancel();
  });

  it('`putAll()` refuses what is not an iterable of pairs, and the writer continues', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT);
    for (const wrong of [null, undefined, 7, {}, 'text', [1], [null], [[]], [['b']]]) {
      await failure(() => writer.putAll(wrong as unknown as Pair[]), 'INVALID_ARGUMENT');
    }
    writer.put('a', '1');
    await writer.close();
    expect(await readAll(uri)).toEqual([['a', '1']]);
  });

  it('`putAll()` that is refused has put the entries before', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT);
    const pairs: Pair[] = [
      ['a', '1'],
      ['c', '2'],
      ['b', '3'],
      ['d', '4'],
    ];
    expect((await failure(writer.putAll(pairs), 'KEY_ORDER')).index).toBe(2);
    expect(writer.count).toBe(2);
    writer.put('d', '4');
    await writer.close();
    expect((await readAll(uri)).map(([key]) => key)).toEqual(['a', 'c', 'd']);
  });

  it('`putAll()` passes on what its source throws, and the source is closed when a put is refused', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT);
    const oops = new Error('the source broke');
    let closed = 0;
    async function* broken(): AsyncGenerator<Pair> {
      yield ['a', '1'];
      throw oops;
    }
    function* unsorted(): Generator<Pair> {
      try {
        yield ['c', '1'];
        yield ['b', '1'];
      } finally {
        closed++;
      }
    }
    expect(await rejection(writer.putAll(broken()))).toBe(oops);
    await failure(writer.putAll(unsorted()), 'KEY_ORDER');
    expect(closed).toBe(1);
    await writer.cancel();
  });

  it('KEY_ORDER carries copies of both keys and the position', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, BINARY);
    const key = bytes(9, 9);
    for (let i = 0; i < 5; i++) writer.put(bytes(5, i), bytes());
    key.set([5, 3]);
    const error = failureNow(() => writer.put(key, bytes()), 'KEY_ORDER');
    key.fill(0);
    writer.put(bytes(6), bytes());
    expect(error).toMatchObject({ previous: bytes(5, 4), key: bytes(5, 3), index: 5 });
    expect(error.message).toMatch(/0x0503.*0x0504/);
    expect(error.message).not.toMatch(/UTF-16|JavaScript/);
    await writer.cancel();
  });

  it('KEY_ORDER says so when the keys are in JavaScript string order', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT);
    const keys = ['\u{1F600}', '\uFFFD'].sort();
    expect(keys[0]).toBe('\u{1F600}');
    writer.put(keys[0], '');
    const error = failureNow(() => writer.put(keys[1], ''), 'KEY_ORDER');
    expect(error.message).toMatch(/JavaScript/);
    expect(error.message).toMatch(/compareKeys/);
    const sorted = keys.sort(compareKeys);
    await writer.cancel();
    await fill(
      uri,
      sorted.map((key): Pair => [key, '']),
    );
    expect((await readAll(uri)).map(([key]) => key)).toEqual(sorted);
  });

  it('a lower key in another partition is refused just the same', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS });
    const pairs = pairsOf('three partitions');
    for (const [i, [key, value]] of pairs.entries()) {
      writer.put(key, value);
      if (i > 0) expect(failureNow(() => writer.put(pairs[i - 1][0], ''), 'KEY_ORDER').index).toBe(i + 1);
      expect(failureNow(() => writer.put(key, ''), 'DUPLICATE_KEY').index).toBe(i + 1);
    }
    await writer.close();
    expect(await readAll(uri)).toEqual(pairs);
  });

  it('a key of 65,535 bytes is taken, one of 65,536 is TOO_LARGE', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, BINARY);
    const longest = new Uint8Array(65_535).fill(7);
    const error = failureNow(() => writer.put(new Uint8Array(65_536), bytes(1)), 'TOO_LARGE');
    expect(error).toMatchObject({ keyBytes: 65_536, limit: 65_535 });
    failureNow(() => writer.put(new Uint8Array(1_000_000), bytes(1)), 'TOO_LARGE');
    writer.put(longest, bytes(1));
    const second = longest.slice();
    second[65_534] = 8;
    failureNow(() => writer.put(longest.subarray(0, 65_534), bytes(2)), 'KEY_ORDER');
    writer.put(second, bytes(2));
    await writer.close();
    await using store = await openStore(uri, BINARY);
    expect(await store.getMany([longest, second])).toEqual([bytes(1), bytes(2)]);
    expect(compareKeys((await store.first())?.[0] as Uint8Array, longest)).toBe(0);
    expect(await store.rank(second)).toBe(1);
    expect(await store.get(new Uint8Array(65_536).fill(7))).toBeUndefined();
    expect(await lookUp(store, new Uint8Array(100_000).fill(7), place)).toBeUndefined();
    expect(await store.count({ prefix: longest.subarray(0, 65_534) })).toBe(2);
    expect((await store.verify()).ok).toBe(true);
  });

  it('a text key of 65,535 bytes of UTF-8 is taken, one more is TOO_LARGE', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT);
    const longest = `${'€'.repeat(21_844)}abc`;
    expect(utf8(longest).length).toBe(65_535);
    failureNow(() => writer.put(`${longest}x`, ''), 'TOO_LARGE');
    failureNow(() => writer.put('€'.repeat(40_000), ''), 'TOO_LARGE');
    writer.put(longest, 'v');
    await writer.close();
    expect(await readAll(uri)).toEqual([[longest, 'v']]);
  });

  it('a long key that fits no partition is TOO_LARGE with all sizes, and the writer continues', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, { ...TEXT, partitionBytes: 1024 });
    expect(failureNow(() => writer.put('k'.repeat(5000), 'v'), 'TOO_LARGE')).toMatchObject({
      keyBytes: 5000,
      valueBytes: 1,
    });
    writer.put('k', 'v');
    await writer.close();
    expect(await readAll(uri)).toEqual([['k', 'v']]);
  });

  it('entries larger than a block are kept, among small ones', async () => {
    const uri = `${await place.root()}/s`;
    const pairs = Array.from(
      { length: 60 },
      (_, i): Pair => [
        `k${String(i).padStart(3, '0')}${i % 7 === 0 ? 'K'.repeat(300) : ''}`,
        'v'.repeat([0, 1, 63, 64, 127, 128, 400, 20_000][i % 8]),
      ],
    );
    await fill(uri, pairs, { blockBytes: 64 });
    expect(await readAll(uri)).toEqual(pairs);
    await using store = await open(uri);
    for (const [key, value] of pairs) expect(await store.get(key)).toBe(value);
  });

  it('`put()` throws at once, and returns nothing to wait for when there is nothing', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT);
    expect(writer.put('b', '1')).toBeUndefined();
    failureNow(() => writer.put('a', '1'), 'KEY_ORDER');
    await writer.cancel();
  });

  it('`await using` cancels a writer that was not closed, and keeps a closed one', async () => {
    const root = await place.root();
    {
      await using writer = await createStore(`${root}/left`, { ...TEXT, ...SMALL_PARTITIONS });
      await writer.putAll(pairsOf('three partitions'));
    }
    expect(await tree(root)).toEqual([]);
    {
      await using writer = await createStore(`${root}/kept`, TEXT);
      writer.put('a', '1');
      await writer.close();
    }
    expect(await readAll(`${root}/kept`)).toEqual([['a', '1']]);
    {
      await using opening = createStore(`${root}/chain`, TEXT);
      await opening.put('a', '1');
    }
    expect(await tree(root)).not.toContain('chain/');
  });

  it('`cancel()` after `close()` is a no-op', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, TEXT);
    writer.put('a', '1');
    await Promise.all([writer.close(), writer.cancel()]);
    await writer.cancel();
    expect(await readAll(uri)).toEqual([['a', '1']]);
  });

  it('`close()` while `cancel()` is under way completes nothing', async () => {
    const root = await place.root();
    const writer = await createStore(`${root}/s`, { ...TEXT, ...SMALL_PARTITIONS });
    await writer.putAll(pairsOf('three partitions'));
    await Promise.all([writer.cancel(), writer.close()]);
    expect(await tree(root)).toEqual([]);
  });

  it('a signal that was aborted before rejects `createStore()` with its reason and makes nothing', async () => {
    const root = await place.root();
    const reason = new Error('too late');
    expect(await rejection(createStore(`${root}/s`, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await rejection(createStore(`${root}/s`, { signal: AbortSignal.abort() }))).toMatchObject({
      name: 'AbortError',
    });
    expect(await tree(root)).toEqual([]);
  });

  it('a signal cancels a writer: put, putAll and close give its reason, and nothing is left', async () => {
    const root = await place.root();
    const abort = new AbortController();
    const reason = new Error('changed my mind');
    const writer = await createStore(`${root}/s`, { ...TEXT, ...SMALL_PARTITIONS, signal: abort.signal });
    await writer.putAll(pairsOf('three partitions'));
    abort.abort(reason);
    expect(await rejection(async () => writer.put('z', ''))).toBe(reason);
    expect(await rejection(writer.putAll([['z', '']]))).toBe(reason);
    expect(await rejection(writer.close())).toBe(reason);
    await writer.cancel();
    expect(await tree(root)).toEqual([]);
    await failure(openStore(`${root}/s`), 'NOT_FOUND');
  });

  it('a signal stops a `putAll()` under way', async () => {
    const root = await place.root();
    const abort = new AbortController();
    const reason = { why: 'any value can be a reason' };
    const writer = await createStore(`${root}/s`, { ...TEXT, signal: abort.signal });
    async function* endless(): AsyncGenerator<Pair> {
      for (let i = 0; ; i++) {
        if (i === 10) abort.abort(reason);
        yield [String(i).padStart(9, '0'), ''];
      }
    }
    expect(await rejection(writer.putAll(endless()))).toBe(reason);
    await writer.cancel();
    expect(await tree(root)).toEqual([]);
  });

  it('a signal that is aborted after `close()` changes nothing', async () => {
    const uri = `${await place.root()}/s`;
    const abort = new AbortController();
    const info = await createStore(uri, { ...TEXT, signal: abort.signal })
      .put('a', '1')
      .close();
    abort.abort();
    expect(info.count).toBe(1);
    expect(await readAll(uri)).toEqual([['a', '1']]);
  });

  it('two writers for one URI: the first to close wins, the other is ALREADY_EXISTS and its files are gone', async () => {
    const uri = `${await place.root()}/s`;
    const first = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS });
    const second = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS });
    await first.putAll(pairsOf('three partitions', 'first'));
    await second.putAll(pairsOf('three partitions', 'second'));
    const info = await second.close();
    expect((await failure(first.close(), 'ALREADY_EXISTS')).uri).toBe(second.uri);
    await failure(first.close(), 'ALREADY_EXISTS');
    failureNow(() => first.put('z', ''), 'CLOSED');
    expect(await readAll(uri)).toEqual(pairsOf('three partitions', 'second'));
    expect(await tree(`${uri}/data`)).toEqual(info.partitions.map(({ name }) => name));
    expect(await tree(uri)).toContain('MANIFEST.json');
    expect((await tree(uri)).length).toBe(5);
  });

  it('twenty writers that close one URI at once: one wins and is whole', async () => {
    const uri = `${await place.root()}/s`;
    const writers = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const writer = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS });
        await writer.putAll(pairsOf('three partitions', `w${i}-`));
        return writer;
      }),
    );
    const outcomes = await Promise.allSettled(writers.map((writer) => writer.close()));
    const won = outcomes.filter(
      (outcome): outcome is PromiseFulfilledResult<StoreInfo<string>> => outcome.status === 'fulfilled',
    );
    expect(won.length).toBe(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ALREADY_EXISTS' });
    }
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(await readAll(uri)).toEqual(pairsOf('three partitions', `w${winner}-`));
    expect(await tree(`${uri}/data`)).toEqual(won[0].value.partitions.map(({ name }) => name));
  });

  it('a writer is not disturbed when another one for the same URI is cancelled', async () => {
    const root = await place.root();
    const leaving = await createStore(`${root}/s`, TEXT);
    const staying = await createStore(`${root}/s`, TEXT);
    await leaving.cancel();
    staying.put('a', '1');
    await staying.close();
    expect(await readAll(`${root}/s`)).toEqual([['a', '1']]);
  });

  it('a writer of an empty store is not disturbed when another one for the same URI is cancelled', async () => {
    const root = await place.root();
    const leaving = await createStore(`${root}/s`, TEXT);
    const staying = await createStore(`${root}/s`, TEXT);
    await leaving.cancel();
    await staying.close();
    expect(await readAll(`${root}/s`)).toEqual([]);
  });

  it('empty writers that race leave one empty store', async () => {
    const uri = `${await place.root()}/s`;
    const first = await createStore(uri, TEXT);
    const second = await createStore(uri, TEXT);
    await first.close();
    await failure(second.close(), 'ALREADY_EXISTS');
    expect(await readAll(uri)).toEqual([]);
  });

  it('an opener that polls a writer sees nothing until `close()`, and then everything', async () => {
    const uri = `${await place.root()}/s`;
    const seen = new Set<string>();
    let done = false;
    const poll = async (): Promise<void> => {
      while (!done) {
        const pairs = await readAll(uri).catch((error: { code: string }) => error.code);
        if (Array.isArray(pairs)) expect(pairs).toEqual(numbered(40, 'k', 300));
        seen.add(Array.isArray(pairs) ? 'complete' : pairs);
        // Lets the writer have its turn, whatever it waits for.
        await turn();
      }
    };
    const polling = poll();
    await fill(uri, numbered(40, 'k', 300), SMALL_PARTITIONS);
    expect(await readAll(uri)).toEqual(numbered(40, 'k', 300));
    done = true;
    await polling;
    seen.delete('complete');
    for (const code of seen) expect(['NOT_FOUND', 'INCOMPLETE', 'NOT_A_STORE']).toContain(code);
  });

  it('under one `buildId`, a second writer is CONFLICT or ALREADY_EXISTS and the first is whole', async () => {
    const uri = `${await place.root()}/s`;
    const options = { ...TEXT, ...SMALL_PARTITIONS, buildId: 'b1' };
    const first = await createStore(uri, options);
    const second = await createStore(uri, options);
    first.put('a', 'first');
    if (place.objects) {
      second.put('a', 'second');
      await first.close();
      await failure(second.close(), 'CONFLICT', 'ALREADY_EXISTS');
    } else {
      failureNow(() => second.put('a', 'second'), 'CONFLICT');
      failureNow(() => second.put('b', 'second'), 'CONFLICT');
      await failure(createStore(uri, options), 'CONFLICT');
      await failure(second.close(), 'CONFLICT', 'ALREADY_EXISTS');
      await first.close();
    }
    expect(await readAll(uri)).toEqual([['a', 'first']]);
    await failure(createStore(uri, options), 'ALREADY_EXISTS');
    expect(await readAll(uri)).toEqual([['a', 'first']]);
  });

  it('writers that race under one `buildId` give one whole store', async () => {
    const root = await place.root();
    for (let round = 0; round < 5; round++) {
      const uri = `${root}/${round}`;
      const build = async (i: number): Promise<number> => {
        await using writer = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS, buildId: 'same' });
        for (const [key, value] of numbered(20, 'k', 300)) {
          await writer.put(key, value);
          if (round % 2 === i % 2) await Promise.resolve();
        }
        await writer.close();
        return i;
      };
      const outcomes = await Promise.allSettled([build(0), build(1), build(2)]);
      const codes = outcomes.map((one) =>
        one.status === 'fulfilled' ? 'won' : (one.reason as { code: string }).code,
      );
      for (const code of codes) expect(['won', 'CONFLICT', 'ALREADY_EXISTS']).toContain(code);
      if (place.objects && !codes.includes('won')) {
        // Names are taken one by one, as files are finished: it may be that each has some of them.
        expect(await tree(uri)).toEqual([]);
        await build(0);
      } else {
        expect(codes.filter((code) => code === 'won').length).toBe(1);
      }
      expect(await readAll(uri)).toEqual(numbered(20, 'k', 300));
    }
  });

  it('orphan files of the same `buildId` are CONFLICT, with advice; those of another are not', async () => {
    const uri = `${await place.root()}/s`;
    const crashed = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS, buildId: 'x-y' });
    await crashed.putAll(pairsOf('three partitions'));
    // Lets the partitions that are full arrive.
    if (place.objects) while ((await tree(`${uri}/data`)).length < 2);
    const error = await failure(createStore(uri, { buildId: 'x-y' }), 'CONFLICT');
    expect(error.message).toMatch(/[Ss]weep/);
    for (const buildId of ['x', 'y', 'x-y2', 'X-y2']) {
      const writer = await createStore(uri, { ...TEXT, buildId });
      writer.put('a', '2');
      await writer.cancel();
    }
    await deleteStore(uri);
    await createStore(uri, { ...TEXT, buildId: 'x-y' })
      .put('a', '3')
      .close();
    expect(await readAll(uri)).toEqual([['a', '3']]);
    await crashed.cancel().catch(() => undefined);
  });

  it('`createStore()` among orphan files keeps no trace of them in the store', async () => {
    const uri = `${await place.root()}/s`;
    const abandoned = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS });
    await abandoned.putAll(pairsOf('three partitions', 'old'));
    const info = await fillSized(uri, 'two pairs');
    expect(info.partitions.length).toBe(1);
    await using store = await open(uri);
    expect(await collect(store)).toEqual(pairsOf('two pairs'));
    await abandoned.cancel();
    expect(await tree(`${uri}/data`)).toEqual(info.partitions.map(({ name }) => name));
  });

  it('a store that is deleted under its writer is not completed without what was deleted', async () => {
    const root = await place.root();
    for (const made of ['nothing', 'another writer'] as const) {
      const uri = `${root}/${made}`;
      const writer = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS });
      await writer.putAll(pairsOf('three partitions'));
      // Lets the partitions that are full arrive.
      await turn();
      await deleteStore(uri);
      const other = made === 'nothing' ? undefined : await createStore(uri, TEXT);
      other?.put('a', 'of the other');
      const outcome = await writer.close().catch((error: unknown) => error);
      const pairs = await readAll(uri).catch((error: { code: string }) => error.code);
      if (outcome instanceof Error) expect(['NOT_FOUND', 'INCOMPLETE']).toContain(pairs);
      else expect(pairs).toEqual(pairsOf('three partitions'));
      if (other === undefined) continue;
      await other.close();
      expect(await readAll(uri)).toEqual([['a', 'of the other']]);
    }
  });

  it('`cancel()` keeps a directory that was there', async () => {
    const root = await place.root();
    await makeDirectory(`${root}/here`);
    const writer = await createStore(`${root}/here`, TEXT);
    writer.put('a', '1');
    await writer.cancel();
    expect(await tree(root)).toEqual(['here/']);
  });

  it('a writer that put something into a directory made by another one survives the other`s race', async () => {
    const root = await place.root();
    const first = await createStore(`${root}/s`, { ...TEXT, ...SMALL_PARTITIONS });
    const second = await createStore(`${root}/s`, { ...TEXT, ...SMALL_PARTITIONS });
    await second.putAll(pairsOf('three partitions'));
    await first.cancel();
    await second.close();
    expect(await readAll(`${root}/s`)).toEqual(pairsOf('three partitions'));
  });
}
