/// <reference lib="esnext.disposable" preserve="true" />
import { ABANDON, type CloseOptions } from '../store/write/store-writer.ts';
import type { LogInfo } from './log-info.ts';
import type { KeyedRecord, LogProducer, SendOptions } from './log-producer.ts';

/**
 * A promise of a producer that also has the producer's methods, which run once it is open, in the order of
 * the calls.
 *
 * `send` returns a promise of the same kind, so that `await createLog(uri).send('a', '1').send('b',
 * '2').close()` works. If a call fails, the producer is cancelled, because a chain leaves no one to do it: the
 * calls after it fail with the same error.
 */
export class ProducerPromise extends Promise<LogProducer> {
  /** `then` returns plain promises. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** @internal */
  static of(opening: Promise<LogProducer>): ProducerPromise {
    return new ProducerPromise((resolve, reject) => {
      opening.then(resolve, reject);
    });
  }

  /** See {@link LogProducer.send}. Rejects with what that throws. */
  send(
    key: string | Uint8Array | null | undefined,
    value: string | Uint8Array,
    options?: SendOptions,
  ): ProducerPromise {
    return ProducerPromise.of(
      this.#call(async (producer) => {
        await producer.send(key, value, options);
        return producer;
      }),
    );
  }

  /** See {@link LogProducer.sendAll}. */
  sendAll(records: Iterable<KeyedRecord> | AsyncIterable<KeyedRecord>): Promise<number> {
    return this.#call((producer) => producer.sendAll(records));
  }

  /** See {@link LogProducer.close}. */
  close(options: CloseOptions = {}): Promise<LogInfo> {
    return this.#call((producer) => producer.close(options));
  }

  /** See {@link LogProducer.cancel}. */
  cancel(): Promise<void> {
    return this.then((producer) => producer.cancel());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cancel();
  }

  #call<T>(call: (producer: LogProducer) => Promise<T>): Promise<T> {
    return this.then(async (producer) => {
      try {
        return await call(producer);
      } catch (error) {
        // The first error is the one to report; what can't be removed now is found by sweep.
        await producer[ABANDON](error).catch(() => undefined);
        throw error;
      }
    });
  }
}
