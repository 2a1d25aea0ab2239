/// <reference lib="esnext.disposable" preserve="true" />
import { KeyBuffer } from '../../bytes/key-buffer.ts';
import { checkOptions } from '../../check-options.ts';
import type { ReadCounter, ReaderStats } from '../../partition/read-counter.ts';
import { signalOf, type WaitOptions } from '../../wait-options.ts';
import type { StoreInfo } from '../manifest/describe-store.ts';
import type { VerifyReport } from '../verify/verifier.ts';
import type { VerifyOptions } from '../verify/verify-options.ts';
import { type BatchOptions, batchesOf, batchesOfSync, checkVisitor } from './entry-batches.ts';
import type { EntryDecoder, ScanDecoder } from './entry-decoder.ts';
import { AsyncEntries, SyncEntries, type Wanted } from './entry-iterators.ts';
import { Interruption, ReaderLife } from './interruption.ts';
import { type Attempt, OrderQueries } from './order-queries.ts';
import type { PartitionSet } from './partition-set.ts';
import { PointLookup } from './point-lookup.ts';
import { type EncodedRange, EVERYTHING, encodeRange, type Range } from './range.ts';
import { RangeScan } from './range-scan.ts';
import { type SampleOptions, sampleRanks } from './sample.ts';
import type { StoreHandle } from './store-sharing.ts';

/** The parts of an open store. */
export interface OpenedStore<K, V> {
  readonly info: StoreInfo<K>;
  readonly set: PartitionSet;
  readonly decoder: EntryDecoder<K, V>;
  readonly counter: ReadCounter;
  readonly verify: (options: VerifyOptions) => Promise<VerifyReport>;
  readonly share: () => StoreHandle;
  readonly isCurrent: (signal: AbortSignal | undefined) => Promise<boolean>;
  readonly reopen: (signal: AbortSignal | undefined) => Promise<StoreReader<K, V>>;
}

/**
 * Reads a complete store. Made by `openStore`.
 *
 * Keys and values that it returns belong to the caller, unless it was opened with `views`. Bytes begin at a multiple of 8
 * bytes of their `ArrayBuffer`, so that `new Float32Array(value.buffer, value.byteOffset, value.length / 4)` works. In Node
 * several share one: a kept value keeps at most 256 KiB, one of up to 1 KiB keeps 64 KiB, one over 32 KiB its own length.
 * Such a buffer cannot be transferred (`DataCloneError`; Node 20 copies it): transfer `value.slice().buffer`. Elsewhere
 * each value has a buffer of its own.
 *
 * Methods with the suffix `Sync` work if bytes can be read synchronously (files, memory), and throw
 * `UNSUPPORTED` otherwise. All bytes that are read are checked: damage is a `CORRUPTION` error that names
 * file and offset.
 */
export class StoreReader<K, V> {
  /** The store's encodings, counts, metadata and partitions. */
  readonly info: StoreInfo<K>;
  readonly #set: PartitionSet;
  readonly #decoder: EntryDecoder<K, V>;
  readonly #counter: ReadCounter;
  readonly #opened: OpenedStore<K, V>;
  readonly #key = new KeyBuffer();
  readonly #points: PointLookup<K, V>;
  readonly #order: OrderQueries<K, V>;
  readonly #life: ReaderLife;

  /** @internal Use `openStore`. */
  constructor(opened: OpenedStore<K, V>) {
    const { info, set, decoder, counter } = opened;
    this.info = info;
    this.#opened = opened;
    this.#set = set;
    this.#decoder = decoder;
    this.#counter = counter;
    this.#life = new ReaderLife(info.uri);
    this.#points = new PointLookup(set, decoder, this.#key, counter, this.#life);
    this.#order = new OrderQueries(set, decoder, this.#key, this.#life);
  }

  // Points
  // ---------------------------------------------------------------------------------------------------

  /**
   * Returns the value of a key, or `undefined` if the store doesn't have it. At most one block is read; none
   * if it is in memory.
   *
   * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `SCHEMA_MISMATCH`, `CORRUPTION`, `IO`,
   *   `CLOSED`.
   */
  get(key: K, options?: WaitOptions): Promise<V | undefined> {
    return this.#points.get(key, options);
  }

  /** {@link get} without waiting. About 0.3 µs from memory. */
  getSync(key: K): V | undefined {
    return this.#points.getSync(key);
  }

  /** Whether the store has a key. Costs what {@link get} costs. */
  has(key: K, options?: WaitOptions): Promise<boolean> {
    return this.#points.has(key, options);
  }

  hasSync(key: K): boolean {
    return this.#points.hasSync(key);
  }

  /** The values of many keys, in the order of the keys; `undefined` for the absent ones. */
  getMany(keys: Iterable<K>, options?: WaitOptions): Promise<(V | undefined)[]> {
    return this.#points.getMany(keys, options);
  }

  /** {@link getMany} without waiting. About 0.2 µs a key from memory. */
  getManySync(keys: Iterable<K>): (V | undefined)[] {
    return this.#points.getManySync(keys);
  }

  /**
   * Whether the store has each of many keys, in the order of the keys. Costs what {@link getMany} costs,
   * without the decoding of values.
   *
   * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `CORRUPTION`, `IO`, `CLOSED`.
   */
  hasMany(keys: Iterable<K>, options?: WaitOptions): Promise<boolean[]> {
    return this.#points.hasMany(keys, options);
  }

  /** {@link hasMany} without waiting. */
  hasManySync(keys: Iterable<K>): boolean[] {
    return this.#points.hasManySync(keys);
  }

  // Order
  // ----------------------------------------------------------------------------------------------------

  /** The entry with the smallest key. */
  first(options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.at(0, options);
  }

  firstSync(): [K, V] | undefined {
    return this.atSync(0);
  }

  /** The entry with the greatest key. */
  last(options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.at(-1, options);
  }

  lastSync(): [K, V] | undefined {
    return this.atSync(-1);
  }

  /** The entry with the greatest key ≤ `key`. At most two blocks are read. */
  floor(key: K, options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.#order.run(() => this.#order.floor(key), options);
  }

  floorSync(key: K): [K, V] | undefined {
    return this.#order.runSync(this.#order.floor(key));
  }

  /** The entry with the smallest key ≥ `key`. At most two blocks are read. */
  ceiling(key: K, options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.#order.run(() => this.#order.ceiling(key), options);
  }

  ceilingSync(key: K): [K, V] | undefined {
    return this.#order.runSync(this.#order.ceiling(key));
  }

  /** The exact number of entries that `entries(range)` would yield. At most a block at each end is read. */
  count(range?: Range<K>): Promise<number> {
    const begin = (): Attempt<number> => this.#order.count(this.#encode(range));
    return this.#order.run(begin, range?.signal && { signal: range.signal });
  }

  countSync(range?: Range<K>): number {
    return this.#order.runSync(this.#order.count(this.#encode(range)));
  }

  /** The exact number of entries with a smaller key. At most one block is read. */
  rank(key: K, options?: WaitOptions): Promise<number> {
    return this.#order.run(() => this.#order.rank(key), options);
  }

  rankSync(key: K): number {
    return this.#order.runSync(this.#order.rank(key));
  }

  /** The entry with `index` entries before it; a negative index counts from the end. `undefined` outside. */
  at(index: number, options?: WaitOptions): Promise<[K, V] | undefined> {
    return this.#order.run(() => this.#order.at(index), options);
  }

  atSync(index: number): [K, V] | undefined {
    return this.#order.runSync(this.#order.at(index));
  }

  /**
   * Returns `n` distinct entries chosen evenly at random, in key order; all of them if there are no more. The
   * same `seed` returns the same choice. Reads about one block an entry.
   */
  async sample(n: number, options: SampleOptions & WaitOptions = {}): Promise<[K, V][]> {
    const { seed, signal } = checkOptions(options, ['seed', 'signal']);
    signal?.throwIfAborted();
    const sample: [K, V][] = [];
    for (const rank of sampleRanks(n, this.#set.count, { seed })) {
      sample.push((await this.at(rank, signal && { signal })) as [K, V]);
    }
    return sample;
  }

  sampleSync(n: number, options: SampleOptions = {}): [K, V][] {
    return Array.from(sampleRanks(n, this.#set.count, options), (rank) => this.atSync(rank) as [K, V]);
  }

  // Ranges
  // ---------------------------------------------------------------------------------------------------

  /**
   * Yields the entries of a range in key order (or its reverse), as `[key, value]`. `break` ends the reading.
   */
  entries(range?: Range<K>): AsyncIteratorObject<[K, V], undefined> {
    return this.#iterate(range, 'entries');
  }

  entriesSync(range?: Range<K>): IteratorObject<[K, V], undefined> {
    return this.#iterateSync(range, 'entries');
  }

  /** Yields the keys of a range. */
  keys(range?: Range<K>): AsyncIteratorObject<K, undefined> {
    return this.#iterate(range, 'keys');
  }

  keysSync(range?: Range<K>): IteratorObject<K, undefined> {
    return this.#iterateSync(range, 'keys');
  }

  /** Yields the values of a range, in the order of their keys. */
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

  /**
   * Yields the entries of a range in arrays of `size` (default: 1000; the last one may be shorter). Keys and
   * values belong to the caller, as those of {@link entries} do: with `views: true` bytes are views, to be
   * kept and not written.
   */
  batches(range?: Range<K>, options: BatchOptions = {}): AsyncIteratorObject<[K, V][], undefined> {
    // Owned entries, because a batch outlives the blocks it comes from.
    return batchesOf(() => this.entries(range), options, new Interruption(this.#life, range?.signal));
  }

  batchesSync(range?: Range<K>, options: BatchOptions = {}): IteratorObject<[K, V][], undefined> {
    return batchesOfSync(() => this.entriesSync(range), options, new Interruption(this.#life, range?.signal));
  }

  /**
   * Calls a function for each entry of a range: the fastest way through a store. Keys and values that are
   * bytes are views, valid during the call: copy what you keep, and do not write to them.
   */
  async forEach(visit: (key: K, value: V) => void, range?: Range<K>): Promise<void> {
    checkVisitor(visit);
    const encoded = this.#encode(range);
    const scan = this.#scan(encoded);
    const decoder = this.#decoder.forScan(scan, true);
    const interruption = this.#interruption(encoded);
    try {
      for (;;) {
        const next = scan.next();
        if (!(typeof next === 'boolean' ? next : await next)) return;
        interruption.throwIfOccurred();
        visitBlock(scan, decoder, visit, interruption);
      }
    } finally {
      scan.close();
    }
  }

  forEachSync(visit: (key: K, value: V) => void, range?: Range<K>): void {
    checkVisitor(visit);
    const encoded = this.#encode(range);
    const scan = this.#scan(encoded);
    const decoder = this.#decoder.forScan(scan, true);
    const interruption = this.#interruption(encoded);
    try {
      while (scan.nextSync()) visitBlock(scan, decoder, visit, interruption);
    } finally {
      scan.close();
    }
  }

  // Life
  // -----------------------------------------------------------------------------------------------------

  /**
   * Reads every byte of the store and checks everything that can be: checksums, order, counts, indexes. It
   * reports damage instead of throwing it.
   */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    this.#life.assertOpen();
    return this.#opened.verify(options);
  }

  /**
   * Returns a handle with which other threads of the process open the store on this reader's memory: any number of
   * threads, one copy. Post it to a worker (`workerData`, `postMessage`), and pass it to `openStore` there; codec objects and
   * a schema are passed there again. Each block is read and checked once, by whichever thread needs it first.
   *
   * The memory is allocated by the first call, which reads what it lacks of the partitions' tails and hash indexes, and
   * copies what this reader has in memory: share first, then read. The handle keeps the memory; readers are closed
   * independently, and a handle stays valid after its reader was closed, as long as the files exist. `views` are views of
   * memory that all threads use: writing to one damages the store for all.
   *
   * @throws {CairnError} `UNSUPPORTED` outside Node, for a store that is not in local files or that is larger than
   *   `cacheBytes`, and with `verify: 'always'`; `CORRUPTION`, `IO`, `CLOSED`.
   *
   * @example
   * ```ts
   * import { createStore, openStore } from 'cairnkv';
   *
   * await createStore('./words', { valueEncoding: 'utf8' }).put('cairn', 'a heap of stones').close();
   * const store = await openStore('./words');
   * const handle = store.share();
   * // new Worker('./lookup.js', { workerData: handle }), and in lookup.js: await openStore(workerData)
   * const other = await openStore(structuredClone(handle)); // what a worker does with its copy
   * console.log(other.getSync('cairn')); // a heap of stones
   * ```
   */
  share(): StoreHandle {
    this.#life.assertOpen();
    return this.#opened.share();
  }

  /**
   * Returns whether the store at the reader's URI is still the one that was opened: false once it is replaced, merged into,
   * renamed or deleted. Reads the manifest, which is one small request of a store that lies far away; by HTTP, a cache may answer
   * that the server allows to: `Cache-Control: no-cache` on manifests keeps it from doing so.
   *
   * @throws {CairnError} (as a rejection) `CORRUPTION` and `UNSUPPORTED_FORMAT` of the manifest, `IO`, `CLOSED`.
   */
  async isCurrent(options?: WaitOptions): Promise<boolean> {
    this.#life.assertOpen();
    return this.#opened.isCurrent(signalOf(options));
  }

  /**
   * Opens the store that is at the reader's URI now, with the same options, as another reader. This one stays open, for
   * calls that are under way; a reader that is closed can be reopened, too.
   *
   * @throws {CairnError} (as a rejection) what `openStore` throws.
   *
   * @example
   * ```ts
   * import { createStore, openStore } from 'cairnkv';
   *
   * await createStore('memory:prices').put('apple', 1).close();
   * let prices = await openStore('memory:prices');
   * await createStore('memory:prices', { replace: true }).put('apple', 2).close();
   * console.log(await prices.get('apple'), await prices.isCurrent()); // 1 false
   * const old = prices;
   * prices = await old.reopen();
   * await old.close();
   * console.log(await prices.get('apple')); // 2
   * ```
   */
  async reopen(options?: WaitOptions): Promise<StoreReader<K, V>> {
    return this.#opened.reopen(signalOf(options));
  }

  /** Returns the counts of requests, bytes and look-ups so far, and of look-ups that memory answered. */
  stats(): ReaderStats {
    return this.#counter.stats;
  }

  /** Closes the files and frees memory; calls after it fail with `CLOSED`. Calling it twice is a no-op. */
  async close(): Promise<void> {
    if (this.#life.closed) return;
    this.#life.closed = true;
    await this.#set.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #iterate<T>(range: Range<K> | undefined, wanted: Wanted): AsyncIteratorObject<T, undefined> {
    const encoded = this.#encode(range);
    const open = (): [RangeScan, ScanDecoder<K, V>] => {
      const scan = this.#scan(encoded);
      return [scan, this.#decoder.forScan(scan, false)];
    };
    return new AsyncEntries<K, V, T>(open, wanted, this.#interruption(encoded));
  }

  #iterateSync<T>(range: Range<K> | undefined, wanted: Wanted): IteratorObject<T, undefined> {
    const encoded = this.#encode(range);
    const scan = this.#scan(encoded);
    const decoder = this.#decoder.forScan(scan, false);
    return new SyncEntries<K, V, T>(scan, decoder, wanted, this.#interruption(encoded));
  }

  #scan(range: EncodedRange): RangeScan {
    return new RangeScan(this.#set, range);
  }

  #interruption({ signal }: EncodedRange): Interruption {
    return new Interruption(this.#life, signal);
  }

  #encode(range: Range<K> | undefined): EncodedRange {
    this.#life.assertOpen();
    return range === undefined ? EVERYTHING : encodeRange(range, this.#decoder.keys, this.#key);
  }
}

function visitBlock<K, V>(
  scan: RangeScan,
  decoder: ScanDecoder<K, V>,
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
