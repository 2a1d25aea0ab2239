import { CALL, CHAIN, ChainedPromise, ITERATE } from '../store/read/chained-promise.ts';
import type { Range } from '../store/read/range.ts';
import type { WaitOptions } from '../wait-options.ts';
import type { Collection } from './collection.ts';
import type { Changes, Commit, CommitOptions } from './commit-options.ts';

/**
 * A promise of a collection that has its waiting methods: they run once it is open.
 *
 * A collection that was opened for calls on the promise alone is closed when the last of them has settled: `await
 * openCollection(uri).set(key, value)` leaves nothing open. Whoever takes the collection, by `await` or `then`, closes it.
 */
export class CollectionPromise<K, V> extends ChainedPromise<Collection<K, V>> {
  /** @internal */
  static of<K, V>(open: () => Promise<Collection<K, V>>): CollectionPromise<K, V> {
    return new CollectionPromise<K, V>((resolve, reject) => {
      open().then(resolve, reject);
    })[CHAIN](open);
  }

  /** See {@link Collection.get}. */
  get(key: K, options?: WaitOptions): Promise<V | undefined> {
    return this[CALL]((collection) => collection.get(key, options), options);
  }

  /** See {@link Collection.has}. */
  has(key: K, options?: WaitOptions): Promise<boolean> {
    return this[CALL]((collection) => collection.has(key, options), options);
  }

  /** See {@link Collection.getMany}. */
  getMany(keys: Iterable<K>, options?: WaitOptions): Promise<(V | undefined)[]> {
    return this[CALL]((collection) => collection.getMany(keys, options), options);
  }

  /** See {@link Collection.hasMany}. */
  hasMany(keys: Iterable<K>, options?: WaitOptions): Promise<boolean[]> {
    return this[CALL]((collection) => collection.hasMany(keys, options), options);
  }

  /** See {@link Collection.first}. */
  first(options?: WaitOptions): Promise<[K, V] | undefined> {
    return this[CALL]((collection) => collection.first(options), options);
  }

  /** See {@link Collection.last}. */
  last(options?: WaitOptions): Promise<[K, V] | undefined> {
    return this[CALL]((collection) => collection.last(options), options);
  }

  /** See {@link Collection.floor}. */
  floor(key: K, options?: WaitOptions): Promise<[K, V] | undefined> {
    return this[CALL]((collection) => collection.floor(key, options), options);
  }

  /** See {@link Collection.ceiling}. */
  ceiling(key: K, options?: WaitOptions): Promise<[K, V] | undefined> {
    return this[CALL]((collection) => collection.ceiling(key, options), options);
  }

  /** See {@link Collection.count}. */
  count(range?: Range<K>): Promise<number> {
    return this[CALL]((collection) => collection.count(range), range);
  }

  /** See {@link Collection.entries}. */
  entries(range?: Range<K>): AsyncIteratorObject<[K, V], undefined> {
    return this[ITERATE]((collection) => collection.entries(range), range);
  }

  /** See {@link Collection.keys}. */
  keys(range?: Range<K>): AsyncIteratorObject<K, undefined> {
    return this[ITERATE]((collection) => collection.keys(range), range);
  }

  /** See {@link Collection.values}. */
  values(range?: Range<K>): AsyncIteratorObject<V, undefined> {
    return this[ITERATE]((collection) => collection.values(range), range);
  }

  [Symbol.asyncIterator](): AsyncIteratorObject<[K, V], undefined> {
    return this.entries();
  }

  /** See {@link Collection.forEach}. */
  forEach(visit: (key: K, value: V) => void, range?: Range<K>): Promise<void> {
    return this[CALL]((collection) => collection.forEach(visit, range), range);
  }

  /** See {@link Collection.set}. */
  set(key: K, value: V): Promise<Commit>;
  set(...given: [K, V]): Promise<Commit> {
    return this[CALL]((collection) => collection.set(...given), undefined);
  }

  /** See {@link Collection.delete}. */
  delete(key: K): Promise<Commit>;
  delete(...given: [K]): Promise<Commit> {
    return this[CALL]((collection) => collection.delete(...given), undefined);
  }

  /** See {@link Collection.commit}. */
  commit(changes: Changes<K, V>, options?: CommitOptions): Promise<Commit> {
    // Its signal ends it as long as it is not decided: it is never left while it may be.
    return this[CALL]((collection) => collection.commit(changes, options), undefined);
  }
}
