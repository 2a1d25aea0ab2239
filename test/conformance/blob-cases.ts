import { describe, expect, it } from 'vitest';
import { createStore, openStore } from '../../src/index.ts';
import { failure, failureNow } from '../support/failures.ts';
import type { Place } from '../support/places.ts';
import { readFile } from '../support/storage-tools.ts';
import { collect, fill, numbered, TEXT, utf8 } from '../support/stores.ts';

/** Partition files as `Blob`s: a store is written in the place, its file is opened without it. */
export function blobCases(place: Place): void {
  const pairs = numbered(700, 'k', 40);

  async function fileOf(options: object = {}): Promise<Uint8Array<ArrayBuffer>> {
    const uri = `${await place.root()}/s`;
    const { partitions } = await fill(uri, pairs, { blockBytes: 1024, ...options });
    return (await readFile(`${uri}/data/${partitions[0].name}`)).slice();
  }

  const OPTIONS = [{}, { cacheBytes: 0 }, { cacheBytes: 5000 }, { verify: 'always' }] as const;

  it.each(['none', 'deflate', 'zstd'] as const)(
    'with compression %s answers as the store would',
    async (compression) => {
      const bytes = await fileOf({ compression });
      for (const options of OPTIONS) {
        await using store = await openStore(new File([bytes], 'part.cairn'), { ...TEXT, ...options });
        expect(store.info).toMatchObject({ uri: 'part.cairn', count: 700, compression, firstKey: 'k00000' });
        expect(store.info.partitions).toMatchObject([
          { name: 'part.cairn', bytes: bytes.length, count: 700 },
        ]);
        expect(await collect(store)).toEqual(pairs);
        expect(await collect(store.entries({ prefix: 'k0001', reverse: true }))).toEqual(
          pairs.slice(10, 20).reverse(),
        );
        for (let i = 0; i < 700; i += 37) {
          const [key, value] = pairs[i];
          expect(await store.get(key)).toBe(value);
          expect(await store.get(`${key}x`)).toBeUndefined();
          expect(await store.floor(`${key}x`)).toEqual(pairs[i]);
          expect(await store.ceiling(`${key}x`)).toEqual(pairs[i + 1]);
          expect(await store.rank(key)).toBe(i);
          expect(await store.at(i)).toEqual(pairs[i]);
        }
        expect(await store.getMany(['k00699', 'none', 'k00000'])).toEqual([
          pairs[699][1],
          undefined,
          pairs[0][1],
        ]);
        expect(await store.count({ gte: 'k00100', lt: 'k00200' })).toBe(100);
        expect(await store.sample(3, { seed: 1 })).toHaveLength(3);
        expect((await collect(store.batches({}, { size: 300 }))).map((batch) => batch.length)).toEqual([
          300, 300, 100,
        ]);
        let seen = 0;
        await store.forEach(() => {
          seen++;
        });
        expect(seen).toBe(700);
        const { ok, checked } = await store.verify();
        expect([ok, checked.entries, checked.bytes]).toEqual([true, 700, bytes.length]);
      }
    },
  );

  it('chains, and counts what it reads', async () => {
    const blob = new Blob([await fileOf()]);
    expect(await openStore(blob, TEXT).get('k00007')).toBe(pairs[7][1]);
    await using store = await openStore(blob, TEXT);
    await store.get('k00350');
    const { requests, bytes } = store.stats();
    expect(requests).toBeLessThan(5);
    expect(bytes).toBeLessThan(blob.size / 2);
  });

  it('refuses the methods with Sync', async () => {
    await using store = await openStore(new File([await fileOf()], 'part.cairn'), TEXT);
    for (const call of [() => store.getSync('k00001'), () => [...store.entriesSync()]]) {
      const error = failureNow(call, 'UNSUPPORTED');
      expect(error.message).toContain('part.cairn');
      expect(error.message).toContain('without the suffix Sync');
    }
  });

  it('that are no partition are NOT_A_STORE', async () => {
    const foreign = ['', 'x', '{"format":"cairn"}', 'PK\x03\x04'.padEnd(5000, '-')];
    for (const text of foreign) {
      const error = await failure(openStore(new File([text], 'holiday.jpg')), 'NOT_A_STORE');
      expect(error.message).toContain('holiday.jpg is not a store but a file that is no cairn partition');
    }
  });

  it('that are cut anywhere, or extended, are detected', async () => {
    const bytes = await fileOf();
    for (let length = 16; length < bytes.length; length += 97) {
      const error = await failure(
        openStore(new File([bytes.slice(0, length)], 'cut.cairn'), TEXT),
        'CORRUPTION',
      );
      expect(error).toMatchObject({ file: 'cut.cairn' });
    }
    await failure(openStore(new Blob([bytes, 'more']), TEXT), 'CORRUPTION');
  });

  it('that are damaged say where, or give the right data', async () => {
    const bytes = await fileOf();
    let found = 0;
    for (let at = 0; at < bytes.length; at += 211) {
      const damaged = bytes.slice();
      damaged[at] ^= 4;
      const file = new File([damaged], 'damaged.cairn');
      const read = async (): Promise<unknown> => {
        await using store = await openStore(file, TEXT);
        expect((await store.verify()).ok).toBe(false);
        return await collect(store);
      };
      const outcome = await read().catch((error: unknown) => error);
      if (Array.isArray(outcome)) {
        expect(outcome).toEqual(pairs);
        continue;
      }
      found++;
      expect(outcome).toMatchObject({
        name: 'CairnError',
        code: expect.stringMatching(/^(?:CORRUPTION|UNSUPPORTED_FORMAT|NOT_A_STORE)$/),
        message: expect.stringContaining('damaged.cairn'),
      });
    }
    expect(found).toBeGreaterThan(50);
  });

  it('are refused under encodings that they do not have, and read with codecs of their own', async () => {
    const blob = new Blob([await fileOf()]);
    await failure(openStore(blob, { keyEncoding: 'binary' }), 'INVALID_ARGUMENT');
    const upper = {
      name: 'upper',
      encode: (text: string) => utf8(text.toLowerCase()),
      decode: (encoded: Uint8Array) => new TextDecoder().decode(encoded).toUpperCase(),
    };
    const uri = `${await place.root()}/own`;
    const writer = await createStore(uri, { valueEncoding: upper });
    writer.put('a', 'WORD');
    const { partitions } = await writer.close();
    const own = new Blob([(await readFile(`${uri}/data/${partitions[0].name}`)).slice()]);
    expect(await openStore(own, { valueEncoding: upper }).get('a')).toBe('WORD');
    await failure(openStore(own), 'INVALID_ARGUMENT');
  });

  describe('opening', () => {
    it('ends with its signal', async () => {
      const blob = new Blob([await fileOf()]);
      const reason = new Error('enough');
      await expect(openStore(blob, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
}
