import type { Range } from '../store/read/range.ts';
import type { WaitOptions } from '../wait-options.ts';
import type { Collection } from './collection.ts';
import type { Changes, Commit, CommitOptions } from './commit-options.ts';

/**
 * A promise of a collection that has its waiting methods: they run once it is open. The collection stays open until it is
 * closed, by `close()` here too.
 */
export class CollectionPromise<K, V> extends Promise<Collection<K, V>> {
  /** What `then` makes is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** @internal */
  static of<K, V>(opening: Promise<Collection<K, V>>): CollectionPromise<K, V> {
    return new CollectionPromise<K, V>((resolve, reject) => {
      opening.then(resolve, reject);
    });
  }

  /** See {@link Collection.get}. */
  get(key: K, options?: WaitOptions): Promise<V | undefined> {
    return this.#take((collection) => collection.get(key, options));
  }

  /** See {@link Collection.has}. */
  has(key: K, options?: WaitOptions): Promise<boolean> {
    return this.#take((collection) => collection.has(key, options));
  }

  /** See {@link Collection.getMany}. */
  getMany(keys: Iterable<K>, options?: WaitOptions): Promise<(V | undefined)[]> {
    return this.#take((collection) => collection.getMany(keys, options));
  }

  /** See {@link Collection.count}. */
  count(range?: Range<K>): Promise<number> {
    return this.#take((collection) => collection.count(range));
  }

  /** See {@link Collection.entries}. */
  async *entries(range?: Range<K>): AsyncIterableIterator<[K, V]> {
    yield* (await this).entries(range);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<[K, V]> {
    return this.entries();
  }

  /** See {@link Collection.set}. */
  set(key: K, value: V): Promise<Commit> {
    return this.#take((collection) => collection.set(key, value));
  }

  /** See {@link Collection.delete}. */
  delete(key: K): Promise<Commit> {
    return this.#take((collection) => collection.delete(key));
  }

  /** See {@link Collection.commit}. */
  commit(changes: Changes<K, V>, options?: CommitOptions): Promise<Commit> {
    return this.#take((collection) => collection.commit(changes, options));
  }

  /** See {@link Collection.close}. A collection that could not be opened has nothing to close. */
  close(): Promise<void> {
    return this.then((collection) => collection.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #take<R>(call: (collection: Collection<K, V>) => Promise<R>): Promise<R> {
    return this.then(call);
  }
}
