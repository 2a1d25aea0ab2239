import { KeyBuffer } from '../../bytes/key-buffer.ts';
import type { KeyCodec } from '../../codec/keys/key-codec.ts';
import type { ValueCodec } from '../../codec/values/value-codec.ts';
import { CairnError, invalidArgument } from '../../errors.ts';
import { FOUND, MISSING } from '../../partition/cache/outcome.ts';
import type { PartitionReader } from '../../partition/cache/partition-reader.ts';
import type { EntryDecoder } from '../../store/read/entry-decoder.ts';
import { type EncodedRange, EVERYTHING, encodeRange, type Range } from '../../store/read/range.ts';
import { schemaError } from '../../store/read/schema-error.ts';
import { checkKeyLength } from '../../store/write/entry-check.ts';
import type { GenerationPool, GenerationReader } from '../read/generation-reader.ts';
import { LayeredLookup } from '../read/layered-lookup.ts';
import { MergeDecoder, MergeScan } from '../read/merge-scan.ts';
import type { OpenVersion } from '../read/open-version.ts';
import { type ChangeSet, checkEntry, type SpilledChanges } from './change-set.ts';
import type { ChangeProposer } from './propose-changes.ts';

/** What turns keys and values into bytes and back. */
export interface EntryCodecs<K, V> {
  readonly keys: KeyCodec<K>;
  readonly values: ValueCodec<V>;
  readonly decoder: EntryDecoder<K, V>;
}

/** Where the keys of a handle's changes are encoded, one at a time. */
export class EncodedKey {
  readonly buffer: KeyBuffer = new KeyBuffer();
  #isBusy = false;

  /** @throws {CairnError} `INVALID_ARGUMENT`, also when the caller's code that encodes a key makes a change itself. */
  encode<K>(key: K, keys: KeyCodec<K>): KeyBuffer {
    if (this.#isBusy)
      throw invalidArgument('key', 'a change was made while the key of another one was encoded');
    this.#isBusy = true;
    try {
      this.buffer.length = keys.encodeInto(key, this.buffer.bytes);
      return this.buffer;
    } finally {
      this.#isBusy = false;
    }
  }
}

/** Puts encoded keys and values into a change. */
export class ChangeWriter<K, V> {
  readonly changes: ChangeSet;
  readonly #codecs: EntryCodecs<K, V>;
  readonly #key: EncodedKey;

  constructor(changes: ChangeSet, codecs: EntryCodecs<K, V>, key: EncodedKey) {
    this.changes = changes;
    this.#codecs = codecs;
    this.#key = key;
  }

  set(key: K, value: V): Promise<void> | undefined {
    // A codec or a schema of the caller's may use the collection itself: the key's memory is taken after it has returned.
    const bytes = this.changes.copyValue(this.#codecs.values.encode(value));
    return this.changes.set(this.encode(key), bytes);
  }

  delete(key: K): Promise<void> | undefined {
    return this.changes.delete(this.encode(key));
  }

  /** @throws {CairnError} `INVALID_ARGUMENT`, `TOO_LARGE` for what {@link set} would refuse. */
  checkSet(key: K, value: V): void {
    checkEntry(this.encode(key), this.#codecs.values.encode(value).length);
  }

  /** @throws {CairnError} `INVALID_ARGUMENT`, `TOO_LARGE` for what {@link delete} would refuse. */
  checkDelete(key: K): void {
    checkKeyLength(this.encode(key));
  }

  /** Returns the key in a buffer that is used again and again. */
  encode(key: K): KeyBuffer {
    return this.#key.encode(key, this.#codecs.keys);
  }

  range(range: Range<K> | undefined): EncodedRange {
    return range === undefined ? EVERYTHING : encodeRange(range, this.#codecs.keys, this.#key.buffer);
  }
}

/**
 * What the function given to `commit` reads and changes: its own changes over the version at which it began. It ends when
 * that function does.
 */
export class Transaction<K, V> {
  readonly #base: OpenVersion;
  readonly #writer: ChangeWriter<K, V>;
  readonly #codecs: EntryCodecs<K, V>;
  readonly #proposer: ChangeProposer;
  readonly #pool: GenerationPool;
  readonly #lookup = new LayeredLookup();
  #hasRead = false;
  #hasEnded = false;

  /** @internal */
  constructor(
    base: OpenVersion,
    writer: ChangeWriter<K, V>,
    codecs: EntryCodecs<K, V>,
    proposer: ChangeProposer,
    pool: GenerationPool,
  ) {
    this.#base = base;
    this.#writer = writer;
    this.#codecs = codecs;
    this.#proposer = proposer;
    this.#pool = pool;
  }

  /** The number of the version at which it began; 0 if nothing had been committed. */
  get version(): number {
    return this.#base.number;
  }

  /**
   * The value of a key, or `undefined`.
   *
   * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `SCHEMA_MISMATCH`, `CORRUPTION`, `IO`, `CLOSED`.
   */
  async get(key: K): Promise<V | undefined> {
    return this.#find(key, (value) => value);
  }

  /** Whether there is a key. */
  async has(key: K): Promise<boolean> {
    return (await this.#find(key, () => true)) === true;
  }

  /** The entries of a range, in key order, as they were when this was called. */
  async *entries(range?: Range<K>): AsyncIterableIterator<[K, V]> {
    this.#assertOpen();
    this.#hasRead = true;
    const encoded = this.#writer.range(range);
    const { own, release } = await this.#own();
    const generations = [...own, ...this.#base.generations];
    const scan = new MergeScan(generations, encoded);
    const decoder = new MergeDecoder(scan, this.#codecs.decoder, generations, false);
    try {
      for (;;) {
        const next = scan.next();
        if (!(typeof next === 'boolean' ? next : await next)) return;
        decoder.begin(true);
        const { count } = scan.spans;
        for (let i = 0; i < count; i++) {
          yield [decoder.key(i), decoder.value(i)];
          this.#assertOpen();
        }
      }
    } finally {
      scan.close();
      await release();
    }
  }

  /**
   * Sets a key. Returns a promise when the caller should wait: millions of changes are written to files as they come.
   *
   * @throws {CairnError} at once: `INVALID_ARGUMENT`, `TOO_LARGE`, `CLOSED`, with nothing changed; `IO`.
   */
  set(key: K, value: V): void | Promise<void> {
    this.#assertOpen();
    return this.#writer.set(key, value);
  }

  /** Deletes a key, as {@link set} sets it; whether there is one is of no account. */
  delete(key: K): void | Promise<void> {
    this.#assertOpen();
    return this.#writer.delete(key);
  }

  /**
   * Deletes all keys of a range: those set so far, and those that are there when the commit takes its place. This is no
   * reading. Without a range, all keys.
   *
   * @throws {CairnError} at once: `INVALID_ARGUMENT`, also for a `limit`; `CLOSED`.
   */
  deleteRange(range?: Range<K>): void {
    this.#assertOpen();
    const { lower, upper, limit } = this.#writer.range(range);
    if (limit !== Number.POSITIVE_INFINITY) {
      throw invalidArgument(
        'limit',
        'deleteRange deletes the whole range: leave limit out, and delete keys one by one',
      );
    }
    this.#writer.changes.deleteRange({ ...EVERYTHING, lower, upper });
  }

  /** @internal Whether its outcome may depend on what it has read. */
  get hasRead(): boolean {
    return this.#hasRead;
  }

  /** @internal */
  end(): void {
    this.#hasEnded = true;
  }

  async #find<R>(key: K, take: (value: V) => R): Promise<R | undefined> {
    this.#assertOpen();
    this.#hasRead = true;
    const buffer = this.#writer.encode(key);
    if (buffer.length === 0) return undefined;
    const { changes } = this.#writer;
    const change = changes.get(buffer);
    if (change === null) return undefined;
    const { decoder, values } = this.#codecs;
    const encoded = buffer.copy();
    if (change !== undefined) {
      try {
        return take(values.decode(change, 0, change.length));
      } catch (error) {
        throw schemaError(error, encoded, 0, encoded.length, this.#codecs.keys) ?? error;
      }
    }
    const spilled = await this.#spilled();
    try {
      const emptied = changes.emptiedSpills(encoded);
      const layers: readonly GenerationReader[] =
        emptied === undefined
          ? [...spilled, ...this.#base.generations]
          : spilled.slice(0, Math.max(0, spilled.length - emptied));
      const lookup = this.#lookup;
      lookup.key.set(encoded);
      const found = (): R =>
        take(decoder.found(lookup.partition as PartitionReader, lookup.key.length + lookup.markBytes));
      const outcome = lookup.find(layers, false);
      if (outcome === FOUND) return found();
      if (outcome !== MISSING) return undefined;
      return await lookup.findLater(layers, found, () => this.#assertOpen(), undefined);
    } finally {
      this.#pool.release(spilled);
    }
  }

  /** Its own changes as generations, the newest first; those that were read by `entries` are seen as they are then. */
  async #own(): Promise<{ own: GenerationReader[]; release: () => Promise<void> }> {
    const { changes } = this.#writer;
    const emptied = await this.#proposer.emptyRanges(this.#base.generations, changes);
    const isCopy = emptied !== changes;
    const own: GenerationReader[] = [];
    const release = async (): Promise<void> => {
      this.#pool.release(own);
      if (isCopy) await emptied.abandon();
    };
    try {
      own.push(...(await this.#proposer.inMemory(emptied)));
      if (isCopy) own.push(...(await this.#opened(await emptied.spills())));
      own.push(...(await this.#spilled()));
      return { own, release };
    } catch (error) {
      await release();
      throw error;
    }
  }

  async #spilled(): Promise<GenerationReader[]> {
    return this.#opened(await this.#writer.changes.spills());
  }

  async #opened(spills: readonly SpilledChanges[]): Promise<GenerationReader[]> {
    return spills.length === 0 ? [] : this.#pool.open(spills.map(({ generation }) => generation));
  }

  #assertOpen(): void {
    if (!this.#hasEnded) return;
    throw new CairnError('CLOSED', 'the transaction has ended: use it within the function given to commit', {
      resource: 'transaction',
    });
  }
}
