import type { Collection } from '../collection/collection.ts';
import { openCollection } from '../collection/open-collection.ts';
import { CairnError, isCairnError } from '../errors.ts';
import { type Location, locate } from '../io/uri.ts';
import { pathState } from '../store/manifest/path-state.ts';
import { StoreDirectory } from '../store/manifest/store-directory.ts';
import { type EntryTransaction, NO_ENTRIES } from './kv-changes.ts';

/** The directory of the collection below the root: names of stores seldom begin like this. */
const DIRECTORY = '_namespaces';

/** What the collection's metadata say. */
const METADATA = { cairnNamespaces: 1 } as const;

/** A collection of what entry-keys.ts lists. */
type Entries = Collection<string, unknown>;

/** How the collection is opened. */
export interface DatabaseOptions {
  readonly readOnly: boolean;
  /** What others have written is seen after at most so many milliseconds. */
  readonly refreshMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The collection that holds all namespaces of a root. It is made by the first write: reading an empty root
 * leaves it as it is.
 *
 * All namespaces share one collection, so that writes to any of them share a commit, an inherited value is
 * found without opening other collections, and no name of a namespace or key is ever the name of a file.
 */
export class KvDatabase {
  readonly uri: string;
  readonly #location: Location;
  readonly #options: DatabaseOptions;
  /** Milliseconds on a monotonic clock. */
  readonly #elapsed: () => number;
  #entries: Entries | undefined;
  /** When the newest version was asked for last. */
  #checkedAt = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(root: string | URL, options: DatabaseOptions, elapsed: () => number) {
    this.#location = locate(root, 'root');
    const { storage, path } = this.#location;
    this.uri = storage.uri(storage.join(path, DIRECTORY));
    this.#options = options;
    this.#elapsed = elapsed;
  }

  /**
   * Opens what is there, if anything. Damage is reported by each use instead, so that a server goes on with what else it has.
   *
   * @throws {CairnError} (as a rejection) what else `openCollection` throws.
   */
  static async open(
    root: string | URL,
    options: DatabaseOptions,
    elapsed: () => number,
  ): Promise<KvDatabase> {
    const database = new KvDatabase(root, options, elapsed);
    try {
      await database.#refresh(options.signal);
    } catch (error) {
      if (!isCairnError(error, 'CORRUPTION')) throw error;
    }
    return database;
  }

  /**
   * The collection, not older than `refreshMs`; undefined while nothing has been written below the root.
   *
   * @throws {CairnError} (as a rejection) `CLOSED`, what `refresh` throws.
   */
  async current(): Promise<Entries | undefined> {
    this.#assertOpen();
    if (this.#elapsed() - this.#checkedAt >= this.#options.refreshMs) {
      await this.#refreshed();
      this.#assertOpen();
    }
    return this.#entries;
  }

  /**
   * Commits what `change` does, which is run again as often as other writers are first.
   *
   * @param creates whether the collection is made if it is not there; otherwise the change sees {@link
   *   NO_ENTRIES} then.
   * @throws {CairnError} (as a rejection) `UNSUPPORTED` if nothing can be written, `CLOSED`, what `commit`
   *   throws.
   */
  async commit(change: (tx: EntryTransaction) => Promise<void>, creates: boolean): Promise<void> {
    this.assertWritable();
    if (this.#entries === undefined) await this.#refreshed();
    for (let attempt = 0; ; attempt++) {
      if (this.#entries === undefined) {
        if (!creates) return change(NO_ENTRIES);
        await this.#make();
      }
      // The change is made on top of the newest version that there is then.
      const began = this.#elapsed();
      try {
        await this.#entries?.commit(change, { retries: Number.MAX_SAFE_INTEGER });
        this.#checkedAt = Math.max(this.#checkedAt, began);
        return;
      } catch (error) {
        // The collection was deleted since it was opened.
        if (attempt > 0 || !isCairnError(error, 'NOT_FOUND')) throw error;
        await this.#forget();
      }
    }
  }

  /** @throws {CairnError} `UNSUPPORTED`, `CLOSED`. */
  assertWritable(): void {
    this.#assertOpen();
    if (!this.#options.readOnly) return;
    throw new CairnError('UNSUPPORTED', `the namespaces of ${this.#location.uri} are open for reading only`, {
      uri: this.#location.uri,
    });
  }

  /** Waits for the compaction that the last commit may have begun. */
  async settled(): Promise<void> {
    await this.#entries?.settled();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#refreshing?.catch(() => undefined);
    await this.#entries?.close();
  }

  /** @throws {CairnError} `CLOSED`. */
  #assertOpen(): void {
    if (this.#closing === undefined) return;
    throw new CairnError('CLOSED', `the namespaces of ${this.#location.uri} are closed`, {
      uri: this.#location.uri,
      resource: 'namespaces',
    });
  }

  /** Looks for the newest version, once for all that ask at the same time. */
  #refreshed(): Promise<void> {
    this.#refreshing ??= this.#refresh(undefined).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(signal: AbortSignal | undefined): Promise<void> {
    const began = this.#elapsed();
    try {
      await this.#entries?.refresh({ signal });
    } catch (error) {
      if (!isCairnError(error, 'NOT_FOUND')) throw error;
      await this.#forget();
    }
    if (this.#entries === undefined) {
      const opened = await this.#openIfThere(signal);
      // A write that began meanwhile may have opened it, too.
      if (this.#entries === undefined) this.#entries = opened;
      else await opened?.close();
    }
    this.#checkedAt = began;
  }

  /** Goes on without the collection, which was deleted. Another one may be there. */
  async #forget(): Promise<void> {
    const entries = this.#entries;
    this.#entries = undefined;
    await entries?.close();
  }

  async #openIfThere(signal: AbortSignal | undefined): Promise<Entries | undefined> {
    const { readOnly } = this.#options;
    let entries: Entries;
    try {
      entries = await openCollection<string, unknown>(this.uri, { readOnly, create: false, signal });
    } catch (error) {
      if (isCairnError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
    return this.#checked(entries);
  }

  /** Opens the collection, and makes it if it is not there. */
  async #make(): Promise<void> {
    await this.#refuseStore();
    const made = await openCollection<string, unknown>(this.uri, {
      keyEncoding: 'utf8',
      valueEncoding: 'msgpack',
      metadata: METADATA,
    });
    const entries = await this.#checked(made);
    // A read that began meanwhile may have opened it, too.
    if (this.#entries === undefined) this.#entries = entries;
    else await entries.close();
  }

  /** @throws {CairnError} `NOT_A_STORE` if the root is a store, a collection or a file. */
  async #refuseStore(): Promise<void> {
    const { uri } = this.#location;
    const state = await pathState(new StoreDirectory(this.#location));
    if (state === 'absent' || state === 'empty' || state === 'foreign') return;
    const what = state === 'file' ? 'a file' : state === 'collection' ? 'a collection' : 'a store';
    throw new CairnError(
      'NOT_A_STORE',
      `${uri} is ${what}, and namespaces lie in a directory beside stores: name that directory`,
      { uri },
    );
  }

  /** @throws {CairnError} `NOT_A_STORE` if the collection holds something else. */
  async #checked(entries: Entries): Promise<Entries> {
    const { cairnNamespaces } = entries.info.metadata;
    if (cairnNamespaces === METADATA.cairnNamespaces) return entries;
    await entries.close();
    if (cairnNamespaces !== undefined) {
      throw new CairnError(
        'UNSUPPORTED_FORMAT',
        `${this.uri} was written by a later version of cairnkv: upgrade it`,
        {
          uri: this.uri,
          found: String(cairnNamespaces),
          supported: String(METADATA.cairnNamespaces),
        },
      );
    }
    throw new CairnError('NOT_A_STORE', `${this.uri} is a collection, but not that of namespaces`, {
      uri: this.uri,
    });
  }
}
