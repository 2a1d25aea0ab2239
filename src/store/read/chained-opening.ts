import { unlessAborted } from '../../wait-options.ts';

/**
 * What is opened for calls that are chained to the opening. It is closed when the last of them has settled, because nothing
 * else can close it, unless it has been taken. Whoever calls again after that keeps it: it is opened once more, and stays
 * open.
 */
export class ChainedOpening<R extends { close(): Promise<void> }> {
  #opened: () => Promise<R>;
  readonly #open: () => Promise<R>;
  #calls = 0;
  #isKept = false;
  #isClosed = false;

  /** @param first returns the opening that is under way; `open` begins another. */
  constructor(first: () => Promise<R>, open: () => Promise<R>) {
    this.#opened = first;
    this.#open = open;
  }

  /** Returns what is opened: it is the caller's to close. */
  take(): Promise<R> {
    this.#isKept = true;
    if (this.#isClosed) {
      this.#isClosed = false;
      const again = this.#open();
      this.#opened = () => again;
    }
    return this.#opened();
  }

  /** Calls a function with what is opened. If the signal is aborted, rejects with its reason at once. */
  async call<T>(run: (opened: R) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const opened = this.#enter();
    try {
      return await unlessAborted(opened.then(run), signal);
    } finally {
      await this.#leave(opened, signal);
    }
  }

  /** Iterates over what a function returns for what is opened. The signal ends the waiting for the opening. */
  async *iterate<T>(
    begin: (opened: R) => AsyncIterable<T>,
    signal?: AbortSignal,
  ): AsyncIteratorObject<T, undefined> {
    const opened = this.#enter();
    try {
      yield* begin(await unlessAborted(opened, signal));
    } finally {
      await this.#leave(opened, signal);
    }
  }

  /** Closes what is opened, so that later calls fail. */
  async close(): Promise<void> {
    this.#isKept = true;
    await (await this.#opened()).close();
  }

  #enter(): Promise<R> {
    this.#calls++;
    return this.#isClosed && !this.#isKept ? this.take() : this.#opened();
  }

  async #leave(opened: Promise<R>, signal: AbortSignal | undefined): Promise<void> {
    if (--this.#calls > 0 || this.#isKept) return;
    this.#isClosed = true;
    // What failed to open has nothing to close, and the call has reported the failure.
    const closing = opened.then(
      (one) => one.close(),
      () => undefined,
    );
    // An aborted call does not wait for the opening.
    if (signal?.aborted !== true) await closing;
  }
}
