/// <reference lib="esnext.disposable" preserve="true" />
import type { StoreInfo } from '../manifest/describe-store.ts';
import { ABANDON, type CloseOptions, type StoreWriter } from './store-writer.ts';

/**
 * A promise of a writer that has the writer's methods: they run once it is open, in the order of the calls.
 *
 * `put` gives a promise of the same kind, so that `await createStore(uri).put('a', 1).put('b', 2).close()` works.
 * If a call fails, the writer is cancelled, because a chain leaves no one to do it: the calls after it fail with the
 * same error.
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
      this.#call(async (writer) => {
        await writer.put(key, value);
        return writer;
      }),
    );
  }

  /** See {@link StoreWriter.putAll}. */
  putAll(entries: Iterable<readonly [K, V]> | AsyncIterable<readonly [K, V]>): Promise<number> {
    return this.#call((writer) => writer.putAll(entries));
  }

  /** See {@link StoreWriter.close}. */
  close(options: CloseOptions = {}): Promise<StoreInfo<K>> {
    return this.#call((writer) => writer.close(options));
  }

  /** See {@link StoreWriter.cancel}. */
  cancel(): Promise<void> {
    return this.then((writer) => writer.cancel());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cancel();
  }

  #call<T>(call: (writer: StoreWriter<K, V>) => Promise<T>): Promise<T> {
    return this.then(async (writer) => {
      try {
        return await call(writer);
      } catch (error) {
        // The first error is the one to report; what can't be removed now is found by sweep.
        await writer[ABANDON](error).catch(() => undefined);
        throw error;
      }
    });
  }
}
