import type { StoreInfo } from '../manifest/describe-store.ts';
import type { CloseOptions, StoreWriter } from './store-writer.ts';

/**
 * A promise of a writer that has the writer's methods: they run once it is open, in the order of the calls.
 *
 * `put` gives a promise of the same kind, so that `await createStore(uri).put('a', 1).put('b', 2).close()` works.
 */
export class WriterPromise<K, V> extends Promise<StoreWriter<K, V>> {
  /** What `then` makes is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** @internal */
  static of<K, V>(opening: Promise<StoreWriter<K, V>>): WriterPromise<K, V> {
    return new WriterPromise<K, V>((resolve, reject) => {
      opening.then(resolve, reject);
    });
  }

  /** See {@link StoreWriter.put}. What it throws comes as a rejection. */
  put(key: K, value: V): WriterPromise<K, V> {
    return WriterPromise.of(
      this.then(async (writer) => {
        await writer.put(key, value);
        return writer;
      }),
    );
  }

  /** See {@link StoreWriter.putAll}. */
  putAll(entries: Iterable<readonly [K, V]> | AsyncIterable<readonly [K, V]>): Promise<number> {
    return this.then((writer) => writer.putAll(entries));
  }

  /** See {@link StoreWriter.close}. */
  close(options: CloseOptions = {}): Promise<StoreInfo<K>> {
    return this.then((writer) => writer.close(options));
  }

  /** See {@link StoreWriter.cancel}. */
  cancel(): Promise<void> {
    return this.then((writer) => writer.cancel());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cancel();
  }
}
