import { describe, expect, it } from 'vitest';
import {
  createStore,
  deleteStore,
  mergeStore,
  openStore,
  renameStore,
  verifyStore,
} from '../../../src/index.ts';
import { storageConformance } from '../../../src/io/conformance/index.ts';
import { registerStorage, type Storage } from '../../../src/io/index.ts';
import { failure, failureNow } from '../../support/failures.ts';
import { MapStorage } from '../../support/map-storage.ts';

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

/** The members of a storage that are named, bound to it: what is left is as absent as in a storage without them. */
function only(storage: MapStorage, members: readonly (keyof MapStorage)[]): Partial<Storage> {
  const picked = members.map((member) => {
    const value = storage[member] as unknown;
    return [member, typeof value === 'function' ? value.bind(storage) : value];
  });
  return Object.fromEntries(picked);
}

const READING = ['scheme', 'open', 'kind', 'join', 'split', 'uri'] as const;
const WRITING = [
  'create',
  'makeDirectory',
  'syncDirectory',
  'remove',
  'removeDirectory',
  'list',
  'putIfAbsent',
  'replace',
] as const;

/** Registers what is left of a storage. */
function register(storage: Partial<Storage>): void {
  registerStorage({ storage: storage as Storage, parse: (rest) => rest.replace(/\/+$/, '') });
}

describe('a storage that lacks something', () => {
  it.each(READING.slice(1))('can not be registered without %s()', (lacking) => {
    const storage = only(
      new MapStorage('odd'),
      READING.filter((member) => member !== lacking),
    );
    const error = failureNow(() => register(storage), 'INVALID_ARGUMENT');
    expect(error.message).toContain(`odd: URIs must have ${lacking}()`);
  });

  it('is read all the same, where it was written by another way', async () => {
    const map = new MapStorage('filled');
    registerStorage(map.asScheme());
    await createStore('filled://s').put('a', 'b').close();
    register(only(map, READING));
    expect(await openStore('filled://s').get('a')).toBe('b');
    expect((await verifyStore('filled://s')).problems).toEqual([]);
    await failure(openStore('filled://none'), 'NOT_FOUND');
    // Without a listing nobody knows what is in a directory that is no store.
    await failure(openStore('filled://s/data'), 'NOT_FOUND');
  });

  it.each(WRITING)('is not written to without %s(), and is told of it', async (lacking) => {
    const all = only(new MapStorage('partial'), [...READING, ...WRITING]);
    register(all);
    await createStore('partial://s').put('a', 'b').close();
    const { [lacking]: _, ...rest } = all;
    register(rest);
    const error = await failure(createStore('partial://t'), 'UNSUPPORTED');
    expect(error.uri).toBe('partial://t');
    expect(error.message).toContain(`can't be written to: the storage of partial: URIs has no ${lacking}()`);
    expect(await openStore('partial://s').get('a')).toBe('b');
    if (['remove', 'removeDirectory', 'syncDirectory', 'list'].includes(lacking)) {
      await failure(deleteStore('partial://s'), 'UNSUPPORTED');
    } else {
      await deleteStore('partial://s');
    }
  });

  it('merges by copies without link(), and does not rename without moveDirectory()', async () => {
    register(only(new MapStorage('still'), [...READING, ...WRITING]));
    await createStore('still://a').put('a', '1').close();
    await createStore('still://b').put('b', '2').close();
    expect((await mergeStore('still://a', 'still://b')).count).toBe(2);
    const error = await failure(renameStore('still://b', 'still://c'), 'UNSUPPORTED');
    expect(error.message).toContain('has no moveDirectory(). Copy the store instead');
    expect(await openStore('still://b').get('a')).toBe('1');
  });

  it('passes the part of the suite that is about what it has', async () => {
    const map = new MapStorage('versions');
    register(only(map, [...READING, 'putIfAbsent', 'replace']));
    const cases = storageConformance({
      root: () => `versions://root-${number++}`,
      capabilities: ['conditional'],
      put: (uri, bytes) => map.replace(uri.slice('versions:'.length), bytes),
    });
    expect(cases.map(({ name }) => name).filter((name) => /replace|putIfAbsent/.test(name)).length).toBe(3);
    for (const { run } of cases) await run();
    register(only(map, READING));
    const outcomes = await Promise.allSettled(cases.map(({ run }) => run()));
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBe(3);
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
      '`putIfAbsent()` is true for exactly one of many, whose bytes are there',
      '`create()` of a name that is taken is ALREADY_EXISTS, and keeps what is there',
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
