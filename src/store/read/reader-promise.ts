import type { WaitOptions } from '../../wait-options.ts';
import type { VerifyReport } from '../verify/verifier.ts';
import type { VerifyOptions } from '../verify/verify-options.ts';
import { CALL, CHAIN, ChainedPromise, ITERATE } from './chained-promise.ts';
import type { Range } from './range.ts';
import type { SampleOptions } from './sample.ts';
import type { StoreReader } from './store-reader.ts';

/**
 * A promise of a reader that has the reader's waiting methods: they run once it is open.
 *
 * A store that was opened for calls on the promise alone is closed when the last of them has settled: `await
 * openStore(uri).get(key)` leaves nothing open. Whoever takes the reader, by `await` or `then`, closes it; calls on a
 * promise whose store was closed in this way open it once more, and leave it open until `close()`.
 */
export class ReaderPromise<K, V> extends ChainedPromise<StoreReader<K, V>> {
  /** @internal */
  static of<K, V>(open: () => Promise<StoreReader<K, V>>): ReaderPromise<K, V> {
    return new ReaderPromise<K, V>((resolve, reject) => {
      open().then(resolve, reject);
    })[CHAIN](open);
  }

  /** See {@link StoreReader.get}. */
  get(key: K, options?: WaitOptions): Promise<V | undefined> {
    return this[CALL]((reader) => reader.get(key, options), options);
  }

  /** See {@link StoreReader.has}. */
  has(key: K, options?: WaitOptions): Promise<boolean> {
    return this[CALL]((reader) => reader.has(key, options), options);
  }

  /** See {@link StoreReader.getMany}. */
  getMany(keys: Iterable<K>, options?: WaitOptions): Promise<(V | undefined)[]> {
    return this[CALL]((reader) => reader.getMany(keys, options), options);
  }

  /** See {@link StoreReader.hasMany}. */
  hasMany(keys: Iterable<K>, options?: WaitOptions): Promise<boolean[]> {
    return this[CALL]((reader) => reader.hasMany(keys, options), options);
  }

  /** See {@link StoreReader.first}. */
  first(options?: WaitOptions): Promise<[K, V] | undefined> {
    return this[CALL]((reader) => reader.first(options), options);
  }

  /** See {@link StoreReader.last}. */
  last(options?: WaitOptions): Promise<[K, V] | undefined> {
    return this[CALL]((reader) => reader.last(options), options);
  }

  /** See {@link StoreReader.floor}. */
  floor(key: K, options?: WaitOptions): Promise<[K, V] | undefined> {
    return this[CALL]((reader) => reader.floor(key, options), options);
  }

  /** See {@link StoreReader.ceiling}. */
  ceiling(key: K, options?: WaitOptions): Promise<[K, V] | undefined> {
    return this[CALL]((reader) => reader.ceiling(key, options), options);
  }

  /** See {@link StoreReader.count}. */
  count(range?: Range<K>): Promise<number> {
    return this[CALL]((reader) => reader.count(range), range);
  }

  /** See {@link StoreReader.rank}. */
  rank(key: K, options?: WaitOptions): Promise<number> {
    return this[CALL]((reader) => reader.rank(key, options), options);
  }

  /** See {@link StoreReader.at}. */
  at(index: number, options?: WaitOptions): Promise<[K, V] | undefined> {
    return this[CALL]((reader) => reader.at(index, options), options);
  }

  /** See {@link StoreReader.sample}. */
  sample(n: number, options?: SampleOptions & WaitOptions): Promise<[K, V][]> {
    return this[CALL]((reader) => reader.sample(n, options), options);
  }

  /** See {@link StoreReader.entries}. */
  entries(range?: Range<K>): AsyncIteratorObject<[K, V], undefined> {
    return this[ITERATE]((reader) => reader.entries(range), range);
  }

  /** See {@link StoreReader.keys}. */
  keys(range?: Range<K>): AsyncIteratorObject<K, undefined> {
    return this[ITERATE]((reader) => reader.keys(range), range);
  }

  /** See {@link StoreReader.values}. */
  values(range?: Range<K>): AsyncIteratorObject<V, undefined> {
    return this[ITERATE]((reader) => reader.values(range), range);
  }

  /** See {@link StoreReader.batches}. */
  batches(
    range?: Range<K>,
    options?: { readonly size?: number | undefined },
  ): AsyncIteratorObject<[K, V][], undefined> {
    return this[ITERATE]((reader) => reader.batches(range, options), range);
  }

  [Symbol.asyncIterator](): AsyncIteratorObject<[K, V], undefined> {
    return this.entries();
  }

  /** See {@link StoreReader.forEach}. */
  forEach(visit: (key: K, value: V) => void, range?: Range<K>): Promise<void> {
    return this[CALL]((reader) => reader.forEach(visit, range), range);
  }

  /** See {@link StoreReader.verify}. */
  verify(options?: VerifyOptions): Promise<VerifyReport> {
    return this[CALL]((reader) => reader.verify(options), options);
  }
}
