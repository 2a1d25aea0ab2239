import { beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/index.ts';
import type { ByteSource } from '../../../src/io/byte-source.ts';
import { MemoryStorage, memoryScheme } from '../../../src/io/memory.ts';
import { registerStorage } from '../../../src/io/uri.ts';
import { fill, numbered, TEXT } from '../../support/stores.ts';

/** Counts reads that wait and reads that don't, and can make the latter slow. */
class CountedStorage extends MemoryStorage {
  override readonly scheme: string = 'counted';
  waiting = 0;
  atOnce = 0;
  /** Of those that don't, reads of whole blocks. */
  longReads = 0;
  slowMs = 0;

  override async open(path: string): Promise<ByteSource> {
    const source = await super.open(path);
    return {
      name: source.name,
      size: source.size,
      read: (offset, target, signal) => {
        this.waiting++;
        return source.read(offset, target, signal);
      },
      readSync: (offset, target) => {
        this.atOnce++;
        if (target.length > 512) this.longReads++;
        const until = performance.now() + this.slowMs;
        source.readSync?.(offset, target);
        while (performance.now() < until);
      },
      close: () => source.close(),
    };
  }
}

describe('a partition that is larger than the cache', () => {
  const pairs = numbered(2000, 'k', 100);
  // Its hash index and a few of its blocks.
  const cacheBytes = 16 * 1024;
  let storage: CountedStorage;

  beforeEach(async () => {
    storage = new CountedStorage();
    registerStorage(memoryScheme(storage));
    await fill('counted:s', pairs, { blockBytes: 1024 });
  });

  it('is read at once by calls that can wait, while reads are fast', async () => {
    await using store = await openStore('counted:s', { ...TEXT, cacheBytes });
    for (const [key, value] of pairs.slice(0, 50)) expect(await store.get(key)).toBe(value);
    storage.waiting = storage.atOnce = 0;
    // Not one after the other: what was read ahead would answer.
    for (let i = 0; i < pairs.length; i++) {
      const [key, value] = pairs[(i * 997) % pairs.length];
      expect(await store.get(key)).toBe(value);
    }
    expect(storage.atOnce).toBeGreaterThan(pairs.length / 2);
    // A read that another process holds up counts as slow.
    expect(storage.waiting).toBeLessThan(storage.atOnce / 4);
  });

  it('is read in turns that do not block where reads are slow', async () => {
    storage.slowMs = 0.1;
    await using store = await openStore('counted:s', { ...TEXT, cacheBytes });
    for (const [key, value] of pairs) expect(await store.get(key)).toBe(value);
    expect(storage.waiting).toBeGreaterThan(1000);
    expect(storage.atOnce).toBeLessThan(12);
    expect(await store.getMany(pairs.map(([key]) => key))).toEqual(pairs.map(([, value]) => value));
    expect(storage.atOnce).toBeLessThan(16);
  });

  it('is checked some blocks ahead, once several of its blocks have been asked for', async () => {
    await using store = await openStore('counted:s', { ...TEXT, cacheBytes });
    const blocks = Math.ceil(store.info.bytes / 1024);
    expect(blocks).toBeGreaterThan(200);
    for (const [key, value] of pairs) expect(store.getSync(key)).toBe(value);
    // Eight by one, eight by two, eight by three, and the rest by four.
    expect(storage.longReads).toBeLessThan(blocks / 2);
    expect(storage.longReads).toBeGreaterThan(blocks / 4);
    for (const [key, value] of [...pairs].reverse()) expect(store.getSync(key)).toBe(value);
  });
});
