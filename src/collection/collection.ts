/// <reference lib="esnext.disposable" preserve="true" />
import { KeyBuffer } from '../bytes/key-buffer.ts';
import { viewOf } from '../bytes/view-of.ts';
import { checkOptions } from '../check-options.ts';
import { asText, CairnError, invalidArgument, notLoaded } from '../errors.ts';
import type { StoreInfo } from '../store/manifest/describe-store.ts';
import { refuseWithin, targetDirectory } from '../store/manifest/store-draft.ts';
import { encodeRange, type Range } from '../store/read/range.ts';
import type { CreateStoreOptions } from '../store/write/write-options.ts';
import { signalOf, type WaitOptions } from '../wait-options.ts';
import { type CollectionInfo, describeCollection } from './collection-info.ts';
import type { CollectionOptions } from './collection-options.ts';
import type { CollectionWriter } from './collection-writer.ts';
import type { Change, Changes, Commit, CommitOptions, CompactOptions } from './commit-options.ts';
import { diffVersions, type StoredValue } from './read/diff-versions.ts';
import { GenerationGone, type GenerationPool } from './read/generation-reader.ts';
import { openNewest } from './read/open-newest.ts';
import { OpenVersion } from './read/open-version.ts';
import { VersionReader } from './read/version-reader.ts';
import { Snapshot } from './snapshot.ts';
import type { CollectionDirectory } from './version/collection-directory.ts';
import { replacedCollection } from './version/collection-state.ts';
import { keptVersion, notKept } from './version/kept-version.ts';
import { bytesOf, type CollectionDefinition, type VersionCause } from './version/version-state.ts';
import type { EntryCodecs } from './write/transaction.ts';

/** One version of a collection that is kept. */
export interface VersionInfo {
  readonly version: number;
  /** Why it was made: a compaction changes no contents. */
  readonly cause: VersionCause;
  /** Keys that its commit set; 0 for a compaction and for a reversion. */
  readonly sets: number;
  readonly deletes: number;
  /** Generations that a look-up may have to ask. */
  readonly generations: number;
}

/** A difference between two versions; a member is absent where there is no value. */
export interface Difference<K, V> {
  readonly key: K;
  readonly before?: V;
  readonly after?: V;
}

/** What a compaction has done. */
export interface Compaction {
  /** The newest version now. */
  readonly version: number;
  /** Generations before and after it. */
  readonly before: number;
  readonly after: number;
  /** Bytes of the partitions afterwards. */
  readonly bytes: number;
}

/** The parts of an open collection. */
export interface OpenedCollection<K, V> {
  readonly directory: CollectionDirectory;
  readonly definition: CollectionDefinition;
  readonly options: CollectionOptions;
  readonly codecs: EntryCodecs<K, V>;
  readonly pool: GenerationPool;
  readonly version: OpenVersion;
  /** Undefined for a handle that only reads. */
  readonly writer: CollectionWriter<K, V> | undefined;
}

/**
 * A sorted map that changes by commits. Made by `openCollection`.
 *
 * A handle reads one version: that of its own last commit, or of the last `refresh()`. Calls that change take effect in their
 * order, without `await`; reading shows a change once its promise has resolved.
 */
export class Collection<K, V> extends VersionReader<K, V> {
  readonly #directory: CollectionDirectory;
  readonly #definition: CollectionDefinition;
  readonly #codecs: EntryCodecs<K, V>;
  readonly #pool: GenerationPool;
  readonly #writer: CollectionWriter<K, V> | undefined;
  readonly #stopped = new AbortController();
  #closing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @internal Use `openCollection`. */
  constructor({ directory, definition, options, codecs, pool, version, writer }: OpenedCollection<K, V>) {
    super(directory.uri, codecs.decoder, version, 'collection');
    this.#directory = directory;
    this.#definition = definition;
    this.#codecs = codecs;
    this.#pool = pool;
    this.#writer = writer;
    writer?.attach({
      current: () => this.opened,
      goTo: (next) => this.goTo(next),
      stopped: this.#stopped.signal,
    });
    if (options.follow !== undefined) this.#follow(options.follow);
  }

  /** @internal The names of its encodings. */
  get encodings(): { readonly keyEncoding: string; readonly valueEncoding: string } {
    const { keys, values } = this.#codecs;
    return { keyEncoding: keys.name, valueEncoding: values.name };
  }

  /** What the collection says of itself, at the version at which the handle stands. Reads nothing. */
  get info(): CollectionInfo {
    return describeCollection(this.uri, this.#definition, this.opened.state);
  }

  // Changing -------------------------------------------------------------------------------------------------

  /**
   * Sets a key, as a commit; calls of one turn share one. The promise resolves when it is durable.
   *
   * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `TOO_LARGE`, `UNSUPPORTED` where nothing can be written, `IO`,
   *   `CLOSED`.
   */
  set(key: K, value: V): Promise<Commit>;
  async set(key: K, value: V, ...more: unknown[]): Promise<Commit> {
    refuseMore(more, 'set', '{ set: [key, value] }');
    return this.#writing().set(key, value);
  }

  /** Deletes a key, as a commit, as {@link set} sets it; whether there is one is of no account. */
  delete(key: K): Promise<Commit>;
  async delete(key: K, ...more: unknown[]): Promise<Commit> {
    refuseMore(more, 'delete', '{ delete: key }');
    return this.#writing().delete(key);
  }

  /**
   * Makes changes in one step: any number of them, in any order; of a key, the last one counts.
   *
   * A function is given a transaction, in which it reads and changes. Where it has read something and another writer is
   * first, it is run again on top of what that one has committed; where it has not, its changes are put on top as they are.
   *
   * @throws {CairnError} (as a rejection) `CONFLICT`, `INVALID_ARGUMENT`, `TOO_LARGE`, `UNSUPPORTED`, `IO` (with `unanswered`
   *   if the commit may be there all the same), `CLOSED`; what the function throws: then nothing has changed.
   *
   * @example
   * ```ts
   * import { openCollection } from 'cairnkv/collection';
   *
   * const stock = await openCollection<string, number>('memory:stock');
   * await stock.commit([{ set: ['apples', 3] }, { set: ['pears', 5] }, { delete: 'plums' }]);
   * await stock.commit(async (tx) => {
   *   tx.set('apples', ((await tx.get('apples')) ?? 0) - 1);
   * });
   * console.log(stock.version, await stock.get('apples')); // 2 2
   * ```
   */
  async commit(changes: Changes<K, V>, options: CommitOptions = {}): Promise<Commit> {
    return this.#writing().commit(changes, options);
  }

  /** @internal Makes changes, all or none, in the commit that calls of one turn share. */
  async apply(changes: readonly Change<K, V>[]): Promise<Commit> {
    return this.#writing().apply(changes);
  }

  /**
   * Makes the contents of a kept version the newest ones again, as a commit.
   *
   * @throws {CairnError} (as a rejection) `NOT_FOUND` if the version is not kept, `INVALID_ARGUMENT`, `UNSUPPORTED`, `IO`.
   */
  async revertTo(version: number): Promise<Commit> {
    return this.#writing().revertTo(version);
  }

  /**
   * Merges generations, so that look-ups have fewer of them to ask, and removes the files that no kept version names. The
   * contents stay.
   *
   * @throws {CairnError} (as a rejection) `UNSUPPORTED`, `CORRUPTION`, `IO`, `CONFLICT` if other writers were first again and
   *   again; the signal's reason.
   */
  async compact(options: CompactOptions = {}): Promise<Compaction> {
    checkOptions(options, ['full', 'keepVersions', 'onProgress', 'signal']);
    const state = await this.#writing().compact(options);
    return {
      version: state.after?.number ?? 0,
      before: state.before?.generations.length ?? 0,
      after: state.after?.generations.length ?? 0,
      bytes: (state.after?.generations ?? []).reduce((sum, one) => sum + bytesOf(one), 0),
    };
  }

  // Versions -------------------------------------------------------------------------------------------------

  /** Goes on to the newest version, and returns its number; 0 if nothing has been committed. */
  async refresh(options?: WaitOptions): Promise<number> {
    const signal = signalOf(options);
    this.assertOpen();
    if (this.#writer !== undefined) return this.#writer.refresh(signal);
    await this.#goToNewest(signal);
    return this.version;
  }

  /**
   * Opens a version, by default the one at which the collection stands. It stays readable until it is closed, whatever is
   * committed or compacted.
   *
   * @throws {CairnError} (as a rejection) `NOT_FOUND` if it is not kept any more, or does not exist; `INVALID_ARGUMENT`,
   *   `IO`.
   */
  async snapshot(version?: number): Promise<Snapshot<K, V>> {
    this.assertOpen();
    const opened = await this.#openVersion(version);
    return new Snapshot(this.uri, this.#codecs.decoder, opened);
  }

  /** Yields the versions that are kept, the newest first. Reads a file for each. */
  async *versions(options?: WaitOptions): AsyncIterableIterator<VersionInfo> {
    const signal = signalOf(options);
    this.assertOpen();
    let state = await this.#directory.newest(this.#definition, this.opened.state, signal);
    const oldest = state?.oldest ?? 1;
    while (state !== undefined) {
      const { number, cause, sets, deletes, generations } = state;
      yield { version: number, cause, sets, deletes, generations: generations.length };
      this.assertOpen();
      state = number > oldest ? await this.#directory.readVersion(number - 1, signal) : undefined;
    }
  }

  /**
   * Yields what differs between two kept versions, in key order: the net effect of all commits between them. Without `to`,
   * up to the version at which the collection stands. `from` may be 0, the empty collection.
   */
  async *diff(from: number, to?: number, range: Range<K> = {}): AsyncIterableIterator<Difference<K, V>> {
    const { keys, decoder } = this.#codecs;
    const encoded = encodeRange(range, keys, new KeyBuffer());
    const before = await this.#openVersion(from);
    try {
      const after = await this.#openVersion(to);
      try {
        for await (const raw of diffVersions(before, after, encoded)) {
          this.assertOpen();
          const { key, partition } = raw;
          const decode = ({ bytes, partition: owner }: StoredValue): V => {
            // The key precedes its value, for messages.
            const entry = new Uint8Array(key.length + bytes.length);
            entry.set(key);
            entry.set(bytes, key.length);
            return decoder.value(owner, entry, viewOf(entry), 0, key.length, entry.length);
          };
          yield {
            key: decoder.key(partition, key, viewOf(key), 0, key.length),
            ...(raw.before === undefined ? {} : { before: decode(raw.before) }),
            ...(raw.after === undefined ? {} : { after: decode(raw.after) }),
          };
        }
      } finally {
        after.release();
      }
    } finally {
      before.release();
    }
  }

  /**
   * Writes the version at which the collection stands as a plain store, which has the collection's encodings.
   *
   * @throws {CairnError} (as a rejection) what `createStore` and `close` throw.
   */
  async toStore(uri: string | URL, options: ToStoreOptions = {}): Promise<StoreInfo<K>> {
    this.assertOpen();
    refuseWithin(targetDirectory(uri), this.#directory);
    const { writeStore } = await import('./write/write-store.ts').catch(notLoaded);
    const version = this.opened.retain();
    try {
      return await writeStore(version, this.#codecs, uri, options);
    } finally {
      version.release();
    }
  }

  // Life -----------------------------------------------------------------------------------------------------

  /**
   * Waits for the commits that were begun, and frees what the handle holds; calls after it fail with `CLOSED`. Calling it
   * twice is a no-op. Snapshots stay open.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Waits for the compaction that the last commit may have begun. For a program that ends after it: `close()` would end the
   * compaction, too, so that none would ever come to its end.
   */
  async settled(): Promise<void> {
    await this.#writer?.settled();
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopped.abort(this.closedError());
    await this.#writer?.close();
    this.endReading();
  }

  #writing(): CollectionWriter<K, V> {
    if (this.#closing !== undefined) throw this.closedError();
    if (this.#writer !== undefined) return this.#writer;
    throw new CairnError('UNSUPPORTED', `${this.uri} is open for reading only`, { uri: this.uri });
  }

  async #goToNewest(signal?: AbortSignal): Promise<void> {
    const place = {
      directory: this.#directory,
      pool: this.#pool,
      definition: this.#definition,
      otherCollection: () => replacedCollection(this.#directory),
    };
    const next = await openNewest(place, this.opened.state, signal);
    if (next.number > this.version && this.#closing === undefined) this.goTo(next);
    else next.release();
  }

  #follow(everyMs: number): void {
    const again = (): void => {
      this.#timer = setTimeout(() => {
        // What fails now is tried again: who follows keeps the version that it has.
        this.refresh({ signal: this.#stopped.signal })
          .catch(() => undefined)
          .finally(() => {
            if (this.#closing === undefined) again();
          });
      }, everyMs);
      // A process that has nothing else to do may end.
      (this.#timer as { unref?: () => void }).unref?.();
    };
    again();
  }

  async #openVersion(number: number | undefined): Promise<OpenVersion> {
    this.assertOpen();
    if (number === undefined || number === this.version) return this.opened.retain();
    if (!Number.isSafeInteger(number) || number < 0) {
      throw invalidArgument('version', `version must be a non-negative integer, not ${asText(number)}`);
    }
    if (number === 0) return OpenVersion.open(this.#pool, undefined);
    const newest = await this.#directory.newest(this.#definition, this.opened.state);
    const state = await keptVersion(this.#directory, newest, number);
    try {
      return await OpenVersion.open(this.#pool, state);
    } catch (error) {
      if (!(error instanceof GenerationGone)) throw error;
      throw notKept(this.uri, number);
    }
  }
}

/** Refuses options: calls of one turn share a commit, which can't have those of one of them. @throws {CairnError} `INVALID_ARGUMENT`. */
function refuseMore(more: readonly unknown[], method: string, change: string): void {
  if (more.every((argument) => argument === undefined)) return;
  throw invalidArgument(
    'options',
    `${method} takes no options, because calls of one turn share a commit: use commit([${change}], options)`,
  );
}

/** Options of the store that {@link Collection.toStore} writes: all but those that the collection determines. */
export type ToStoreOptions = Pick<
  CreateStoreOptions,
  'partitionBytes' | 'blockBytes' | 'compression' | 'hashIndex' | 'metadata' | 'buildId' | 'signal'
>;
