import type { StoreReader } from '../store/read/store-reader.ts';
import type { SplitBatch, SplitInfo, SplitSource } from './input-kinds.ts';
import type { StoreSplit } from './split.ts';

/** How a part of a store is read. */
export interface StoreReading {
  readonly signal: AbortSignal | undefined;
  /** Whether it may read without promises: nothing else waits in this thread. */
  readonly mayBlock?: boolean;
  /** Whether the store stays open when the split is closed. */
  readonly keepsOpen?: boolean;
}

/** Reads the entries of a store's split. */
export class StoreSource<K, V> implements SplitSource<K, V> {
  readonly #split: StoreSplit;
  readonly #reader: StoreReader<K, V>;
  readonly #reading: StoreReading;

  constructor(split: StoreSplit, reader: StoreReader<K, V>, reading: StoreReading) {
    this.#split = split;
    this.#reader = reader;
    this.#reading = reading;
  }

  get info(): SplitInfo {
    return this.#reader.info;
  }

  async *batches(size: number): AsyncIterable<SplitBatch<K, V>> {
    const { from, count } = this.#split;
    const { signal, mayBlock } = this.#reading;
    const first = count === 0 ? undefined : await this.#reader.at(from, { signal });
    if (first === undefined) return;
    const range = { gte: first[0], limit: count, signal };
    const batches = mayBlock
      ? this.#reader.batchesSync(range, { size })
      : this.#reader.batches(range, { size });
    for await (const entries of batches) yield { entries };
  }

  async close(): Promise<void> {
    if (!this.#reading.keepsOpen) await this.#reader.close();
  }
}
