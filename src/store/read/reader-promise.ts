import type { WaitOptions } from '../../wait-options.ts';
import type { VerifyReport } from '../verify/verifier.ts';
import type { VerifyOptions } from '../verify/verify-options.ts';
import type { Range } from './range.ts';
import type { SampleOptions } from './sample.ts';
import type { StoreReader } from './store-reader.ts';

/**
 * A promise of a reader that has the reader's waiting methods: they run once it is open. The store stays open
 * until the reader is closed, by `close()` here too.
 */
export class ReaderPromise<K, V> extends Promise<StoreReader<K, V>> {
  /** What `then` makes is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** @internal */
  static of<K, V>(opening: Promise<StoreReader<K, V>>): ReaderPromise<K, V> {
    return new ReaderPromise<K, V>((resolve, reject) => {
      opening.then(resolve, reject);
    });
  }

  /** See {@link StoreReader.get}. */
  get(key: K, options?: WaitOptions): Promise<V | undefined> {
    return this.then((reader) => reader.get(key, options));
  }

  /** See {@link StoreReader.has}. */
  has(key: K, options?: WaitOptions): Promise<boolean> {
    return this.then((reader) => reader.has(key, options));
  }

  /** See {@link StoreReader.getMany}. */
  getMany(keys: Iterable<K>, options?: WaitOptions): Promise<(V | undefined)[]> {
    return this.then((reader) => reader.getMany(keys, options));
  }

  /** See {@link StoreReader.hasMany}. */
  hasMany(keys: Iterable<K>, options?: WaitOptions): Promise<boolean[]> {
    return this.then((reader) => reader.hasMany(keys, options));
  }

  /** See {@link StoreReader.first}. */
  first(options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.then((reader) => reader.first(options));
  }

  /** See {@link StoreReader.last}. */
  last(options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.then((reader) => reader.last(options));
  }

  /** See {@link StoreReader.floor}. */
  floor(key: K, options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.then((reader) => reader.floor(key, options));
  }

  /** See {@link StoreReader.ceiling}. */
  ceiling(key: K, options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.then((reader) => reader.ceiling(key, options));
  }

  /** See {@link StoreReader.count}. */
  count(range?: Range<K>): Promise<number> {
    return this.then((reader) => reader.count(range));
  }

  /** See {@link StoreReader.rank}. */
  rank(key: K, options?: WaitOptions): Promise<number> {
    return this.then((reader) => reader.rank(key, options));
  }

  /** See {@link StoreReader.at}. */
  at(index: number, options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.then((reader) => reader.at(index, options));
  }

  /** See {@link StoreReader.sample}. */
  sample(n: number, options?: SampleOptions & WaitOptions): Promise<[K, V][]> {
    return this.then((reader) => reader.sample(n, options));
  }

  /** See {@link StoreReader.entries}. */
  entries(range?: Range<K>): AsyncIterableIterator<[K, V]> {
    return this.#iterate((reader) => reader.entries(range));
  }

  /** See {@link StoreReader.keys}. */
  keys(range?: Range<K>): AsyncIterableIterator<K> {
    return this.#iterate((reader) => reader.keys(range));
  }

  /** See {@link StoreReader.values}. */
  values(range?: Range<K>): AsyncIterableIterator<V> {
    return this.#iterate((reader) => reader.values(range));
  }

  /** See {@link StoreReader.batches}. */
  batches(
    range?: Range<K>,
    options?: { readonly size?: number | undefined },
  ): AsyncIterableIterator<[K, V][]> {
    return this.#iterate((reader) => reader.batches(range, options));
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<[K, V]> {
    return this.entries();
  }

  /** See {@link StoreReader.forEach}. */
  forEach(visit: (key: K, value: V) => void, range?: Range<K>): Promise<void> {
    return this.then((reader) => reader.forEach(visit, range));
  }

  /** See {@link StoreReader.verify}. */
  verify(options?: VerifyOptions): Promise<VerifyReport> {
    return this.then((reader) => reader.verify(options));
  }

  /** See {@link StoreReader.close}. A store that could not be opened has nothing to close. */
  close(): Promise<void> {
    return this.then((reader) => reader.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#iterate<T>(begin: (reader: StoreReader<K, V>) => AsyncIterable<T>): AsyncIterableIterator<T> {
    yield* begin(await this);
  }
}
