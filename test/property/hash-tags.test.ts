import { expect, it } from 'vitest';
import { createStore, openStore } from '../../src/node/index.ts';

const BINARY = { keyEncoding: 'binary', valueEncoding: 'binary' } as const;

/**
 * The larger a partition, the fewer bits of its keys' hashes are kept: with 16 MiB of data, seven. Of many keys that
 * are not there some look then, in the hash index, like ones that are.
 */
it('keys whose few hash bits agree are told apart, also when one begins with the other', async () => {
  const long = new Uint8Array(6000).map((_, i) => i % 7);
  const key = (length: number): Uint8Array => long.subarray(0, length);
  const writer = await createStore('memory:hash-tags', { ...BINARY, blockBytes: 1 << 16 });
  await writer.put(key(1), new Uint8Array(1 << 24));
  // Every third beginning is there; the others are not.
  for (let length = 4; length <= 3000; length += 3)
    await writer.put(key(length), Uint8Array.of(length >> 8, length));
  expect((await writer.close()).partitions.length).toBe(1);
  for (const cacheBytes of [1 << 26, 1 << 19]) {
    const store = await openStore('memory:hash-tags', { ...BINARY, cacheBytes });
    for (let length = 2; length <= 6000; length++) {
      const there = length % 3 === 1 && length <= 3000;
      const wanted = there ? [length >> 8, length & 255] : undefined;
      const found = length % 5 === 0 ? await store.get(key(length)) : store.getSync(key(length));
      expect(found && [...found], `a key of ${length} bytes`).toEqual(wanted);
      if (length % 50 === 0) {
        const other = key(length).slice();
        other[length - 1] ^= 8;
        expect(store.hasSync(other)).toBe(false);
      }
    }
    const keys = Array.from({ length: 3000 }, (_, i) => key(i + 2));
    const many = store.getManySync(keys);
    expect(Array.from(many, (one) => one !== undefined)).toEqual(
      keys.map(({ length }) => length % 3 === 1 && length <= 3000),
    );
    await store.close();
  }
});
