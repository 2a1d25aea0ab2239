import { checkOptions } from '../../check-options.ts';
import type { KeyCodec } from '../../codec/keys/key-codec.ts';
import type { ValueCodec } from '../../codec/values/value-codec.ts';
import { CairnError, invalidArgument } from '../../errors.ts';
import type { Progress } from '../../progress.ts';
import type { StoreInfo } from '../manifest/describe-store.ts';
import type { EntrySink } from './entry-sink.ts';

/** What becomes of a writer's files in the end. */
export interface WriterOutcome<K> {
  readonly commit: (onProgress: CloseOptions['onProgress']) => Promise<StoreInfo<K>>;
  readonly cleanUp: () => Promise<void>;
  /** What `close()` answers after `cancel()`. */
  readonly nothing: StoreInfo<K>;
}

/** How a writer is closed. */
export interface CloseOptions {
  /** With `sort`, where closing takes long, is called from time to time with the entries that are in their place. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

type State = 'open' | 'closing' | 'closed' | 'cancelled';

/**
 * Writes a store, entry by entry in ascending key order. Made by {@link createStore}.
 *
 * Keys and values are copied or encoded at once: the caller may reuse its buffers. A refused `put` leaves the
 * writer as it was.
 */
export class StoreWriter<K, V> {
  /** The store's URI. */
  readonly uri: string;
  readonly #sink: EntrySink;
  readonly #keys: KeyCodec<K>;
  readonly #values: ValueCodec<V>;
  readonly #outcome: WriterOutcome<K>;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => {
    // The next call reports the reason; a failure to clean up is left to sweep.
    this.cancel().catch(() => undefined);
  };
  #state: State = 'open';
  #ending: Promise<StoreInfo<K>> | undefined;
  #cancelling: Promise<void> | undefined;

  /** @internal Use {@link createStore}. */
  constructor(
    uri: string,
    sink: EntrySink,
    keys: KeyCodec<K>,
    values: ValueCodec<V>,
    outcome: WriterOutcome<K>,
    signal: AbortSignal | undefined,
  ) {
    this.uri = uri;
    this.#sink = sink;
    this.#keys = keys;
    this.#values = values;
    this.#outcome = outcome;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Entries put so far, those with equal keys included. */
  get count(): number {
    return this.#sink.entries;
  }

  /**
   * Adds an entry. About 0.2 µs for small ones.
   *
   * Returns a promise only when the caller should wait for the storage: `const wait = writer.put(k, v); if (wait)
   * await wait;`. A caller that never waits is correct too, but its process may open more files at once.
   *
   * @throws {CairnError} at once: `INVALID_ARGUMENT` (type, empty key, a value that can't be kept exactly or does not
   *   meet the schema),
   *   `KEY_ORDER`, `DUPLICATE_KEY`, `TOO_LARGE`, with the writer unchanged; `CLOSED`; `IO` and `CONFLICT` from the
   *   storage.
   */
  put(key: K, value: V): void | Promise<void> {
    if (this.#state !== 'open') this.#refuseEnded();
    const sink = this.#sink;
    const target = sink.key;
    target.length = this.#keys.encodeInto(key, target.bytes);
    sink.checkKey();
    return sink.add(this.#values.encode(value));
  }

  /**
   * Puts every `[key, value]` of an iterable or async iterable, waiting where needed; resolves with their number.
   *
   * @throws {CairnError} (as a rejection) what `put` throws; the entries before are put.
   */
  async putAll(entries: Iterable<readonly [K, V]> | AsyncIterable<readonly [K, V]>): Promise<number> {
    let count = 0;
    if (isIterable(entries, Symbol.asyncIterator)) {
      for await (const entry of entries as AsyncIterable<readonly [K, V]>) {
        const waiting = this.#putPair(entry);
        if (waiting !== undefined) await waiting;
        count++;
      }
    } else {
      if (!isIterable(entries, Symbol.iterator)) throw noPairs();
      for (const entry of entries as Iterable<readonly [K, V]>) {
        const waiting = this.#putPair(entry);
        if (waiting !== undefined) await waiting;
        count++;
      }
    }
    return count;
  }

  /**
   * Makes the store complete: the commit point. Calling it again gives the same answer; after `cancel()` it
   * completes nothing and describes an empty store.
   *
   * A writer with `sort` does half of its work here; its signal still cancels that.
   *
   * @throws {CairnError} (as a rejection) `ALREADY_EXISTS` when another writer was first, `IO`, `CONFLICT`; with
   *   `sort`, `DUPLICATE_KEY`. The writer has then removed its files.
   */
  close(options: CloseOptions = {}): Promise<StoreInfo<K>> {
    try {
      checkOptions(options, ['onProgress']);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#ending ??= this.#close(options);
    return this.#ending;
  }

  /** Removes what was written; the URI can be created again. A no-op after `close()` and when called twice. */
  cancel(): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve();
    if (this.#state === 'closing') {
      return this.close().then(
        () => undefined,
        () => undefined,
      );
    }
    this.#cancelling ??= this.#cancel();
    return this.#cancelling;
  }

  /** Cancels unless closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel();
  }

  #putPair(entry: readonly [K, V]): void | Promise<void> {
    if (!Array.isArray(entry) || entry.length !== 2) throw noPairs();
    return this.put(entry[0], entry[1]);
  }

  async #close(options: CloseOptions): Promise<StoreInfo<K>> {
    if (this.#state === 'cancelled') {
      await this.#cancelling;
      this.#signal?.throwIfAborted();
      return this.#outcome.nothing;
    }
    this.#state = 'closing';
    this.#signal?.removeEventListener('abort', this.#onAbort);
    try {
      const info = await this.#outcome.commit(options.onProgress);
      this.#state = 'closed';
      return info;
    } catch (error) {
      this.#state = 'cancelled';
      // The first error is the one to report; what can't be removed now is found by sweep.
      await this.#outcome.cleanUp().catch(() => undefined);
      throw error;
    }
  }

  async #cancel(): Promise<void> {
    this.#state = 'cancelled';
    this.#signal?.removeEventListener('abort', this.#onAbort);
    await this.#outcome.cleanUp();
  }

  #refuseEnded(): never {
    this.#signal?.throwIfAborted();
    throw new CairnError(
      'CLOSED',
      `the writer of ${this.uri} is ${this.#state}; put entries before close()`,
      { resource: 'writer' },
    );
  }
}

function isIterable(value: unknown, symbol: typeof Symbol.iterator | typeof Symbol.asyncIterator): boolean {
  return typeof value === 'object' && value !== null && symbol in value;
}

function noPairs(): CairnError {
  return invalidArgument('entries', 'putAll takes an iterable or async iterable of [key, value]');
}
