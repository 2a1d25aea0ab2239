import { checkOptions } from '../check-options.ts';
import { loadTemporal } from '../codec/temporal.ts';
import { CairnError, invalidArgument } from '../errors.ts';
import type { KvChanges, KvSet } from './kv-changes.ts';
import { entryOf, type KvEntry, type KvListing, type KvRevision, listingOf, revisionOf } from './kv-entry.ts';
import type { KvReader } from './kv-reader.ts';
import { isExpired, isLive } from './kv-records.ts';
import { kvTextOf } from './kv-text.ts';
import type { KvValue } from './kv-type.ts';
import { kvValueOf } from './kv-value.ts';
import { checkKey } from './names.ts';
import {
  checkPurgeOptions,
  checkSetOptions,
  checkSetting,
  count,
  type DeleteOptions,
  type EntryOptions,
  flag,
  type GetOptions,
  type KeysOptions,
  type KvSetting,
  type ListOptions,
  optionalText,
  type PurgeOptions,
  type SetOptions,
} from './namespace-options.ts';
import { purge } from './purge.ts';
import type { SharedWriter } from './shared-writer.ts';
import { expiryOf } from './ttl.ts';

/** What a namespace stands on; all namespaces of a root have it in common. */
export interface NamespaceParts {
  readonly uri: string;
  readonly reader: KvReader;
  readonly writer: SharedWriter;
  readonly clock: () => number;
  /** @throws {CairnError} `UNSUPPORTED` if nothing can be written, `CLOSED`. */
  assertWritable(): void;
}

/**
 * Typed values by keys, each with a revision, dates, and perhaps an end and a description. Made by
 * `Namespaces.namespace`.
 *
 * Reading shows what this process has written as soon as the promise of the write has resolved, and what
 * other processes have written within `refreshMs`. Reading never writes: an expired value stays on disk
 * until it is purged, and masks the revisions before it.
 */
export class Namespace {
  /** Its name: one or more parts joined by dots. */
  readonly name: string;
  readonly #parts: NamespaceParts;

  /** @internal Use `Namespaces.namespace`. */
  constructor(name: string, parts: NamespaceParts) {
    this.name = name;
    this.#parts = parts;
  }

  // Writing --------------------------------------------------------------------------------------------------

  /**
   * Sets a key, and makes the namespace if it is not there. The promise resolves with the new revision when
   * it is durable. Calls that are made while others are under way share a commit.
   *
   * @throws {CairnError} (as a rejection) `ALREADY_EXISTS` with `overwrite: false` if the key is there,
   *   decided atomically also among processes; `CONFLICT` with `ifRevision`; `INVALID_ARGUMENT`,
   *   `TOO_LARGE` above 16 MiB; `UNSUPPORTED` if nothing can be written or if dates need a package that is
   *   missing; `IO` (with `unanswered` if the value may be set all the same), `CLOSED`.
   *
   * @example
   * ```ts
   * import { openNamespaces } from 'cairnkv/namespace';
   *
   * const namespaces = await openNamespaces('memory:sets');
   * const team = namespaces.namespace('company.team');
   * await team.set('cursor', 41);
   * console.log(await team.set('cursor', 42), await team.get('cursor')); // { revision: 2 } 42
   * await namespaces.close();
   * ```
   */
  async set(key: string, value: unknown, options: SetOptions = {}): Promise<{ readonly revision: number }> {
    this.#parts.assertWritable();
    const [revision] = await this.#set([setOf(key, value, options)]);
    return { revision };
  }

  /**
   * Sets keys in one commit: all of them, or none if one is refused. Of a key that occurs twice, each
   * counts a revision, and the last one stays. Returns the revisions in the order of the settings.
   *
   * @throws {CairnError} (as a rejection) as {@link set} does.
   */
  async setMany(settings: Iterable<KvSetting>): Promise<{ readonly revision: number }[]> {
    this.#parts.assertWritable();
    const sets = listOf(settings, 'settings').map(setOfSetting);
    const revisions = await this.#set(sets);
    return revisions.map((revision) => ({ revision }));
  }

  /**
   * Deletes a key. Its revisions stay in {@link history} until a purge, and its revision counts on. Returns
   * whether it was there; an expired key was not.
   *
   * @throws {CairnError} (as a rejection) `NOT_FOUND` with `errorOnMissing`, `CONFLICT` with `ifRevision`;
   *   `INVALID_ARGUMENT`, `UNSUPPORTED`, `IO`, `CLOSED`.
   */
  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    this.#parts.assertWritable();
    checkKey(key);
    const { ifRevision, ...rest } = checkOptions(options, ['errorOnMissing', 'ifRevision']);
    const isError = flag('errorOnMissing', rest.errorOnMissing, false);
    if (ifRevision !== undefined) count('ifRevision', ifRevision, 1);
    const wasThere = await this.#parts.writer.run(
      (changes) => changes.delete(this.name, key, ifRevision),
      false,
    );
    if (!wasThere && isError) throw await this.#missing(key);
    return wasThere;
  }

  /** Deletes keys in one commit. Returns those that were there, in the order given. */
  async deleteMany(keys: Iterable<string>): Promise<string[]> {
    this.#parts.assertWritable();
    const wanted = new Set(listOf(keys, 'keys').map(checkKey));
    return this.#parts.writer.run(async (changes) => {
      const deleted: string[] = [];
      for (const key of wanted) if (await changes.delete(this.name, key)) deleted.push(key);
      return deleted;
    }, false);
  }

  /**
   * Removes what is not needed any more: by default expired keys and what is left of deleted ones, with all
   * their revisions. Works in commits of 1000 keys, so that others can write meanwhile. Returns how many
   * keys, or revisions, were removed.
   *
   * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `UNSUPPORTED`, `IO`, `CLOSED`.
   */
  async purge(options: PurgeOptions = {}): Promise<{ readonly size: number }> {
    const checked = await checkPurgeOptions(options);
    this.#parts.assertWritable();
    return { size: await purge(this.name, checked, this.#parts) };
  }

  // Reading --------------------------------------------------------------------------------------------------

  /**
   * The value of a key, or `undefined`. Costs two look-ups in memory, or a block read each.
   *
   * @throws {CairnError} (as a rejection) `NOT_FOUND` with `errorOnMissing`; `INVALID_ARGUMENT`,
   *   `CORRUPTION`, `UNSUPPORTED`, `IO`, `CLOSED`.
   */
  async get(key: string, options: GetOptions = {}): Promise<KvValue | undefined> {
    checkKey(key);
    const isError = flag('errorOnMissing', checkOptions(options, ['errorOnMissing']).errorOnMissing, false);
    const found = await this.#parts.reader.find(this.name, key);
    if (found !== undefined && isLive(found.head, this.#parts.clock())) return kvValueOf(found.record);
    if (isError) throw await this.#missing(key);
    return undefined;
  }

  /**
   * A key with its value and all that is known of it, or `undefined`. @throws {CairnError} (as a rejection)
   * as {@link get}.
   */
  async entry(key: string, options: EntryOptions = {}): Promise<KvEntry | undefined> {
    checkKey(key);
    const { includeExpired } = checkOptions(options, ['includeExpired']);
    const withExpired = flag('includeExpired', includeExpired, false);
    const found = await this.#parts.reader.find(this.name, key);
    const nowMs = this.#parts.clock();
    if (found === undefined || (isExpired(found.head, nowMs) && !withExpired)) return undefined;
    return entryOf(key, found.head, found.record, nowMs, await loadTemporal());
  }

  /** The keys in order. @throws {CairnError} (as a rejection) as {@link list}. */
  async keys(options: KeysOptions = {}): Promise<string[]> {
    const prefix = optionalText('prefix', checkOptions(options, ['prefix']).prefix);
    const nowMs = this.#parts.clock();
    const keys: string[] = [];
    for await (const [key, head] of this.#parts.reader.heads(this.name, { prefix }))
      if (!isExpired(head, nowMs)) keys.push(key);
    return keys;
  }

  /**
   * Yields the keys in order with what is known of them, as they are at the beginning. Reads no values.
   * `break` ends the reading.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` at once; what is read may reject with `CORRUPTION`, `IO`,
   *   `CLOSED`.
   */
  list(options: ListOptions = {}): AsyncIterableIterator<KvListing> {
    const own = checkOptions(options, ['prefix', 'after', 'limit', 'includeExpired']);
    const { limit = Number.POSITIVE_INFINITY } = own;
    if (limit !== Number.POSITIVE_INFINITY) count('limit', limit, 0);
    const withExpired = flag('includeExpired', own.includeExpired, false);
    const range = { prefix: optionalText('prefix', own.prefix), after: optionalText('after', own.after) };
    return this.#list(range, limit, withExpired);
  }

  /**
   * The revisions of a key that are kept, the newest first: also those of a deleted or expired key, until
   * it is purged.
   */
  async history(key: string): Promise<KvRevision[]> {
    checkKey(key);
    const temporal = await loadTemporal();
    const revisions: KvRevision[] = [];
    for await (const [revision, record] of this.#parts.reader.records(this.name, key, true))
      revisions.push(revisionOf(revision, record, temporal));
    return revisions;
  }

  /** Takes its place among the writes of the process at once, also while values are being checked. */
  #set(sets: readonly Promise<KvSet>[]): Promise<number[]> {
    const { writer } = this.#parts;
    const all = Promise.all(sets);
    return writer.run(
      all.then((checked) => (changes: KvChanges) => changes.set(this.name, checked)),
      true,
    );
  }

  async *#list(
    range: { readonly prefix: string | undefined; readonly after: string | undefined },
    limit: number,
    withExpired: boolean,
  ): AsyncIterableIterator<KvListing> {
    if (limit === 0) return;
    const temporal = await loadTemporal();
    const nowMs = this.#parts.clock();
    let listed = 0;
    for await (const [key, head] of this.#parts.reader.heads(this.name, range)) {
      if (isExpired(head, nowMs) && !withExpired) continue;
      yield listingOf(key, head, nowMs, temporal);
      if (++listed >= limit) return;
    }
  }

  /** The error for a key that is not there, or not any more. */
  async #missing(key: string): Promise<CairnError> {
    const { reader, clock, uri } = this.#parts;
    const head = await reader.head(this.name, key);
    const message =
      head !== undefined && isExpired(head, clock())
        ? `The requested value has expired: key '${key}' in namespace '${this.name}'`
        : `No value found for key '${key}' in namespace '${this.name}' and \`errorOnMissing\` is set to true`;
    return new CairnError('NOT_FOUND', message, { uri });
  }
}

async function setOfSetting(setting: KvSetting): Promise<KvSet> {
  const { key, value, ...options } = checkSetting(setting);
  return setOf(key, value, options);
}

async function setOf(key: unknown, value: unknown, options: SetOptions): Promise<KvSet> {
  const { type, ttl, description, overwrite, ifRevision } = checkSetOptions(options);
  return {
    key: checkKey(key),
    value: await kvTextOf(value, type),
    expiry: ttl === undefined ? undefined : await expiryOf(ttl),
    description,
    overwrite,
    ifRevision,
  };
}

/** @throws {CairnError} `INVALID_ARGUMENT` for what is no list. */
function listOf<T>(list: Iterable<T>, name: string): T[] {
  if (typeof list === 'object' && list !== null && Symbol.iterator in list) return [...list];
  throw invalidArgument(name, `${name} must be an array or another iterable`);
}
