import type { KeyBuffer } from '../../bytes/key-buffer.ts';
import { viewOf } from '../../bytes/view-of.ts';
import { asText, invalidArgument } from '../../errors.ts';
import { MISSING } from '../../partition/cache/outcome.ts';
import type { PartitionReader, PinnedBlock } from '../../partition/cache/partition-reader.ts';
import { signalOf, type WaitOptions } from '../../wait-options.ts';
import { type EncodedKey, encodeKey } from './encode-key.ts';
import type { EntryDecoder } from './entry-decoder.ts';
import type { ReaderLife } from './interruption.ts';
import { INCOMPLETE_STEP, type PartitionSet } from './partition-set.ts';
import type { EncodedRange } from './range.ts';

/** Computes a query's result, or {@link INCOMPLETE_STEP} if something must be loaded before the next attempt. */
export type Attempt<R> = (pinned: readonly PinnedBlock[]) => R | typeof INCOMPLETE_STEP;

/**
 * The queries of order: the rank of a key, the entry at a rank, the neighbours of a key. Each is an {@link Attempt},
 * which {@link run} and {@link runSync} repeat until nothing is missing.
 */
export class OrderQueries<K, V> {
  readonly #set: PartitionSet;
  readonly #decoder: EntryDecoder<K, V>;
  readonly #key: KeyBuffer;
  readonly #life: ReaderLife;

  /** Keys are encoded in `key`. */
  constructor(set: PartitionSet, decoder: EntryDecoder<K, V>, key: KeyBuffer, life: ReaderLife) {
    this.#set = set;
    this.#decoder = decoder;
    this.#key = key;
    this.#life = life;
  }

  rank(key: K): Attempt<number> {
    const { bytes, isCut } = this.#encode(key);
    return (pinned) => this.#set.rank(bytes, isCut, pinned);
  }

  floor(key: K): Attempt<[K, V] | undefined> {
    const { bytes } = this.#encode(key);
    return (pinned) => {
      const upTo = this.#set.rank(bytes, true, pinned);
      if (upTo === INCOMPLETE_STEP) return INCOMPLETE_STEP;
      return upTo === 0 ? undefined : this.#entryAt(upTo - 1, pinned);
    };
  }

  ceiling(key: K): Attempt<[K, V] | undefined> {
    const { bytes, isCut } = this.#encode(key);
    return (pinned) => {
      const before = this.#set.rank(bytes, isCut, pinned);
      if (before === INCOMPLETE_STEP) return INCOMPLETE_STEP;
      return before === this.#set.count ? undefined : this.#entryAt(before, pinned);
    };
  }

  at(index: number): Attempt<[K, V] | undefined> {
    if (!Number.isSafeInteger(index))
      throw invalidArgument('index', `index must be an integer, not ${asText(index)}`);
    this.#life.assertOpen();
    const { count } = this.#set;
    const rank = index < 0 ? count + index : index;
    return (pinned) => (rank < 0 || rank >= count ? undefined : this.#entryAt(rank, pinned));
  }

  count({ lower, upper, limit, signal }: EncodedRange): Attempt<number> {
    signal?.throwIfAborted();
    return (pinned) => {
      const set = this.#set;
      const from = lower === undefined ? 0 : set.rank(lower.key, !lower.inclusive, pinned);
      if (from === INCOMPLETE_STEP) return INCOMPLETE_STEP;
      const to = upper === undefined ? set.count : set.rank(upper.key, upper.inclusive, pinned);
      if (to === INCOMPLETE_STEP) return INCOMPLETE_STEP;
      return Math.min(Math.max(0, to - from), limit);
    };
  }

  /** Begins a query and repeats its attempt, loading what is missing. */
  async run<R>(begin: () => Attempt<R>, options?: WaitOptions): Promise<R> {
    const signal = signalOf(options);
    const attempt = begin();
    const pinned: PinnedBlock[] = [];
    for (;;) {
      const result = attempt(pinned);
      if (result !== INCOMPLETE_STEP) return result as R;
      const block = await (this.#set.partition as PartitionReader).load(signal);
      if (block !== undefined) pinned.push(block);
      this.#life.assertOpen();
    }
  }

  /** {@link run} without waiting. */
  runSync<R>(attempt: Attempt<R>): R {
    const pinned: PinnedBlock[] = [];
    for (;;) {
      const result = attempt(pinned);
      if (result !== INCOMPLETE_STEP) return result as R;
      const block = (this.#set.partition as PartitionReader).loadSync();
      if (block !== undefined) pinned.push(block);
    }
  }

  #entryAt(rank: number, pinned: readonly PinnedBlock[]): [K, V] | typeof INCOMPLETE_STEP {
    const set = this.#set;
    if (set.entryAt(rank, pinned) === MISSING) return INCOMPLETE_STEP;
    const { cursor } = set;
    const partition = set.partition as PartitionReader;
    const view = viewOf(cursor.bytes);
    return [
      this.#decoder.key(partition, cursor.bytes, view, cursor.keyStart, cursor.keyEnd),
      this.#decoder.value(partition, cursor.bytes, view, cursor.keyStart, cursor.keyEnd, cursor.valueEnd),
    ];
  }

  #encode(key: K): EncodedKey {
    this.#life.assertOpen();
    return encodeKey(key, this.#decoder.keys, this.#key);
  }
}
