import { CairnError } from '../../errors.ts';

/** Whether a reader has been closed: what its iterators look at before each entry. */
export class ReaderLife {
  closed = false;
  readonly #uri: string;
  readonly #resource: string;

  /** @param resource what is closed, for messages. */
  constructor(uri: string, resource = 'reader') {
    this.#uri = uri;
    this.#resource = resource;
  }

  /** @throws {CairnError} `CLOSED`. */
  assertOpen(): void {
    if (this.closed) throw this.closedError();
  }

  closedError(): CairnError {
    const resource = this.#resource;
    return new CairnError('CLOSED', `the ${resource} of ${this.#uri} has been closed`, { resource });
  }
}

/** What ends a walk over entries before the next one: the reader was closed, or the signal of the range aborted. */
export class Interruption {
  readonly #life: ReaderLife;
  readonly #signal: AbortSignal | undefined;

  constructor(life: ReaderLife, signal: AbortSignal | undefined) {
    this.#life = life;
    this.#signal = signal;
  }

  /** Costs about a nanosecond without a signal. */
  get occurred(): boolean {
    return this.#life.closed || this.#signal?.aborted === true;
  }

  /** @throws the signal's reason, or {CairnError} `CLOSED`. */
  throwIfOccurred(): void {
    this.#signal?.throwIfAborted();
    this.#life.assertOpen();
  }
}
