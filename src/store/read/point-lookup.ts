import { copyBytes } from '../../bytes/copy-bytes.ts';
import { type KeyBuffer, MAX_KEY_BYTES } from '../../bytes/key-buffer.ts';
import { invalidArgument } from '../../errors.ts';
import { ABSENT, FOUND, MISSING } from '../../partition/cache/outcome.ts';
import type { PartitionReader, PinnedBlock } from '../../partition/cache/partition-reader.ts';
import type { ReadCounter } from '../../partition/read-counter.ts';
import { signalOf, type WaitOptions } from '../../wait-options.ts';
import { BatchLookup } from './batch-lookup.ts';
import type { EntryDecoder } from './entry-decoder.ts';
import type { ReaderLife } from './interruption.ts';
import type { PartitionSet } from './partition-set.ts';

const NOTHING: Promise<undefined> = Promise.resolve(undefined);
const NO: Promise<boolean> = Promise.resolve(false);
const YES: Promise<boolean> = Promise.resolve(true);

/** A value, or whether the key is there. */
type Answer<V> = V | boolean | undefined;

/**
 * The look-ups of single keys. A step searches what is in memory; if something is missing there, it is loaded and the
 * step is repeated.
 */
export class PointLookup<K, V> {
  readonly #set: PartitionSet;
  readonly #decoder: EntryDecoder<K, V>;
  readonly #key: KeyBuffer;
  readonly #counter: ReadCounter;
  readonly #life: ReaderLife;
  readonly #batch: BatchLookup<K, V>;
  /** The partition of the last step, if it was found or missing. */
  #found: PartitionReader | undefined;

  /** Keys are encoded in `key`. */
  constructor(
    set: PartitionSet,
    decoder: EntryDecoder<K, V>,
    key: KeyBuffer,
    counter: ReadCounter,
    life: ReaderLife,
  ) {
    this.#set = set;
    this.#decoder = decoder;
    this.#key = key;
    this.#counter = counter;
    this.#life = life;
    this.#batch = new BatchLookup(set, decoder);
  }

  get(key: K, options: WaitOptions | undefined): Promise<V | undefined> {
    return this.#answer(key, options, true) as Promise<V | undefined>;
  }

  getSync(key: K): V | undefined {
    return this.hasSync(key) ? this.#value() : undefined;
  }

  has(key: K, options: WaitOptions | undefined): Promise<boolean> {
    return this.#answer(key, options, false) as Promise<boolean>;
  }

  hasSync(key: K): boolean {
    const outcome = this.#find(key, true);
    return outcome === FOUND || (outcome === MISSING && this.#findNow());
  }

  getMany(keys: Iterable<K>, options: WaitOptions | undefined): Promise<(V | undefined)[]> {
    return this.#many(keys, options, true) as Promise<(V | undefined)[]>;
  }

  getManySync(keys: Iterable<K>): (V | undefined)[] {
    return this.#manySync(keys, true) as (V | undefined)[];
  }

  hasMany(keys: Iterable<K>, options: WaitOptions | undefined): Promise<boolean[]> {
    return this.#many(keys, options, false) as Promise<boolean[]>;
  }

  hasManySync(keys: Iterable<K>): boolean[] {
    return this.#manySync(keys, false) as boolean[];
  }

  /** The answers of {@link getMany} with `values`, else of {@link hasMany}. */
  async #many(keys: Iterable<K>, options: WaitOptions | undefined, values: boolean): Promise<Answer<V>[]> {
    signalOf(options);
    const list = arrayOf(keys);
    const answers = new Array<Answer<V>>(list.length).fill(values ? undefined : false);
    const missing: number[] = [];
    this.#life.assertOpen();
    this.#batch.fill(answers, list, values, false, (position) => missing.push(position));
    this.#counter.lookups += list.length - missing.length;
    // Neighbours in the file are read together, and what one of them loads may serve the next.
    await Promise.all(
      missing.map(async (position) => {
        const key = list[position];
        answers[position] = await (values ? this.get(key, options) : this.has(key, options));
      }),
    );
    return answers;
  }

  #manySync(keys: Iterable<K>, values: boolean): Answer<V>[] {
    const list = arrayOf(keys);
    const answers = new Array<Answer<V>>(list.length).fill(values ? undefined : false);
    this.#life.assertOpen();
    const { lookups } = this.#counter;
    this.#batch.fill(answers, list, values, true, (position) => {
      const key = list[position];
      answers[position] = values ? this.getSync(key) : this.hasSync(key);
    });
    this.#counter.lookups = lookups + list.length;
    return answers;
  }

  /** The answer of {@link get} with `value`, else of {@link has}. */
  #answer(key: K, options: WaitOptions | undefined, value: boolean): Promise<Answer<V>> {
    try {
      const signal = options === undefined ? undefined : signalOf(options);
      const outcome = this.#find(key, false);
      if (outcome === MISSING) return this.#findLater(value, signal);
      if (outcome === FOUND) return value ? Promise.resolve(this.#value()) : YES;
      return value ? NOTHING : NO;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #find(key: K, mayRead: boolean): typeof ABSENT | typeof FOUND | typeof MISSING {
    this.#life.assertOpen();
    this.#counter.lookups++;
    const buffer = this.#key;
    const length = this.#decoder.keys.encodeInto(key, buffer.bytes);
    // What can't be a key of any store is not there; an empty key is absent, too.
    if (length === 0 || length > MAX_KEY_BYTES) return ABSENT;
    buffer.length = length;
    return this.#step(undefined, mayRead);
  }

  #step(
    pinned: readonly PinnedBlock[] | undefined,
    mayRead: boolean,
  ): typeof ABSENT | typeof FOUND | typeof MISSING {
    const buffer = this.#key;
    const number = this.#set.find(buffer.bytes, buffer.length);
    if (number < 0) return ABSENT;
    const partition = this.#set.partitions[number];
    this.#found = partition;
    return partition.lookup(buffer, buffer.hash(), pinned, mayRead);
  }

  #value(): V {
    return this.#decoder.found(this.#found as PartitionReader, this.#key.length);
  }

  /** Loads what the key in the buffer needs, until it is found (true) or not. */
  #findNow(): boolean {
    this.#counter.misses++;
    const pinned: PinnedBlock[] = [];
    for (;;) {
      const block = (this.#found as PartitionReader).loadSync();
      if (block !== undefined) pinned.push(block);
      const outcome = this.#step(pinned, true);
      if (outcome !== MISSING) return outcome === FOUND;
    }
  }

  /**
   * Loads what the key in the buffer needs, and answers as {@link get} with `value`, else as {@link has}. The value is
   * decoded in the same turn as the last step, because the next call's step replaces what the value is read from.
   */
  async #findLater(value: boolean, signal: AbortSignal | undefined): Promise<Answer<V>> {
    this.#counter.misses++;
    // Other calls use the buffer while this one waits.
    const key = this.#key.copy();
    const pinned: PinnedBlock[] = [];
    for (;;) {
      const block = await (this.#found as PartitionReader).load(signal);
      if (block !== undefined) pinned.push(block);
      this.#life.assertOpen();
      this.#key.set(key);
      const outcome = this.#step(pinned, false);
      if (outcome === FOUND) return value ? this.#value() : true;
      if (outcome === ABSENT) return value ? undefined : false;
    }
  }
}

/** The keys of a call, in an array. @throws {CairnError} `INVALID_ARGUMENT`. */
export function arrayOf<K>(keys: Iterable<K>): readonly K[] {
  if (Array.isArray(keys)) return keys;
  if (typeof keys !== 'object' || keys === null || !(Symbol.iterator in keys)) {
    throw invalidArgument('keys', 'keys must be an array or another iterable');
  }
  // A source may use one buffer again and again: its keys are copied as they come.
  return Array.from(keys, (key) =>
    key instanceof Uint8Array ? (copyBytes(key, 0, key.length) as typeof key) : key,
  );
}
