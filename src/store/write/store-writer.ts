import { loadChecksum } from '../../bytes/xxh64.ts';
import { type KeyCodec, type KeyEncoding, type KeyOf, keyCodecFor } from '../../codec/keys/key-codec.ts';
import type { JsonValue } from '../../codec/values/json.ts';
import type { StandardSchema, ValueInput } from '../../codec/values/schema.ts';
import { codecWithSchema } from '../../codec/values/schema-values.ts';
import { loadValueCodec, type ValueCodec, type ValueEncoding } from '../../codec/values/value-codec.ts';
import { loadCompressor } from '../../compression/compressor.ts';
import { CairnError, invalidArgument } from '../../errors.ts';
import type { CompressionName } from '../../format/properties.ts';
import { HOST, type Host } from '../../io/host.ts';
import { narrowStorage, STORAGE_MEMBERS } from '../../io/narrow-storage.ts';
import type { ListableStorage } from '../../io/storage.ts';
import { type Location, locate } from '../../io/uri.ts';
import { commitManifest } from '../manifest/commit.ts';
import { type StoreInfo, storeInfo } from '../manifest/describe-store.ts';
import { contentId, DATA_DIRECTORY, MANIFEST_NAME, type Manifest } from '../manifest/manifest.ts';
import { inspectPath, leftovers, uidOf, unfinishedHere } from '../manifest/store-directory.ts';
import { EntryDeduplicator } from './entry-deduplicator.ts';
import type { EntryIntake } from './entry-sink.ts';
import type { OnDuplicate } from './on-duplicate.ts';
import { EntrySorter } from './sort/entry-sorter.ts';
import { sortPlace } from './sort/sort-place.ts';
import { StoreBuilder } from './store-builder.ts';
import { checkWriteOptions } from './write-options.ts';
import { WriterPromise } from './writer-promise.ts';

/** How a store is made. All of it is written into the store: a reader needs none of it. */
export interface CreateStoreOptions<
  KE extends KeyEncoding = KeyEncoding,
  VE extends ValueEncoding = ValueEncoding,
  S extends StandardSchema = StandardSchema,
> {
  /** How keys become bytes; `'utf8'` unless given. */
  readonly keyEncoding?: KE;
  /** How values become bytes; `'msgpack'` unless given. */
  readonly valueEncoding?: VE;
  /**
   * Checks each value that is put, at once: a Standard Schema of zod, valibot, arktype … A value that does not meet it
   * is refused. What is stored is what the schema gives, with its defaults and conversions. The store does not name it.
   */
  readonly schema?: S;
  /**
   * The most bytes of one partition file, 1 KiB to 1 GiB; 32 MiB unless given, because a first look-up reads a
   * partition's whole index: of 64 MiB it takes a millisecond longer. Compressed blocks count uncompressed.
   */
  readonly partitionBytes?: number;
  /** The size of blocks, uncompressed, 64 B to 16 MiB; 16 KiB unless given. A larger entry is a block by itself. */
  readonly blockBytes?: number;
  /** `'none'` unless given: see bench/RESULTS.md for what the others cost and save. */
  readonly compression?: CompressionName;
  /** Whether to write the hash index, 5.3 bytes an entry, which makes `get` twice as fast; true unless given. */
  readonly hashIndex?: boolean;
  /** Anything JSON keeps exactly; comes back as `info.metadata`. */
  readonly metadata?: { readonly [key: string]: JsonValue };
  /**
   * Stands in file names instead of a random word: 1 to 64 characters of `A-Z a-z 0-9 . _ -`. The same input,
   * options and `buildId` give the same bytes in every file (with compression: on the same version of zlib or zstd).
   */
  readonly buildId?: string;
  /**
   * Lets entries come in any order: they are sorted in `sortMemory` and, beyond that, by merging sorted temporary
   * files, which take as much room as the entries and are gone in the end. false unless given.
   */
  readonly sort?: boolean;
  /** Memory for sorting, in bytes, 64 KiB to 2 GiB; 64 MiB unless given. Sorts about 20,000 × as much in one pass. */
  readonly sortMemory?: number;
  /** Where the temporary files of sorting go: an existing directory's path or URI; the store's own unless given. */
  readonly sortDirectory?: string | URL;
  /**
   * Which of equal keys' entries stays: none, an error (unless given), or the first or last one put. Without `sort`,
   * equal keys must follow each other.
   */
  readonly duplicates?: OnDuplicate;
  /** Cancels the writer. */
  readonly signal?: AbortSignal;
}

/**
 * Starts a store at a path that does not exist, an empty directory, or over the leftovers of a crashed writer.
 *
 * The store is there for readers once `close()` has resolved, and not before. The returned promise also has
 * the writer's methods, so that calls can be chained.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `ALREADY_EXISTS`, `CONFLICT` (leftovers with the same
 *   `buildId`), `UNSUPPORTED`, `IO`.
 *
 * @example
 * ```ts
 * import { createStore } from 'cairnkv';
 *
 * const writer = await createStore('memory:fruit', { valueEncoding: 'utf8' });
 * writer.put('apple', 'red');
 * writer.put('banana', 'yellow');
 * const info = await writer.close();
 * console.log(info.count); // 2
 * ```
 */
export function createStore<
  const KE extends KeyEncoding = 'utf8',
  const VE extends ValueEncoding = 'msgpack',
  S extends StandardSchema = StandardSchema,
>(
  uri: string | URL,
  options: CreateStoreOptions<KE, VE, S> = {},
  host: Host = HOST,
): WriterPromise<KeyOf<KE>, ValueInput<VE, S>> {
  return WriterPromise.of(open(uri, options, host));
}

async function open<K, V>(
  uri: string | URL,
  options: CreateStoreOptions,
  host: Host,
): Promise<StoreWriter<K, V>> {
  const checked = checkWriteOptions(options);
  const location = narrowStorage(locate(uri), 'written to', STORAGE_MEMBERS);
  const { storage, path } = location;
  checked.signal?.throwIfAborted();
  const keys = keyCodecFor(checked.keyEncoding) as KeyCodec<K>;
  const values = codecWithSchema(
    await loadValueCodec(checked.valueEncoding),
    checked.schema,
  ) as ValueCodec<V>;
  const place = checked.sort ? sortPlace(location, checked.sortDirectory, host.uniqueName()) : undefined;
  const [checksum, compressor] = await Promise.all([loadChecksum(), loadCompressor(checked.compression)]);

  const state = await inspectPath(location);
  if (state === 'complete' || state === 'file' || state === 'foreign') throw alreadyExists(location, state);
  if (checked.buildId !== undefined) await refuseLeftovers(location, checked.buildId);
  checked.signal?.throwIfAborted();
  await storage.prepareCommit?.(storage.join(path, MANIFEST_NAME));
  const created = await storage.makeDirectory(path);
  await storage.makeDirectory(storage.join(path, DATA_DIRECTORY));
  const builder = await StoreBuilder.create(
    storage,
    path,
    {
      keyEncoding: keys.name,
      valueEncoding: values.name,
      compressor,
      partitionBytes: checked.partitionBytes,
      blockBytes: checked.blockBytes,
      hashIndex: checked.hashIndex,
      uid: checked.buildId ?? host.uniqueName(),
    },
    checksum,
  );
  const holding = place
    ? new EntrySorter(builder, checksum, place, checked)
    : checked.duplicates === 'error'
      ? undefined
      : new EntryDeduplicator(builder, checked.duplicates);
  // Set when the manifest may be there although the storage said no: it must find its partitions then.
  let mayClean = true;
  const commit = async (onProgress: CloseOptions['onProgress']): Promise<StoreInfo<K>> => {
    if (holding !== undefined) {
      const total = holding.entries;
      await holding.drain({
        signal: checked.signal,
        onProgress: onProgress && ((entries) => onProgress({ entries, total })),
      });
      // The store doesn't fail because of temporary files: what can't be removed now is found by sweep.
      await holding.close().catch(() => undefined);
    }
    const partitions = await builder.finish();
    const manifest: Omit<Manifest, 'id'> = {
      keyEncoding: keys.name,
      valueEncoding: values.name,
      compression: checked.compression,
      metadata: checked.metadata,
      partitions,
    };
    // Described before it is committed: a codec that can't decode what it encoded must not fail afterwards.
    const info = storeInfo(location.uri, { ...manifest, id: contentId(manifest, checksum) }, (key) =>
      keys.decode(key, 0, key.length),
    );
    const { state, shared, error } = await commitManifest(location, manifest, checksum);
    if (state === 'unclear' || shared === true) mayClean = false;
    if (error !== undefined) throw error;
    if (state === 'lost') throw alreadyExists(location, 'complete');
    return info;
  };
  const cleanUp = async (): Promise<void> => {
    await holding?.close();
    if (!mayClean) return;
    await builder.abort();
    // What other writers have there keeps the directories.
    if (await storage.removeDirectory(storage.join(path, DATA_DIRECTORY))) {
      if (created) await storage.removeDirectory(path);
    }
  };
  const nothing: Manifest = {
    id: '',
    keyEncoding: keys.name,
    valueEncoding: values.name,
    compression: checked.compression,
    metadata: checked.metadata,
    partitions: [],
  };
  const outcome: WriterOutcome<K> = {
    commit,
    cleanUp,
    nothing: { ...storeInfo<K>(location.uri, nothing, never), id: contentId(nothing, checksum) },
  };
  if (checked.signal?.aborted) {
    await cleanUp();
    checked.signal.throwIfAborted();
  }
  return new StoreWriter<K, V>(location.uri, holding ?? builder, keys, values, outcome, checked.signal);
}

function never(): never {
  throw new Error('an empty store has no keys');
}

function alreadyExists({ uri }: Location, state: 'complete' | 'file' | 'foreign'): CairnError {
  const what =
    state === 'complete' ? 'a store' : state === 'file' ? 'a file' : 'a directory with other things in it';
  return new CairnError(
    'ALREADY_EXISTS',
    `${uri} is already ${what}; a store is written once. Choose another place, or delete it first`,
    { uri },
  );
}

async function refuseLeftovers(location: Location<ListableStorage>, buildId: string): Promise<void> {
  const begun = await unfinishedHere(location);
  const names = begun.map(({ path }) => location.storage.split(path).name);
  for await (const { name } of leftovers(location)) names.push(name);
  for (const name of names) {
    if (uidOf(name) !== buildId) continue;
    throw new CairnError(
      'CONFLICT',
      `${location.uri} holds ${name}, of another writer with the buildId ${JSON.stringify(buildId)} that is at work ` +
        'or was killed. Sweep its leftovers, or choose another buildId',
      { uri: location.uri },
    );
  }
}

/** What becomes of a writer's files in the end. */
interface WriterOutcome<K> {
  readonly commit: (onProgress: CloseOptions['onProgress']) => Promise<StoreInfo<K>>;
  readonly cleanUp: () => Promise<void>;
  /** What `close()` answers after `cancel()`. */
  readonly nothing: StoreInfo<K>;
}

/** How far `close()` of a sorting writer has come. */
export interface WriteProgress {
  /** Entries that have their place. */
  readonly entries: number;
  /** Entries put. */
  readonly total: number;
}

/** How a writer is closed. */
export interface CloseOptions {
  /** Told from time to time, where closing takes long: of a writer with `sort`. */
  readonly onProgress?: (progress: WriteProgress) => void;
}

type State = 'open' | 'closing' | 'closed' | 'cancelled';

/**
 * Writes a store, entry by entry in ascending key order. Made by {@link createStore}.
 *
 * Keys and values are copied or encoded at once: the caller may reuse its buffers. A refused `put` leaves the
 * writer as it was.
 */
export class StoreWriter<K, V> {
  /** The store's URI. */
  readonly uri: string;
  readonly #intake: EntryIntake;
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

  /** Use {@link createStore}. */
  constructor(
    uri: string,
    intake: EntryIntake,
    keys: KeyCodec<K>,
    values: ValueCodec<V>,
    outcome: WriterOutcome<K>,
    signal: AbortSignal | undefined,
  ) {
    this.uri = uri;
    this.#intake = intake;
    this.#keys = keys;
    this.#values = values;
    this.#outcome = outcome;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Entries put so far, those with equal keys included. */
  get count(): number {
    return this.#intake.entries;
  }

  /**
   * Adds an entry. About 0.2 µs for small ones.
   *
   * Returns a promise only when the caller should wait for the storage: `const wait = writer.put(k, v); if (wait)
   * await wait;`. A caller that never waits is correct too, but its process may open more files at once.
   *
   * @throws {CairnError} at once: `INVALID_ARGUMENT` (type, empty key, a value that can't be kept exactly or does not
   *   meet the schema),
   *   `KEY_ORDER`, `DUPLICATE_KEY`, `TOO_LARGE`, with the writer unchanged; `CLOSED`; `IO` and `CONFLICT` from the
   *   storage.
   */
  put(key: K, value: V): void | Promise<void> {
    if (this.#state !== 'open') this.#refuseEnded();
    const intake = this.#intake;
    const target = intake.key;
    target.length = this.#keys.encodeInto(key, target.bytes);
    intake.checkKey();
    return intake.add(this.#values.encode(value));
  }

  /**
   * Puts every `[key, value]` of an iterable or async iterable, waiting where needed; resolves with their number.
   *
   * @throws {CairnError} (as a rejection) what `put` throws; the entries before are put.
   */
  async putAll(entries: Iterable<readonly [K, V]> | AsyncIterable<readonly [K, V]>): Promise<number> {
    let count = 0;
    if (isIterable(entries, Symbol.asyncIterator)) {
      for await (const entry of entries as AsyncIterable<readonly [K, V]>) {
        const waiting = this.#putPair(entry);
        if (waiting !== undefined) await waiting;
        count++;
      }
    } else {
      if (!isIterable(entries, Symbol.iterator)) throw noPairs();
      for (const entry of entries as Iterable<readonly [K, V]>) {
        const waiting = this.#putPair(entry);
        if (waiting !== undefined) await waiting;
        count++;
      }
    }
    return count;
  }

  /**
   * Makes the store complete: the commit point. Calling it again gives the same answer; after `cancel()` it
   * completes nothing and describes an empty store.
   *
   * A writer with `sort` does half of its work here; its signal still cancels that.
   *
   * @throws {CairnError} (as a rejection) `ALREADY_EXISTS` when another writer was first, `IO`, `CONFLICT`; with
   *   `sort`, `DUPLICATE_KEY`. The writer has then removed its files.
   */
  close(options: CloseOptions = {}): Promise<StoreInfo<K>> {
    this.#ending ??= this.#close(options);
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
      return this.#outcome.nothing;
    }
    this.#state = 'closing';
    this.#signal?.removeEventListener('abort', this.#onAbort);
    try {
      const info = await this.#outcome.commit(options.onProgress);
      this.#state = 'closed';
      return info;
    } catch (error) {
      this.#state = 'cancelled';
      // The first error is the one to report; what can't be removed now is found by sweep.
      await this.#outcome.cleanUp().catch(() => undefined);
      throw error;
    }
  }

  async #cancel(): Promise<void> {
    this.#state = 'cancelled';
    this.#signal?.removeEventListener('abort', this.#onAbort);
    await this.#outcome.cleanUp();
  }

  #refuseEnded(): never {
    this.#signal?.throwIfAborted();
    throw new CairnError(
      'CLOSED',
      `the writer of ${this.uri} is ${this.#state}; put entries before close()`,
      { resource: 'writer' },
    );
  }
}

function isIterable(value: unknown, symbol: typeof Symbol.iterator | typeof Symbol.asyncIterator): boolean {
  return typeof value === 'object' && value !== null && symbol in value;
}

function noPairs(): CairnError {
  return invalidArgument('entries', 'putAll takes an iterable or async iterable of [key, value]');
}
