import { headKey, headsOf, NAMES, nameKey, recordKey, recordsOfKey, revisionIn } from './entry-keys.ts';
import type { KvDatabase } from './kv-database.ts';
import { damaged, decodeHead, decodeRecord, type KvHead, type KvRecord } from './kv-records.ts';

/** A key's head, and the record of its newest revision. */
export interface FoundKey {
  readonly head: KvHead;
  readonly record: KvRecord;
}

/**
 * Reads what entry-keys.ts lists. Knows no clock: whether something has expired is for its callers to say.
 */
export class KvReader {
  readonly #database: KvDatabase;

  constructor(database: KvDatabase) {
    this.#database = database;
  }

  /** The head of a key that was not deleted. */
  async head(name: string, key: string): Promise<KvHead | undefined> {
    const entries = await this.#database.current();
    const at = headKey(name, key);
    const found = await entries?.get(at);
    if (found === undefined) return undefined;
    const head = decodeHead(found, at, this.#database.uri);
    return head.isDeleted ? undefined : head;
  }

  /** A key that was not deleted. */
  async find(name: string, key: string): Promise<FoundKey | undefined> {
    let missing: number | undefined;
    for (;;) {
      const head = await this.head(name, key);
      if (head === undefined) return undefined;
      const at = recordKey(name, key, head.revision);
      const found = await (await this.#database.current())?.get(at);
      if (found !== undefined) return { head, record: decodeRecord(found, at, this.#database.uri) };
      // Between the two look-ups the key may have been set again, and its older revisions removed.
      if (missing === head.revision) throw damaged(at, this.#database.uri);
      missing = head.revision;
    }
  }

  async hasNamespace(name: string): Promise<boolean> {
    return (await (await this.#database.current())?.has(nameKey(name))) ?? false;
  }

  /** The names of the namespaces that begin with a prefix, in order. */
  async names(prefix: string): Promise<string[]> {
    const entries = await this.#database.current();
    const names: string[] = [];
    if (entries === undefined) return names;
    for await (const at of entries.keys({ prefix: NAMES + prefix })) names.push(at.slice(NAMES.length));
    return names;
  }

  /**
   * The keys of a namespace that were not deleted, with their heads, in order, as they are when this is
   * called.
   */
  async *heads(
    name: string,
    { prefix = '', after }: { readonly prefix?: string | undefined; readonly after?: string | undefined },
  ): AsyncIterableIterator<[key: string, head: KvHead]> {
    const entries = await this.#database.current();
    if (entries === undefined) return;
    const start = headsOf(name);
    const range = {
      prefix: start + prefix,
      ...(after === undefined ? {} : { gt: start + after }),
    };
    for await (const [at, value] of entries.entries(range)) {
      const head = decodeHead(value, at, this.#database.uri);
      if (!head.isDeleted) yield [at.slice(start.length), head];
    }
  }

  /** All heads of a namespace, also of deleted keys. */
  async *allHeads(name: string): AsyncIterableIterator<[key: string, head: KvHead]> {
    const entries = await this.#database.current();
    if (entries === undefined) return;
    const start = headsOf(name);
    for await (const [at, value] of entries.entries({ prefix: start }))
      yield [at.slice(start.length), decodeHead(value, at, this.#database.uri)];
  }

  /** The kept revisions of a key, the newest first. */
  async *records(
    name: string,
    key: string,
    reverse: boolean,
  ): AsyncIterableIterator<[revision: number, record: KvRecord]> {
    const entries = await this.#database.current();
    if (entries === undefined) return;
    for await (const [at, value] of entries.entries({ prefix: recordsOfKey(name, key), reverse }))
      yield [revisionIn(at), decodeRecord(value, at, this.#database.uri)];
  }
}
