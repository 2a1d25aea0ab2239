/** Elements that a writer takes: also those of a stream. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

/** The parts of a `ReadableStream` that are used here. */
interface WebStream<T> {
  getReader(): {
    read(): Promise<IteratorResult<T, unknown>>;
    cancel(reason: unknown): Promise<unknown>;
    releaseLock(): void;
  };
}

/** Pulls the elements of one source. */
interface Pull<T> {
  next(): IteratorResult<T, unknown> | Promise<IteratorResult<T, unknown>>;
  /** Ends a source before its last element. */
  close(reason: unknown): unknown;
}

/** Reads a source of the caller's, which can be given up while its next element is awaited. */
export class SourceReader<T> {
  readonly #pull: Pull<T>;
  readonly #isAsync: boolean;
  #isOpen = true;

  private constructor(pull: Pull<T>, isAsync: boolean) {
    this.#pull = pull;
    this.#isAsync = isAsync;
  }

  /** Returns `undefined` for a value that has no elements. */
  static of<T>(source: Source<T>): SourceReader<T> | undefined {
    if (typeof source !== 'object' || source === null) return undefined;
    if ('getReader' in source) return new SourceReader(pullStream(source as unknown as WebStream<T>), true);
    if (Symbol.asyncIterator in source) return new SourceReader(pullAsync(source), true);
    if (Symbol.iterator in source) return new SourceReader(pullSync(source), false);
    return undefined;
  }

  /**
   * Calls `take` with each element, and waits if it returns a promise; resolves with their number. If `take` throws,
   * the source is closed before the returned promise rejects.
   */
  async forEach(take: (element: T) => void | Promise<void>): Promise<number> {
    const pull = this.#pull;
    for (let count = 0; ; count++) {
      const next = pull.next();
      const { done, value } = this.#isAsync ? await next : (next as IteratorResult<T, unknown>);
      if (done) this.#isOpen = false;
      if (!this.#isOpen) return count;
      try {
        const waiting = take(value as T);
        if (waiting !== undefined) await waiting;
      } catch (error) {
        await this.#close(error);
        throw error;
      }
    }
  }

  /** Closes the source, and ends {@link forEach} with its next element, if that ever comes. */
  giveUp(reason: unknown): void {
    // Not awaited: the source may hang, which may be why it is given up.
    void this.#close(reason);
  }

  async #close(reason: unknown): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      await this.#pull.close(reason);
    } catch {
      // The reason for closing is the error to report.
    }
  }
}

function pullSync<T>(source: Iterable<T>): Pull<T> {
  const iterator = source[Symbol.iterator]();
  return { next: () => iterator.next(), close: () => iterator.return?.() };
}

function pullAsync<T>(source: AsyncIterable<T>): Pull<T> {
  const iterator = source[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    close() {
      const closed = iterator.return?.();
      // While an element of a Node stream is awaited, its iterator can't be closed: the stream can.
      const { pipe, destroy } = source as { readonly pipe?: unknown; destroy?(): void };
      if (typeof pipe === 'function' && typeof destroy === 'function') destroy.call(source);
      return closed;
    },
  };
}

/** Unlike its iterator, which not every browser has, a stream's reader can be closed while an element is awaited. */
function pullStream<T>(source: WebStream<T>): Pull<T> {
  const reader = source.getReader();
  return {
    async next() {
      const result = await reader.read();
      if (result.done) reader.releaseLock();
      return result;
    },
    close: (reason) => reader.cancel(reason),
  };
}
