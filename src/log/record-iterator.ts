import { AsyncIteratorBase } from '../store/read/iterator-bases.ts';
import type { LogRecord } from './log-record.ts';
import type { RecordDecoder } from './record-layout.ts';

type Entry = [key: Uint8Array, value: Uint8Array];
type Step = Promise<IteratorResult<LogRecord, undefined>>;

/** The entries of one range of a log's store, and the function that makes them records. */
export interface Stretch {
  readonly entries: AsyncIterator<Entry>;
  readonly decoder: RecordDecoder;
}

/** The range being read, and the next one, once that has been requested. */
interface Walk {
  readonly entries: AsyncIterator<Entry> | undefined;
  readonly take: (result: IteratorResult<Entry>) => IteratorResult<LogRecord, undefined> | Step;
  next: Promise<Walk | undefined> | undefined;
}

/**
 * Reads ranges one after the other, record by record. Written by hand: a generator would cost twice as much.
 */
export class RecordIterator
  extends AsyncIteratorBase
  implements AsyncIterableIterator<LogRecord>, AsyncDisposable
{
  readonly #stretches: AsyncIterator<Stretch, undefined>;
  #walk: Walk = { entries: undefined, take: nothing, next: undefined };
  #ended = false;
  readonly #onError = (error: unknown): Promise<never> => this.#fail(error);

  constructor(stretches: AsyncIterator<Stretch, undefined>) {
    super();
    this.#stretches = stretches;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  next(): Step {
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return this.#step(this.#walk);
  }

  /** Ends the reading. */
  async return(): Step {
    this.#ended = true;
    await this.#walk.entries?.return?.();
    await this.#stretches.return?.();
    return { value: undefined, done: true };
  }

  #step(walk: Walk): Step {
    if (walk.entries === undefined) return this.#goOn(walk);
    return walk.entries.next().then(walk.take, this.#onError);
  }

  /** Moves to the next range. Calls made while a range ends share the same step. */
  async #goOn(walk: Walk): Step {
    walk.next ??= this.#begin();
    const next = await walk.next.catch(this.#onError);
    return next === undefined || this.#ended ? { value: undefined, done: true } : this.#step(next);
  }

  async #begin(): Promise<Walk | undefined> {
    const { value } = await this.#stretches.next();
    if (value === undefined) {
      this.#ended = true;
      return undefined;
    }
    const { entries, decoder } = value;
    const walk: Walk = {
      entries,
      take: (result) => {
        if (result.done === true) return this.#goOn(walk);
        try {
          return { value: decoder.decode(result.value[0], result.value[1]), done: false };
        } catch (error) {
          return this.#fail(error);
        }
      },
      next: undefined,
    };
    this.#walk = walk;
    return walk;
  }

  async #fail(error: unknown): Promise<never> {
    await this.return();
    throw error;
  }
}

function nothing(): IteratorResult<LogRecord, undefined> {
  return { value: undefined, done: true };
}
