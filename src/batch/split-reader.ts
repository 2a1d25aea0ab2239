import type { StoreInfo } from '../store/manifest/describe-store.ts';
import type { StoreReader } from '../store/read/store-reader.ts';
import type { Split } from './split.ts';

/** Reads the entries of a split, in key order. Made by {@link readSplit}. */
export class SplitReader<K = unknown, V = unknown> {
  readonly split: Split;
  readonly #reader: StoreReader<K, V>;
  readonly #signal: AbortSignal | undefined;
  #visited = 0;

  /** @internal Use {@link readSplit}. */
  constructor(split: Split, reader: StoreReader<K, V>, signal: AbortSignal | undefined) {
    this.split = split;
    this.#reader = reader;
    this.#signal = signal;
  }

  /** The description of the store. */
  get info(): StoreInfo<K> {
    return this.#reader.info;
  }

  /** The share of the entries that the last iteration has yielded, from 0 to 1; 1 if there are none. */
  get progress(): number {
    return this.split.count === 0 ? 1 : this.#visited / this.split.count;
  }

  /** Yields the entries. @throws {CairnError} `CORRUPTION`, `IO`, `CLOSED`; the signal's reason. */
  async *entries(): AsyncIteratorObject<[K, V], undefined> {
    this.#visited = 0;
    const { from, count } = this.split;
    if (count === 0) return;
    const signal = this.#signal;
    const first = await this.#reader.at(from, { signal });
    if (first === undefined) return;
    for await (const entry of this.#reader.entries({ gte: first[0], limit: count, signal })) {
      this.#visited++;
      yield entry;
    }
  }

  /** Yields the entries in arrays of `size` (default: 1000; the last one may be shorter). */
  async *batches(size = 1000): AsyncIteratorObject<[K, V][], undefined> {
    let batch: [K, V][] = [];
    for await (const entry of this.entries()) {
      batch.push(entry);
      if (batch.length < size) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  /** Calls a function for each entry, and waits for the promises that it returns. */
  async forEach(visit: (key: K, value: V) => void | Promise<void>): Promise<void> {
    for await (const [key, value] of this.entries()) {
      const waiting = visit(key, value);
      if (waiting !== undefined) await waiting;
    }
  }

  /** Closes the store. Calling it twice is a no-op. */
  close(): Promise<void> {
    return this.#reader.close();
  }
}
