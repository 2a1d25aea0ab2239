/// <reference lib="esnext.disposable" preserve="true" />
import { checkOptions } from '../../check-options.ts';
import type { KeyCodec } from '../../codec/keys/key-codec.ts';
import type { ValueCodec } from '../../codec/values/value-codec.ts';
import { CairnError, invalidArgument } from '../../errors.ts';
import type { Progress } from '../../progress.ts';
import type { StoreInfo } from '../manifest/describe-store.ts';
import type { EntrySink } from './entry-sink.ts';
import { type Source, SourceReader } from './source-reader.ts';

/** What becomes of a writer's files in the end. */
export interface WriterOutcome<K> {
  readonly commit: (onProgress: CloseOptions['onProgress']) => Promise<StoreInfo<K>>;
  /** Removes the files; whoever waits for the writer's files is told the reason. */
  readonly cleanUp: (reason: unknown) => Promise<void>;
  /** What `close()` answers after `cancel()`. */
  readonly nothing: StoreInfo<K>;
}

/** How a writer is closed. */
export interface CloseOptions {
  /**
   * Called with the number of entries that are in their place: from time to time with `sort`, where that is half of the
   * work, and once all of them are durable, just before the commit.
   */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Names of methods that are not for users. */
export const READ_ALL: unique symbol = Symbol('readAll');
export const ABANDON: unique symbol = Symbol('abandon');

/** While the writer is `adding`, its memory holds half of an entry. */
type State = 'open' | 'adding' | 'closing' | 'closed' | 'cancelled';

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
  /** Why a chain of calls cancelled the writer. */
  #failure: { readonly reason: unknown } | undefined;
  /** Calls of `putAll` that have not ended: each is called with the reason if the writer ends first. */
  readonly #reading = new Set<(reason: unknown) => void>();

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
   * The value is encoded before the key. A schema, a codec or a getter that runs meanwhile may put other entries:
   * they come first. While the key is encoded, the writer refuses them.
   *
   * @throws {CairnError} at once: `INVALID_ARGUMENT` (type, empty key, a value that can't be kept exactly or does not
   *   meet the schema, a call from within the encoding of a key),
   *   `KEY_ORDER`, `DUPLICATE_KEY`, `TOO_LARGE`, with the writer unchanged; `CLOSED`; `IO` and `CONFLICT` from the
   *   storage.
   */
  put(key: K, value: V): void | Promise<void> {
    if (this.#state !== 'open') this.#refuse();
    const bytes = this.#values.encode(value);
    // The caller's code that encoded the value may have ended the writer.
    if (this.#state !== 'open') this.#refuse();
    this.#state = 'adding';
    try {
      const sink = this.#sink;
      const target = sink.key;
      target.length = this.#keys.encodeInto(key, target.bytes);
      if (this.#state !== 'adding') this.#refuse();
      return sink.add(bytes);
    } finally {
      if (this.#state === 'adding') this.#state = 'open';
    }
  }

  /**
   * Puts every `[key, value]` of an iterable, async iterable or `ReadableStream`, waiting where needed; resolves with
   * their number. If the writer ends first (by its signal, `cancel()` or `close()`), the source is closed, which the
   * call does not wait for.
   *
   * @throws {CairnError} (as a rejection) what `put` throws; the entries before are put. `CLOSED`, or the signal's
   *   reason, as soon as the writer ends.
   */
  async putAll(entries: Source<readonly [K, V]>): Promise<number> {
    const source = SourceReader.of(entries);
    if (source === undefined) throw noPairs();
    return this[READ_ALL](source, (entry) => this.#putPair(entry));
  }

  /**
   * Calls `take` with every element of a source, until either the source or the writer ends.
   *
   * @internal
   */
  [READ_ALL]<T>(source: SourceReader<T>, take: (element: T) => void | Promise<void>): Promise<number> {
    return new Promise((resolve, reject) => {
      const stop = (reason: unknown): void => {
        reject(reason);
        source.giveUp(reason);
      };
      if (this.#isEnded()) {
        stop(this.#reason());
        return;
      }
      this.#reading.add(stop);
      source
        .forEach(take)
        .then(resolve, reject)
        .finally(() => this.#reading.delete(stop));
    });
  }

  /**
   * Makes the store complete: the commit point. Calling it again gives the same answer; after `cancel()` it
   * completes nothing and describes an empty store.
   *
   * A writer with `sort` does half of its work here. The signal cancels until the commit begins.
   *
   * @throws {CairnError} (as a rejection) `ALREADY_EXISTS` when another writer was first, `IO`, `CONFLICT`; with
   *   `sort`, `DUPLICATE_KEY`. The writer has then removed its files.
   */
  close(options: CloseOptions = {}): Promise<StoreInfo<K>> {
    let own: CloseOptions;
    try {
      own = checkOptions(options, ['onProgress']);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#ending ??= this.#close(own);
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

  /**
   * Cancels because a call in a chain failed: the calls after it fail with the same error.
   *
   * @internal
   */
  async [ABANDON](reason: unknown): Promise<void> {
    if (this.#isEnded()) return;
    this.#failure = { reason };
    await this.cancel();
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
      if (this.#failure !== undefined) throw this.#failure.reason;
      return this.#outcome.nothing;
    }
    await this.#end('closing');
    try {
      const info = await this.#outcome.commit(options.onProgress);
      this.#state = 'closed';
      return info;
    } catch (error) {
      this.#state = 'cancelled';
      // The first error is the one to report; what can't be removed now is found by sweep.
      await this.#outcome.cleanUp(error).catch(() => undefined);
      throw error;
    }
  }

  async #cancel(): Promise<void> {
    await this.#end('cancelled');
    await this.#outcome.cleanUp(this.#reason());
  }

  /** Refuses further entries. Resolves when the entry that is being added, if there is one, is complete. */
  async #end(state: 'closing' | 'cancelled'): Promise<void> {
    this.#state = state;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    const reading = [...this.#reading];
    this.#reading.clear();
    for (const stop of reading) stop(this.#reason());
    // Adding is synchronous.
    await Promise.resolve();
  }

  #isEnded(): boolean {
    return this.#state !== 'open' && this.#state !== 'adding';
  }

  #refuse(): never {
    if (this.#isEnded()) throw this.#reason();
    throw invalidArgument(
      'key',
      'put was called while the key of another entry is being encoded: put the entry before or after that one',
    );
  }

  /** Why the writer takes no more entries. */
  #reason(): unknown {
    if (this.#signal?.aborted) return this.#signal.reason;
    if (this.#failure !== undefined) return this.#failure.reason;
    return new CairnError(
      'CLOSED',
      `the writer of ${this.uri} is ${this.#state}; put entries before close()`,
      { resource: 'writer' },
    );
  }
}

function noPairs(): CairnError {
  return invalidArgument(
    'entries',
    'putAll takes an iterable, an async iterable or a ReadableStream of [key, value]',
  );
}
