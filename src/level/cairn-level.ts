import { AbstractLevel, type AbstractSnapshot } from 'abstract-level';
import type { Collection } from '../collection/collection.ts';
import type { Change } from '../collection/commit-options.ts';
import { deleteCollection } from '../collection/delete-collection.ts';
import type { RawCollection } from '../collection/raw-collection.ts';
import { countEntries } from '../collection/read/count-entries.ts';
import type { OpenVersion } from '../collection/read/open-version.ts';
import { entriesOf, bytesOf as storedBytes } from '../collection/version/version-state.ts';
import { isCairnError } from '../errors.ts';
import { EVERYTHING, type Range } from '../store/read/range.ts';
import { type Bounds, boundsOf, EntryWalk, type LevelRange } from './entry-walk.ts';
import { LevelError, levelError, rethrow } from './level-error.ts';
import {
  EntryIterator,
  type IteratorBase,
  type IteratorOptions,
  KeyIterator,
  ValueIterator,
} from './level-iterators.ts';
import { LevelLookup } from './level-lookup.ts';
import type { CairnLevelOpenOptions, CairnLevelOptions } from './level-options.ts';
import { LevelSnapshot } from './level-snapshot.ts';
import { type LevelSource, openSource } from './level-source.ts';
import { bytesOf, type Format, type Formatted, StoredKeys } from './stored-keys.ts';

/** The options of a look-up, as abstract-level hands them over. */
interface LookupOptions {
  readonly valueEncoding: Format;
  readonly snapshot?: AbstractSnapshot | undefined;
}

/** A step of a batch, as abstract-level hands it over. */
type Operation =
  | { readonly type: 'put'; readonly key: Formatted; readonly value: Formatted }
  | { readonly type: 'del'; readonly key: Formatted };

interface ClearOptions extends LevelRange {
  readonly reverse: boolean;
  /** −1 for no limit. */
  readonly limit: number;
  readonly snapshot?: AbstractSnapshot | undefined;
}

/** What encodes keys. */
interface Encoder {
  encode(key: unknown): Formatted;
}

/** What an open level works with. */
interface Opened {
  readonly source: LevelSource;
  readonly keys: StoredKeys;
  readonly lookup: LevelLookup;
}

/** Places whose bytes can be read without waiting. */
const LOCAL: RegExp = /^(?:file|memory):|^(?![a-z][a-z\d+.-]+:)/i;

/**
 * A database of [Level](https://github.com/Level/abstract-level) over a collection, which is made if nothing is there; or over
 * a plain store, or a collection with encodings of its own, read-only.
 *
 * What `put`, `del`, `batch` and `clear` have resolved for is on the disk: each is a commit, and all `put`, `del` and `batch` that
 * wait for the one before share one. Any number of processes may open one database, and write to it. A level reads what it has
 * written, and what others have written up to its last write; `follow` or `collection.refresh()` go on to the newest.
 *
 * Errors have Level's codes where there is one (`LEVEL_CORRUPTION`, `LEVEL_IO_ERROR`, `LEVEL_READONLY`), and the `CairnError`
 * as their cause.
 *
 * @example
 * ```ts
 * import { CairnLevel } from 'cairnkv/level';
 *
 * const db = new CairnLevel<string, { cents: number }>('memory:shop', { valueEncoding: 'json' });
 * await db.batch([
 *   { type: 'put', key: 'apple', value: { cents: 120 } },
 *   { type: 'put', key: 'pear', value: { cents: 90 } },
 * ]);
 * console.log(await db.get('apple')); // { cents: 120 }
 * console.log(await db.keys({ gt: 'b' }).all()); // [ 'pear' ]
 * await db.close();
 * ```
 */
export class CairnLevel<KDefault = string, VDefault = string> extends AbstractLevel<
  Formatted,
  KDefault,
  VDefault
> {
  readonly #location: string;
  #opened: Opened | undefined;

  /** @param location a URI or a path: of a collection or a store that is there, or of a new collection. */
  constructor(location: string | URL, options?: CairnLevelOptions<KDefault, VDefault>) {
    if (!(typeof location === 'string' || location instanceof URL) || `${location}` === '')
      throw new TypeError("The first argument 'location' must be a non-empty string or a URL");
    const uri = String(location);
    super(
      {
        encodings: { utf8: true, view: true },
        has: true,
        createIfMissing: true,
        errorIfExists: true,
        explicitSnapshots: true,
        permanence: !uri.startsWith('memory:'),
        additionalMethods: { approximateSize: true, compactRange: true },
        signals: { iterators: true },
        // Level's types don't know this one.
        ...{ getSync: LOCAL.test(uri) },
      },
      options,
    );
    this.#location = uri;
  }

  /** The URI or path that the constructor was given. */
  get location(): string {
    return this.#location;
  }

  /**
   * The collection underneath: its versions, `diff`, `revertTo`, `refresh`, `compact`. Its keys are the bytes of the level's
   * keys, but that one of zero bytes alone, as the empty one is, has one zero byte more. Undefined for a plain store and while
   * the level is not open.
   */
  get collection(): Collection<Uint8Array, Uint8Array> | undefined {
    return this.#opened?.source.raw?.collection;
  }

  /**
   * About how many bytes the entries from `start` up to `end` take in storage. Reads about a block at each end of a
   * generation; of a generation with deletions, the keys between.
   */
  async approximateSize<K = KDefault>(
    start: K,
    end: K,
    options: { readonly keyEncoding?: string | undefined } = {},
  ): Promise<number> {
    if (this.status === 'opening') return this.deferAsync(() => this.approximateSize(start, end, options));
    const { source, keys } = this.#open('approximateSize');
    const encoding = this.#keyEncoding(options.keyEncoding);
    const range: LevelRange = { gte: encoding.encode(start), lt: encoding.encode(end) };
    const bounds = { ...EVERYTHING, ...boundsOf(range, keys) };
    const version = source.current().retain();
    try {
      let bytes = 0;
      for (const reader of version.generations) {
        const { generation } = reader;
        const count = await countEntries([reader], bounds, () => undefined);
        bytes += (storedBytes(generation) * count) / Math.max(1, entriesOf(generation));
      }
      return Math.round(bytes);
    } catch (error) {
      throw levelError(error);
    } finally {
      version.release();
    }
  }

  /** Compacts the whole collection: `start` and `end` are of no account. Look-ups and scans are fastest afterwards. */
  async compactRange<K = KDefault>(
    start: K,
    end: K,
    options: { readonly keyEncoding?: string | undefined } = {},
  ): Promise<void> {
    if (this.status === 'opening') return this.deferAsync(() => this.compactRange(start, end, options));
    this.#open('compactRange');
    await this.#write(({ collection }) => collection.compact({ full: true }));
  }

  /** Removes a level's collection. Nothing happens if there is none. @throws {CairnError} (as a rejection) as `deleteCollection`. */
  static async destroy(location: string | URL): Promise<void> {
    try {
      await deleteCollection(location);
    } catch (error) {
      if (!isCairnError(error, 'NOT_FOUND')) throw error;
    }
  }

  // What abstract-level calls --------------------------------------------------------------------------------

  /** @internal */
  async _open(options: CairnLevelOpenOptions): Promise<void> {
    const source = await openSource(this.#location, options).catch(rethrow);
    const keys = new StoredKeys(source.keyEncoding === 'binary');
    this.#opened = { source, keys, lookup: new LevelLookup(keys) };
  }

  /** @internal */
  async _close(): Promise<void> {
    const opened = this.#opened;
    await opened?.source.close().catch(rethrow);
    this.#opened = undefined;
  }

  /** @internal */
  async _get(key: Formatted, { valueEncoding, snapshot }: LookupOptions): Promise<Formatted | undefined> {
    const { lookup, source } = this.#opened as Opened;
    try {
      return await lookup.get(versionOf(source, snapshot), key, valueEncoding);
    } catch (error) {
      throw levelError(error);
    }
  }

  /** @internal */
  _getSync(key: Formatted, { valueEncoding, snapshot }: LookupOptions): Formatted | undefined {
    const { lookup, source } = this.#opened as Opened;
    try {
      return lookup.getSync(versionOf(source, snapshot), key, valueEncoding);
    } catch (error) {
      throw levelError(error);
    }
  }

  /** @internal */
  async _getMany(
    keys: readonly Formatted[],
    { valueEncoding, snapshot }: LookupOptions,
  ): Promise<(Formatted | undefined)[]> {
    const { lookup, source } = this.#opened as Opened;
    const version = versionOf(source, snapshot);
    return allOf(keys, (key) => lookup.get(version, key, valueEncoding));
  }

  /** @internal */
  async _has(key: Formatted, { snapshot }: LookupOptions): Promise<boolean> {
    const [found] = await this._hasMany([key], { snapshot });
    return found;
  }

  /** @internal */
  async _hasMany(
    keys: readonly Formatted[],
    { snapshot }: Pick<LookupOptions, 'snapshot'>,
  ): Promise<boolean[]> {
    const { lookup, source } = this.#opened as Opened;
    const version = versionOf(source, snapshot);
    const found = await allOf(keys, (key) => lookup.has(version, key));
    return found.map((one) => one === true);
  }

  /** @internal */
  _put(key: Formatted, value: Formatted): Promise<void> {
    const { keys } = this.#opened as Opened;
    return this.#write(({ collection }) => collection.set(keys.encode(key), bytesOf(value)));
  }

  /** @internal */
  _del(key: Formatted): Promise<void> {
    const { keys } = this.#opened as Opened;
    return this.#write(({ collection }) => collection.delete(keys.encode(key)));
  }

  /** @internal */
  _batch(operations: readonly Operation[]): Promise<void> {
    const { keys } = this.#opened as Opened;
    return this.#write((raw) => raw.apply(operations.map((operation) => changeOf(operation, keys))));
  }

  /** @internal */
  _clear(options: ClearOptions): Promise<void> {
    const { keys } = this.#opened as Opened;
    const bounds = boundsOf(options, keys);
    const { reverse, limit, snapshot } = options;
    return this.#write(({ collection }) => {
      if (snapshot !== undefined) {
        const { version } = snapshot as LevelSnapshot;
        return collection.commit(deletionsOf(version, bounds, reverse, limit));
      }
      const range = rangeOf(bounds);
      return collection.commit(async (tx) => {
        if (limit < 0) return tx.deleteRange(range);
        for await (const [key] of tx.entries({ ...range, reverse, limit })) {
          const waiting = tx.delete(key);
          if (waiting !== undefined) await waiting;
        }
      });
    });
  }

  /** @internal */
  _iterator(options: IteratorOptions & LookupOptions): unknown {
    return new EntryIterator(this, options, this.#base(options));
  }

  /** @internal */
  _keys(options: IteratorOptions & LookupOptions): unknown {
    return new KeyIterator(this, options, this.#base(options));
  }

  /** @internal */
  _values(options: IteratorOptions & LookupOptions): unknown {
    return new ValueIterator(this, options, this.#base(options));
  }

  /** @internal */
  _snapshot(options: object): LevelSnapshot {
    return new LevelSnapshot((this.#opened as Opened).source.current(), options);
  }

  #base({ snapshot }: LookupOptions): IteratorBase {
    const { source, keys } = this.#opened as Opened;
    return { version: versionOf(source, snapshot), keys };
  }

  #keyEncoding(name: string | undefined): Encoder {
    // Level's types know the encodings by their names, not those that a program has added.
    return name === undefined ? (this.keyEncoding() as Encoder) : this.keyEncoding(name as 'utf8');
  }

  #open(method: string): Opened {
    if (this.status === 'open' && this.#opened !== undefined) return this.#opened;
    throw new LevelError('LEVEL_DATABASE_NOT_OPEN', `Database is not open: cannot call ${method}()`);
  }

  async #write(change: (raw: RawCollection) => Promise<unknown>): Promise<void> {
    const { raw, keyEncoding, valueEncoding } = (this.#opened as Opened).source;
    if (raw === undefined)
      throw readOnly(`${this.#location} is a plain store, which never changes: it can only be read`);
    if (keyEncoding !== 'binary' || valueEncoding !== 'binary') {
      throw readOnly(
        `${this.#location} has keys that are '${keyEncoding}' and values that are '${valueEncoding}': a level only reads ` +
          'them. Change it with openCollection',
      );
    }
    try {
      await change(raw);
    } catch (error) {
      if (isCairnError(error, 'UNSUPPORTED')) throw readOnly(error.message, error);
      throw levelError(error);
    }
  }
}

function readOnly(message: string, cause?: unknown): LevelError {
  return new LevelError('LEVEL_READONLY', message, cause);
}

function versionOf(source: LevelSource, snapshot: AbstractSnapshot | null | undefined): OpenVersion {
  return (snapshot as LevelSnapshot | null | undefined)?.version ?? source.current();
}

/** Looks keys up, and waits for those of the answers that are not there yet. */
async function allOf<T>(keys: readonly Formatted[], find: (key: Formatted) => T | Promise<T>): Promise<T[]> {
  const found: (T | Promise<T>)[] = [];
  let isLater = false;
  try {
    for (const key of keys) {
      const answer = find(key);
      if (answer instanceof Promise) isLater = true;
      found.push(answer);
    }
    return isLater ? await Promise.all(found) : (found as T[]);
  } catch (error) {
    throw levelError(error);
  }
}

function changeOf(operation: Operation, keys: StoredKeys): Change<Uint8Array, Uint8Array> {
  const key = keys.encode(operation.key);
  return operation.type === 'put' ? { set: [key, bytesOf(operation.value)] } : { delete: key };
}

/** Deletions of the keys of a version that are in a range. */
async function* deletionsOf(
  version: OpenVersion,
  bounds: Bounds,
  reverse: boolean,
  limit: number,
): AsyncIterableIterator<{ readonly delete: Uint8Array }> {
  const walk = new EntryWalk(version, new StoredKeys(false), {
    bounds,
    reverse,
    keyFormat: 'view',
    valueFormat: 'view',
    wantsKeys: true,
    wantsValues: false,
    signal: undefined,
  });
  let left = limit < 0 ? Number.POSITIVE_INFINITY : limit;
  try {
    for (; left > 0 && (await walk.step(left)); left--) {
      yield { delete: walk.key() as Uint8Array };
      walk.advance();
    }
  } finally {
    walk.close();
  }
}

function rangeOf({ lower, upper }: Bounds): Range<Uint8Array> {
  return {
    ...(lower && (lower.inclusive ? { gte: lower.key } : { gt: lower.key })),
    ...(upper && (upper.inclusive ? { lte: upper.key } : { lt: upper.key })),
  };
}
