/**
 * The promise of rows that are queued: it settles when they are committed, or when that fails. Whoever waits for it begins
 * the commit: rows for which no one waits are queued until `flush()`.
 */
export class Acknowledgement extends Promise<undefined> {
  #onWait: (() => void) | undefined;

  /** What `then` returns is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** @param onWait is called once, when someone begins to wait. */
  static of(onWait: () => void): {
    promise: Acknowledgement;
    resolve: () => void;
    reject: (reason: unknown) => void;
  } {
    let settle: { resolve: () => void; reject: (reason: unknown) => void } | undefined;
    const promise = new Acknowledgement((resolve, reject) => {
      settle = { resolve: () => resolve(undefined), reject };
    });
    // A failure is that of `flush()`, too: rows whose promises no one looks at must not end the process.
    promise.then(undefined, () => undefined);
    promise.#onWait = onWait;
    return { promise, ...(settle as { resolve: () => void; reject: (reason: unknown) => void }) };
  }

  // biome-ignore lint/suspicious/noThenProperty: waiting is what begins the commit.
  override then<A = undefined, B = never>(
    onFulfilled?: ((value: undefined) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const onWait = this.#onWait;
    this.#onWait = undefined;
    onWait?.();
    return super.then(onFulfilled, onRejected);
  }
}
