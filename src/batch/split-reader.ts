import { asText, invalidArgument } from '../errors.ts';
import type { SplitInfo, SplitSource } from './input-kinds.ts';
import type { Split } from './split.ts';

/** Entries that are read together by default. */
const BATCH_SIZE = 1000;

/** Reads the entries of a split: in key order, or those of a file in its order. Made by {@link readSplit}. */
export class SplitReader<K = unknown, V = unknown> {
  readonly split: Split;
  readonly #source: SplitSource<K, V>;
  #visited = 0;

  /** @internal Use {@link readSplit}. */
  constructor(split: Split, source: SplitSource<K, V>) {
    this.split = split;
    this.#source = source;
  }

  /** What is known of the input: its encodings and metadata. */
  get info(): SplitInfo {
    return this.#source.info;
  }

  /** The part that the last iteration has yielded, from 0 to 1; 1 if there are no entries. */
  get progress(): number {
    const { count } = this.split;
    return count === 0 ? 1 : Math.min(1, (this.#source.done ?? this.#visited) / count);
  }

  /** Yields the entries. @throws {CairnError} `CORRUPTION`, `IO`, `CLOSED`; the signal's reason. */
  async *entries(): AsyncIteratorObject<[K, V], undefined> {
    this.#visited = 0;
    for await (const { entries } of this.#source.batches(BATCH_SIZE)) {
      for (const entry of entries) {
        this.#visited++;
        yield entry;
      }
    }
  }

  /** Yields the entries in arrays of `size` (default: 1000; some may be shorter). */
  async *batches(size: number = BATCH_SIZE): AsyncIteratorObject<[K, V][], undefined> {
    if (!Number.isSafeInteger(size) || size < 1)
      throw invalidArgument('size', `size must be a positive integer, not ${asText(size)}`);
    this.#visited = 0;
    for await (const { entries } of this.#source.batches(size)) {
      this.#visited += entries.length;
      yield entries;
    }
  }

  /** Calls a function for each entry, and waits for the promises that it returns. */
  async forEach(visit: (key: K, value: V) => void | Promise<void>): Promise<void> {
    for await (const batch of this.batches()) {
      for (const [key, value] of batch) {
        const waiting = visit(key, value);
        if (waiting !== undefined) await waiting;
      }
    }
  }

  /** Closes the input. Calling it twice is a no-op. */
  close(): Promise<void> {
    return this.#source.close();
  }
}
