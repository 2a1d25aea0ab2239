/// <reference lib="esnext.disposable" preserve="true" />
import { isSignal } from '../../check-options.ts';
import type { WaitOptions } from '../../wait-options.ts';
import { ChainedOpening } from './chained-opening.ts';

/** Names for the classes that extend the promise, and for nobody else. */
export const CHAIN: unique symbol = Symbol('chain');
export const CALL: unique symbol = Symbol('call');
export const ITERATE: unique symbol = Symbol('iterate');

/**
 * A promise of something that is opened, with its waiting methods, which run once it is open.
 *
 * What was opened for calls on the promise alone is closed when the last of them has settled. Whoever takes it, by `await`
 * or `then`, closes it; calls on a promise that has closed in this way open it once more, and leave it open until
 * `close()`.
 */
export abstract class ChainedPromise<R extends { close(): Promise<void> }> extends Promise<R> {
  #chain: ChainedOpening<R> | undefined;

  /** What `then` makes is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: what is opened is taken by it, and no more the promise's to close.
  override then<A = R, B = never>(
    onFulfilled?: ((opened: R) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    // Static methods of Promise make promises without a chain.
    const chain = this.#chain;
    return chain === undefined
      ? super.then(onFulfilled, onRejected)
      : chain.take().then(onFulfilled, onRejected);
  }

  /** Closes what is opened. What could not be opened has nothing to close. */
  close(): Promise<void> {
    return this.#chained().close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal `open` has been called for this promise, and opens it again. */
  [CHAIN](open: () => Promise<R>): this {
    this.#chain = new ChainedOpening(() => super.then((opened) => opened), open);
    return this;
  }

  /** @internal */
  [ITERATE]<T>(
    begin: (opened: R) => AsyncIterable<T>,
    options: WaitOptions | undefined,
  ): AsyncIteratorObject<T, undefined> {
    return this.#chained().iterate(begin, signalIn(options));
  }

  /** @internal */
  [CALL]<T>(run: (opened: R) => Promise<T>, options: WaitOptions | undefined): Promise<T> {
    return this.#chained().call(run, signalIn(options));
  }

  #chained(): ChainedOpening<R> {
    return this.#chain as ChainedOpening<R>;
  }
}

/** The signal of options, if there is one: what is opened refuses what is none. */
function signalIn(options: WaitOptions | undefined): AbortSignal | undefined {
  const signal: unknown = options?.signal;
  return isSignal(signal) ? signal : undefined;
}
