/// <reference lib="esnext.disposable" preserve="true" />
import { KeyBuffer, MAX_KEY_BYTES } from '../../bytes/key-buffer.ts';
import type { CairnError } from '../../errors.ts';
import { ABSENT, FOUND, MISSING, type Outcome } from '../../partition/cache/outcome.ts';
import type { PartitionReader } from '../../partition/cache/partition-reader.ts';
import { type BatchOptions, batchesOf, batchesOfSync, checkVisitor } from '../../store/read/entry-batches.ts';
import type { EntryDecoder } from '../../store/read/entry-decoder.ts';
import { AsyncEntries, SyncEntries, type Wanted } from '../../store/read/entry-iterators.ts';
import { Interruption, ReaderLife } from '../../store/read/interruption.ts';
import { arrayOf } from '../../store/read/point-lookup.ts';
import { type EncodedRange, EVERYTHING, encodeRange, type Range } from '../../store/read/range.ts';
import { signalOf, type WaitOptions } from '../../wait-options.ts';
import { countEntries, countEntriesSync } from './count-entries.ts';
import { LayeredLookup } from './layered-lookup.ts';
import { MergeDecoder, MergeScan } from './merge-scan.ts';
import type { OpenVersion } from './open-version.ts';

const NOTHING: Promise<undefined> = Promise.resolve(undefined);

/**
 * Reads one version of a collection: what a `Collection` and a `Snapshot` have in common. The methods are those of a
 * `StoreReader`, and keys and values belong to the caller as theirs do.
 *
 * An iterator keeps the version at which it began. Methods with the suffix `Sync` work where bytes can be had
 * synchronously (files, memory), and throw `UNSUPPORTED` elsewhere.
 */
export abstract class VersionReader<K, V> {
  /** The URI of the collection. */
  readonly uri: string;
  readonly #decoder: EntryDecoder<K, V>;
  readonly #lookup = new LayeredLookup();
  readonly #key = new KeyBuffer();
  readonly #life: ReaderLife;
  #version: OpenVersion;
  readonly #assertOpen = (): void => this.#life.assertOpen();

  /** @internal */
  constructor(uri: string, decoder: EntryDecoder<K, V>, version: OpenVersion, resource: string) {
    this.uri = uri;
    this.#decoder = decoder;
    this.#version = version;
    this.#life = new ReaderLife(uri, resource);
  }

  /** The number of the version that is read: from 1 on; 0 where nothing has been committed yet. */
  get version(): number {
    return this.#version.number;
  }

  // Points ---------------------------------------------------------------------------------------------------

  /**
   * The value of a key, or `undefined` when the collection doesn't have it. At most one block of each generation is read;
   * none when they are in memory.
   *
   * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `SCHEMA_MISMATCH`, `CORRUPTION`, `IO`, `CLOSED`.
   */
  get(key: K, options?: WaitOptions): Promise<V | undefined> {
    try {
      const signal = options === undefined ? undefined : signalOf(options);
      const outcome = this.#find(key, false);
      if (outcome === FOUND) return Promise.resolve(this.#foundValue());
      return outcome === ABSENT ? NOTHING : this.#later(() => this.#foundValue(), signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** {@link get} without waiting. */
  getSync(key: K): V | undefined {
    const outcome = this.#find(key, true);
    if (outcome === FOUND || (outcome === MISSING && this.#lookup.findNow(this.#version.generations))) {
      return this.#foundValue();
    }
    return undefined;
  }

  /** Whether the collection has a key. Costs what {@link get} costs. */
  has(key: K, options?: WaitOptions): Promise<boolean> {
    try {
      const signal = options === undefined ? undefined : signalOf(options);
      const outcome = this.#find(key, false);
      if (outcome !== MISSING) return Promise.resolve(outcome === FOUND);
      return this.#later(() => true, signal).then((found) => found === true);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** {@link has} without waiting. */
  hasSync(key: K): boolean {
    const outcome = this.#find(key, true);
    return outcome === FOUND || (outcome === MISSING && this.#lookup.findNow(this.#version.generations));
  }

  /** The values of many keys, in the order of the keys; `undefined` for the absent ones. All are of one version. */
  async getMany(keys: Iterable<K>, options?: WaitOptions): Promise<(V | undefined)[]> {
    signalOf(options);
    return Promise.all(Array.from(arrayOf(keys), (key) => this.get(key, options)));
  }

  /** {@link getMany} without waiting. */
  getManySync(keys: Iterable<K>): (V | undefined)[] {
    return Array.from(arrayOf(keys), (key) => this.getSync(key));
  }

  /** Whether the collection has each of many keys, in the order of the keys. */
  async hasMany(keys: Iterable<K>, options?: WaitOptions): Promise<boolean[]> {
    signalOf(options);
    return Promise.all(Array.from(arrayOf(keys), (key) => this.has(key, options)));
  }

  /** {@link hasMany} without waiting. */
  hasManySync(keys: Iterable<K>): boolean[] {
    return Array.from(arrayOf(keys), (key) => this.hasSync(key));
  }

  // Order ----------------------------------------------------------------------------------------------------

  /** The entry with the smallest key. Reads about a block of each generation, as the others of this section do. */
  first(options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.#one({}, options);
  }

  firstSync(): [K, V] | undefined {
    return this.#oneSync({});
  }

  /** The entry with the greatest key. */
  last(options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.#one({ reverse: true }, options);
  }

  lastSync(): [K, V] | undefined {
    return this.#oneSync({ reverse: true });
  }

  /** The entry with the greatest key ≤ `key`. */
  floor(key: K, options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.#one({ lte: key, reverse: true }, options);
  }

  floorSync(key: K): [K, V] | undefined {
    return this.#oneSync({ lte: key, reverse: true });
  }

  /** The entry with the smallest key ≥ `key`. */
  ceiling(key: K, options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.#one({ gte: key }, options);
  }

  ceilingSync(key: K): [K, V] | undefined {
    return this.#oneSync({ gte: key });
  }

  /**
   * The exact number of entries that `entries(range)` would yield. Reads the keys of all generations in the range but the
   * oldest one's, and looks each of them up there; of a compacted collection, at most a block at each end.
   */
  async count(range: Range<K> = {}): Promise<number> {
    const encoded = this.#encode(range);
    const version = this.#version.retain();
    try {
      return await countEntries(version.generations, encoded, this.#assertOpen);
    } finally {
      version.release();
    }
  }

  /** {@link count} without waiting. */
  countSync(range: Range<K> = {}): number {
    return countEntriesSync(this.#version.generations, this.#encode(range));
  }

  // Ranges ---------------------------------------------------------------------------------------------------

  /** The entries of a range in key order (or its reverse), as `[key, value]`. `break` ends the reading. */
  entries(range?: Range<K>): AsyncIteratorObject<[K, V], undefined> {
    return this.#iterate(range, 'entries');
  }

  entriesSync(range?: Range<K>): IteratorObject<[K, V], undefined> {
    return this.#iterateSync(range, 'entries');
  }

  /** The keys of a range. */
  keys(range?: Range<K>): AsyncIteratorObject<K, undefined> {
    return this.#iterate(range, 'keys');
  }

  keysSync(range?: Range<K>): IteratorObject<K, undefined> {
    return this.#iterateSync(range, 'keys');
  }

  /** The values of a range, in the order of their keys. */
  values(range?: Range<K>): AsyncIteratorObject<V, undefined> {
    return this.#iterate(range, 'values');
  }

  valuesSync(range?: Range<K>): IteratorObject<V, undefined> {
    return this.#iterateSync(range, 'values');
  }

  [Symbol.asyncIterator](): AsyncIteratorObject<[K, V], undefined> {
    return this.entries();
  }

  [Symbol.iterator](): IteratorObject<[K, V], undefined> {
    return this.entriesSync();
  }

  /** Yields the entries of a range in arrays of `size` (default: 1000; the last one may be shorter). */
  batches(range?: Range<K>, options: BatchOptions = {}): AsyncIteratorObject<[K, V][], undefined> {
    // Owned entries, because a batch outlives the blocks it comes from.
    return batchesOf(() => this.entries(range), options, new Interruption(this.#life, range?.signal));
  }

  batchesSync(range?: Range<K>, options: BatchOptions = {}): IteratorObject<[K, V][], undefined> {
    return batchesOfSync(() => this.entriesSync(range), options, new Interruption(this.#life, range?.signal));
  }

  /**
   * Calls a function for each entry of a range. Keys and values that are bytes are views for the time of the call: copy
   * what you keep, write to nothing.
   */
  async forEach(visit: (key: K, value: V) => void, range?: Range<K>): Promise<void> {
    checkVisitor(visit);
    const encoded = this.#encode(range);
    const [scan, decoder] = this.#scan(encoded, true);
    const interruption = this.#interruption(encoded);
    try {
      for (;;) {
        interruption.throwIfOccurred();
        const next = scan.next();
        if (!(typeof next === 'boolean' ? next : await next)) return;
        visitRun(scan, decoder, visit, interruption);
      }
    } finally {
      scan.close();
    }
  }

  forEachSync(visit: (key: K, value: V) => void, range?: Range<K>): void {
    checkVisitor(visit);
    const encoded = this.#encode(range);
    const [scan, decoder] = this.#scan(encoded, true);
    const interruption = this.#interruption(encoded);
    try {
      while (scan.nextSync()) visitRun(scan, decoder, visit, interruption);
    } finally {
      scan.close();
    }
  }

  // For the subclasses ---------------------------------------------------------------------------------------

  /** @internal The version that is read. */
  get opened(): OpenVersion {
    return this.#version;
  }

  /** @internal Reads another version from now on; what has begun goes on with the old one. */
  protected goTo(version: OpenVersion): void {
    const before = this.#version;
    this.#version = version;
    before.release();
  }

  /** @internal @throws {CairnError} `CLOSED`. */
  protected assertOpen(): void {
    this.#life.assertOpen();
  }

  /** @internal */
  protected closedError(): CairnError {
    return this.#life.closedError();
  }

  /** @internal Frees the version. Returns false if that has been done. */
  protected endReading(): boolean {
    if (this.#life.closed) return false;
    this.#life.closed = true;
    this.#version.release();
    return true;
  }

  // Steps ----------------------------------------------------------------------------------------------------

  #find(key: K, mayRead: boolean): Outcome {
    if (this.#life.closed) throw this.#life.closedError();
    const lookup = this.#lookup;
    const buffer = lookup.key;
    const length = this.#decoder.keys.encodeInto(key, buffer.bytes);
    // What can't be a key is not there.
    if (length === 0 || length > MAX_KEY_BYTES) return ABSENT;
    buffer.length = length;
    return lookup.find(this.#version.generations, mayRead);
  }

  #foundValue(): V {
    const lookup = this.#lookup;
    return this.#decoder.found(lookup.partition as PartitionReader, lookup.key.length + lookup.markBytes);
  }

  async #later<R>(take: () => R, signal: AbortSignal | undefined): Promise<R | undefined> {
    const version = this.#version.retain();
    try {
      return await this.#lookup.findLater(version.generations, take, this.#assertOpen, signal);
    } finally {
      version.release();
    }
  }

  async #one(range: Range<K>, options: WaitOptions | undefined): Promise<[K, V] | undefined> {
    const signal = signalOf(options);
    for await (const entry of this.entries({ ...range, limit: 1, signal })) return entry;
    return undefined;
  }

  #oneSync(range: Range<K>): [K, V] | undefined {
    for (const entry of this.entriesSync({ ...range, limit: 1 })) return entry;
    return undefined;
  }

  #iterate<T>(range: Range<K> | undefined, wanted: Wanted): AsyncIteratorObject<T, undefined> {
    const encoded = this.#encode(range);
    const [scan, decoder] = this.#scan(encoded, false);
    return new AsyncEntries<K, V, T>(() => [scan, decoder], wanted, this.#interruption(encoded));
  }

  #iterateSync<T>(range: Range<K> | undefined, wanted: Wanted): IteratorObject<T, undefined> {
    const encoded = this.#encode(range);
    const [scan, decoder] = this.#scan(encoded, false);
    return new SyncEntries<K, V, T>(scan, decoder, wanted, this.#interruption(encoded));
  }

  #scan(range: EncodedRange, lend: boolean): [MergeScan, MergeDecoder<K, V>] {
    const version = this.#version.retain();
    const scan = new MergeScan(version.generations, range, { onClose: () => version.release() });
    return [scan, new MergeDecoder(scan, this.#decoder, version.generations, lend)];
  }

  #interruption({ signal }: EncodedRange): Interruption {
    return new Interruption(this.#life, signal);
  }

  #encode(range: Range<K> | undefined): EncodedRange {
    this.#assertOpen();
    return range === undefined ? EVERYTHING : encodeRange(range, this.#decoder.keys, this.#key);
  }
}

function visitRun<K, V>(
  scan: MergeScan,
  decoder: MergeDecoder<K, V>,
  visit: (key: K, value: V) => void,
  interruption: Interruption,
): void {
  decoder.begin(true);
  const { count } = scan.spans;
  for (let i = 0; i < count; i++) {
    visit(decoder.key(i), decoder.value(i));
    if (interruption.occurred) interruption.throwIfOccurred();
  }
}
