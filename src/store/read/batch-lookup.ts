import { KeyBuffer } from '../../bytes/key-buffer.ts';
import { FOUND, MISSING } from '../../partition/cache/outcome.ts';
import type { EntryDecoder } from './entry-decoder.ts';
import type { PartitionSet } from './partition-set.ts';

/** Keys of one batch, and the bytes that each may have in it. */
const BATCH_KEYS = 32;
const BATCH_KEY_BYTES = 256;

/** Marks a key that is too long for a batch and is looked up alone. */
const TOO_LONG = -2;

/** Memory for one batch. */
class KeyBatch {
  readonly buffers: readonly KeyBuffer[] = Array.from(
    { length: BATCH_KEYS },
    () => new KeyBuffer(BATCH_KEY_BYTES),
  );
  readonly hashes: Int32Array = new Int32Array(BATCH_KEYS);
  /** The partition of each key; −1 if it can't be in any. */
  readonly numbers: Int32Array = new Int32Array(BATCH_KEYS);
  /** Where the entry of each key most likely lies. */
  readonly places: Int32Array = new Int32Array(BATCH_KEYS);
  /** Combines what the touching reads return, so that the compiler does not remove them. */
  touched = 0;
}

/**
 * Looks keys up in batches, phase by phase: all hashes, all slots, all entries, then the comparisons. The
 * cache misses of one phase don't wait for each other, as those of one look-up do.
 */
export class BatchLookup<K, V> {
  readonly #set: PartitionSet;
  readonly #decoder: EntryDecoder<K, V>;
  #idle: KeyBatch | undefined;

  constructor(set: PartitionSet, decoder: EntryDecoder<K, V>) {
    this.#set = set;
    this.#decoder = decoder;
  }

  /**
   * Fills in the answers for keys that are found in memory: their values with `values`, else `true`. `other`
   * is called with the positions of keys that may be elsewhere.
   */
  fill(
    answers: (V | boolean | undefined)[],
    keys: readonly K[],
    values: boolean,
    mayRead: boolean,
    other: (position: number) => void,
  ): void {
    // A user-defined codec may look something up while it decodes a value: that uses another batch.
    const batch = this.#idle ?? new KeyBatch();
    this.#idle = undefined;
    for (let start = 0; start < keys.length; start += BATCH_KEYS) {
      const count = Math.min(BATCH_KEYS, keys.length - start);
      this.#prepare(batch, keys, start, count);
      this.#take(batch, answers, values, start, count, mayRead, other);
    }
    this.#idle = batch;
  }

  #prepare(batch: KeyBatch, keys: readonly K[], start: number, count: number): void {
    const { partitions } = this.#set;
    const { hashes, numbers, places } = batch;
    const codec = this.#decoder.keys;
    for (let i = 0; i < count; i++) {
      const buffer = batch.buffers[i];
      const length = codec.encodeInto(keys[start + i], buffer.bytes);
      // A key that is too long for the batch is looked up alone; an empty one isn't in any store.
      buffer.length = length <= BATCH_KEY_BYTES ? length : 0;
      const number = buffer.length === 0 ? -1 : this.#set.find(buffer.bytes, length);
      numbers[i] = length <= BATCH_KEY_BYTES ? number : TOO_LONG;
      if (number >= 0) hashes[i] = buffer.hash();
    }
    let touched = 0;
    for (let i = 0; i < count; i++) {
      if (numbers[i] >= 0) touched ^= partitions[numbers[i]].touchSlot(hashes[i]);
    }
    for (let i = 0; i < count; i++) {
      if (numbers[i] >= 0) places[i] = partitions[numbers[i]].candidate(hashes[i]);
    }
    for (let i = 0; i < count; i++) {
      if (numbers[i] >= 0) touched ^= partitions[numbers[i]].touchData(places[i]);
    }
    batch.touched = touched;
  }

  #take(
    batch: KeyBatch,
    answers: (V | boolean | undefined)[],
    values: boolean,
    start: number,
    count: number,
    mayRead: boolean,
    other: (position: number) => void,
  ): void {
    const { partitions } = this.#set;
    for (let i = 0; i < count; i++) {
      const number = batch.numbers[i];
      if (number === TOO_LONG) other(start + i);
      if (number < 0) continue;
      const partition = partitions[number];
      const outcome = partition.lookup(batch.buffers[i], batch.hashes[i], undefined, mayRead);
      if (outcome === FOUND) {
        answers[start + i] = values ? this.#decoder.found(partition, batch.buffers[i].length) : true;
      } else if (outcome === MISSING) other(start + i);
    }
  }
}
