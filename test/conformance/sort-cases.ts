import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStore, deleteStore, openStore, sweepStores } from '../../src/index.ts';
import { failure, failureNow } from '../support/failures.ts';
import type { Place } from '../support/places.ts';
import { tree } from '../support/storage-tools.ts';
import { fill, numbered, type Pair, readAll, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';

/** The least memory that a writer sorts in: 100 pairs of {@link WIDE} fill it about twice. */
const LEAST = { sort: true, sortBytes: 64 * 1024 } as const;

/** Pairs of about 1.2 KB. */
const WIDE = numbered(400, 'k', 1200);

/** The same pairs in another order. */
function shuffled(pairs: readonly Pair[], seed = 7): Pair[] {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const order = [...pairs];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

async function fillOrCancel(uri: string, pairs: Pair[], options: object): Promise<void> {
  await using writer = await createStore(uri, { ...TEXT, ...options });
  await writer.putAll(pairs);
  await writer.close();
}

/** Writers that take entries in any order, and rules for equal keys. */
export function sortCases(place: Place): void {
  it('writes the store that sorted input makes, also through many files', async () => {
    const root = await place.root();
    const expected = await fill(`${root}/sorted`, WIDE);
    for (const [name, options] of Object.entries({ memory: { sort: true }, files: LEAST })) {
      const info = await fill(`${root}/${name}`, shuffled(WIDE), options);
      expect(info.id).toBe(expected.id);
      expect(info.partitions.map(({ count, bytes }) => ({ count, bytes }))).toEqual(
        expected.partitions.map(({ count, bytes }) => ({ count, bytes })),
      );
      expect(await readAll(`${root}/${name}`)).toEqual(WIDE);
      expect((await tree(`${root}/${name}/data`)).length).toBe(info.partitions.length);
    }
  });

  it('makes the same files of the same entries in any order under one `buildId`', async () => {
    const root = await place.root();
    const infos = [1, 2].map((seed) =>
      fill(`${root}/${seed}`, shuffled(WIDE, seed), { ...LEAST, ...SMALL_PARTITIONS, buildId: 'b' }),
    );
    const [a, b] = await Promise.all(infos);
    expect(a.partitions).toEqual(b.partitions);
    expect(a.id).toBe(b.id);
  });

  it('keeps what a map keeps of random puts, whichever of equal keys stays', async () => {
    const root = await place.root();
    let number = 0;
    const pair = fc.tuple(
      fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', '\u0000', 'é', '😀') }),
      // Most are short; some fill the memory at once.
      fc.oneof({ weight: 9, arbitrary: fc.nat(50) }, { weight: 1, arbitrary: fc.constant(70_000) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(pair, { maxLength: 60 }),
        fc.constantFrom<'first' | 'last'>('first', 'last'),
        async (puts, onDuplicate) => {
          const uri = `${root}/${number++}`;
          const model = new Map<string, string>();
          const pairs = puts.map(([key, bytes], i): Pair => [key, `${i}:`.padEnd(bytes, '.')]);
          for (const [key, value] of pairs) {
            if (onDuplicate === 'last' || !model.has(key)) model.set(key, value);
          }
          const info = await fill(uri, pairs, { ...LEAST, onDuplicate });
          expect(info.count).toBe(model.size);
          const found = await readAll(uri);
          expect(new Map(found)).toEqual(model);
          await deleteStore(uri);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('refuses equal keys in memory and across files, names one, and leaves nothing', async () => {
    const root = await place.root();
    for (const twice of [WIDE[3], WIDE[399]]) {
      const uri = `${root}/s`;
      const error = await failure(fillOrCancel(uri, [twice, ...WIDE], LEAST), 'DUPLICATE_KEY');
      expect(error.message).toContain(twice[0]);
      expect(error.message).toContain("onDuplicate: 'first' or 'last'");
      expect(new TextDecoder().decode(error.key)).toBe(twice[0]);
      expect(await tree(root)).toEqual([]);
    }
    await failure(fill(`${root}/t`, [WIDE[3], ...WIDE.slice(0, 9)], { sort: true }), 'DUPLICATE_KEY');
    expect(await tree(root)).toEqual([]);
  });

  it('takes values that are larger than the memory for sorting', async () => {
    const uri = `${await place.root()}/s`;
    const pairs = ['d', 'a', 'c', 'b'].map((key, i): Pair => [key, key.repeat(50_000 * (i + 1))]);
    await fill(uri, pairs, LEAST);
    expect(await readAll(uri)).toEqual([...pairs].sort(([a], [b]) => (a < b ? -1 : 1)));
  });

  it('refuses at once what no partition can hold, and continues', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS, sort: true });
    writer.put('b', '1');
    const error = failureNow(() => writer.put('a', 'x'.repeat(5000)), 'TOO_LARGE');
    expect(error).toMatchObject({ keyBytes: 1, valueBytes: 5000 });
    failureNow(() => writer.put('', ''), 'INVALID_ARGUMENT');
    failureNow(() => writer.put('k'.repeat(65_536), ''), 'TOO_LARGE');
    writer.put('a', '2');
    expect(writer.count).toBe(2);
    await writer.close();
    expect(await readAll(uri)).toEqual([
      ['a', '2'],
      ['b', '1'],
    ]);
  });

  it('serves a caller that never waits', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, { ...TEXT, ...LEAST });
    for (const [key, value] of shuffled(WIDE)) writer.put(key, value);
    await writer.close();
    expect(await readAll(uri)).toEqual(WIDE);
  });

  it('sorts in another directory when asked, and leaves that as it was', async () => {
    const root = await place.root();
    const other = await place.root();
    const writer = await createStore(`${root}/s`, { ...TEXT, ...LEAST, sortDirectory: other });
    for (const [key, value] of shuffled(WIDE)) await writer.put(key, value);
    expect((await tree(other)).some((path) => /sort-\w+\/data\/run-\d+-\w+\.cairn$/.test(path))).toBe(true);
    expect(await tree(`${root}/s/data`)).toEqual([]);
    await writer.close();
    expect(await tree(other)).toEqual([]);
    expect(await readAll(`${root}/s`)).toEqual(WIDE);
  });

  it('leaves nothing when cancelled, here and there', async () => {
    const root = await place.root();
    const other = await place.root();
    for (const options of [{}, { sortDirectory: other }]) {
      const writer = await createStore(`${root}/s`, { ...TEXT, ...LEAST, ...options });
      // The last puts are not waited for: files are being written when the writer is cancelled.
      for (const [key, value] of shuffled(WIDE)) writer.put(key, value);
      await writer.cancel();
      expect(await tree(root)).toEqual([]);
      expect(await tree(other)).toEqual([]);
    }
  });

  it('can be aborted while it closes', async () => {
    const root = await place.root();
    const controller = new AbortController();
    const reason = new Error('enough');
    const writer = await createStore(`${root}/s`, { ...TEXT, ...LEAST, signal: controller.signal });
    for (const [key, value] of shuffled(WIDE)) await writer.put(key, value);
    const closing = writer.close({ onProgress: () => controller.abort(reason) });
    // The signal is looked at from time to time: first before anything is written.
    controller.abort(reason);
    await expect(closing).rejects.toBe(reason);
    expect(await tree(root)).toEqual([]);
  });

  it('tells how far closing has come', async () => {
    const uri = `${await place.root()}/s`;
    const writer = await createStore(uri, { keyEncoding: 'binary', valueEncoding: 'binary', sort: true });
    const key = new Uint8Array(4);
    for (let i = 10_000; i > 0; i--) {
      new DataView(key.buffer).setUint32(0, i);
      writer.put(key, key);
    }
    const told: number[] = [];
    await writer.close({
      onProgress: ({ unit, done, total }) => {
        expect([unit, total]).toEqual(['entries', 10_000]);
        told.push(done);
      },
    });
    expect(told).toEqual([0, 4096, 8192, 10_000]);
  });

  it('orphan files of a killed sorting are found by sweep, and do not block other writers', async () => {
    const root = await place.root();
    const writer = await createStore(`${root}/s`, { ...TEXT, ...LEAST, sortDirectory: `${root}/tmp` });
    for (const [key, value] of shuffled(WIDE)) await writer.put(key, value);
    // As if the process had been killed: nobody closes the writer.
    await fill(`${root}/t`, WIDE.slice(0, 2), { sort: true, sortDirectory: `${root}/tmp` });
    const swept = await sweepStores(`${root}/tmp`, { olderThanMs: 0 });
    expect(swept.length).toBeGreaterThan(2);
    expect(await tree(`${root}/tmp`)).toEqual([]);
    await writer.cancel();
  });

  describe('without sorting', () => {
    it('keeps the first or last of equal keys that follow each other', async () => {
      const root = await place.root();
      const puts: Pair[] = [
        ['a', '1'],
        ['a', '22'],
        ['b', '3'],
        ['c', '4'],
        ['c', ''],
        ['c', '6'.repeat(3000)],
      ];
      await fill(`${root}/first`, puts, { onDuplicate: 'first' });
      await fill(`${root}/last`, puts, { onDuplicate: 'last' });
      expect(await readAll(`${root}/first`)).toEqual([puts[0], puts[2], puts[3]]);
      expect(await readAll(`${root}/last`)).toEqual([puts[1], puts[2], puts[5]]);
      await fill(`${root}/none`, [], { onDuplicate: 'last' });
      expect(await readAll(`${root}/none`)).toEqual([]);
    });

    it('still refuses what is out of order or too large, at once, and continues', async () => {
      const uri = `${await place.root()}/s`;
      const writer = await createStore(uri, { ...TEXT, ...SMALL_PARTITIONS, onDuplicate: 'last' });
      writer.put('m', '1');
      expect(failureNow(() => writer.put('b', '2'), 'KEY_ORDER')).toMatchObject({ index: 1 });
      failureNow(() => writer.put('m', 'x'.repeat(5000)), 'TOO_LARGE');
      failureNow(() => writer.put('n', 'x'.repeat(5000)), 'TOO_LARGE');
      writer.put('m', '3');
      writer.put('n', '4');
      await writer.close();
      expect(await readAll(uri)).toEqual([
        ['m', '3'],
        ['n', '4'],
      ]);
    });

    it('the error for an unsorted key says how to let it be sorted', async () => {
      const writer = await createStore(`${await place.root()}/s`, TEXT);
      writer.put('b', '');
      expect(failureNow(() => writer.put('a', ''), 'KEY_ORDER').message).toContain('sort: true');
      expect(failureNow(() => writer.put('b', ''), 'DUPLICATE_KEY').message).toContain('onDuplicate:');
      await writer.cancel();
    });
  });

  it.each([
    ['sort', { sort: 1 }],
    ['sortBytes', { sort: true, sortBytes: 1000 }],
    ['sortBytes', { sort: true, sortBytes: 2 ** 31 + 1 }],
    ['sortBytes', { sortBytes: 1e8 }],
    ['sortDirectory', { sortDirectory: '/tmp' }],
    ['sortDirectory', { sort: true, sortDirectory: '' }],
    ['onDuplicate', { onDuplicate: 'lats' }],
  ])('refuses %s in %j', async (argument, options) => {
    const uri = `${await place.root()}/s`;
    const error = await failure(createStore(uri, options as object), 'INVALID_ARGUMENT');
    expect(error.argument).toBe(argument);
    await failure(openStore(uri), 'NOT_FOUND');
  });
}
