import { describe, expect, it } from 'vitest';
import { createStore, mergeStore, openStore, renameStore, verifyStore } from '../../src/index.ts';
import { storageConformance } from '../../src/io/conformance/index.ts';
import { registerStorage } from '../../src/io/index.ts';
import { MapStorage } from '../support/map-storage.ts';

registerStorage(new MapStorage('map').asScheme());

let number = 0;
const options = { root: () => `map://root-${number++}`, objects: true };

describe('a storage from outside', () => {
  for (const { name, run } of storageConformance(options)) it(name, run);

  it('holds stores: made, read, merged, renamed, verified', async () => {
    for (const [name, first] of [
      ['a', 0],
      ['b', 500],
    ] as const) {
      const writer = await createStore(`map://stores/${name}`, { partitionBytes: 64 << 10 });
      for (let i = first; i < first + 500; i++)
        await writer.put(`k${String(i).padStart(6, '0')}`, 'v'.repeat(300));
      await writer.close();
    }
    await mergeStore('map://stores/a', 'map://stores/b');
    await renameStore('map://stores/b', 'map://stores/c');
    await using store = await openStore('map://stores/c');
    expect([await store.count(), await store.get('k000777')]).toEqual([1000, 'v'.repeat(300)]);
    expect((await verifyStore('map://stores/c')).problems).toEqual([]);
  });
});

describe('the suite for storages', () => {
  /** The names of the cases that a storage fails. */
  async function failed(storage: MapStorage): Promise<string[]> {
    registerStorage(storage.asScheme());
    const names: string[] = [];
    const own = { root: () => `${storage.scheme}://root-${number++}`, objects: true };
    for (const { name, run } of storageConformance(own)) await run().catch(() => names.push(name));
    return names;
  }

  it('finds two winners of one name', async () => {
    class TwoWinners extends MapStorage {
      override async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
        await this.replace(path, bytes);
        return true;
      }
    }
    expect(await failed(new TwoWinners('two-winners'))).toEqual([
      '`create()` of a name that is taken is ALREADY_EXISTS, and keeps what is there',
      '`putIfAbsent()` is true for exactly one of many, whose bytes are there',
    ]);
  });

  it('finds short reads, and names that stay', async () => {
    class Short extends MapStorage {
      override async open(path: string): ReturnType<MapStorage['open']> {
        const source = await super.open(path);
        return { ...source, read: (offset, target) => source.read(offset, target.subarray(1)) };
      }
      override async remove(): Promise<void> {}
    }
    const names = await failed(new Short('short'));
    expect(names.length).toBeGreaterThan(5);
    expect(names).toContain('`open()` reads at any offset, waiting or not, and exactly');
    expect(names).toContain(
      '`remove()` and `removeDirectory()` bear what is gone, and keep what is not empty',
    );
  });
});
