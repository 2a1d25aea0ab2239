import type { Transaction } from '../collection/write/transaction.ts';
import { CairnError } from '../errors.ts';
import { headKey, headsOf, nameKey, recordKey, recordsOf } from './entry-keys.ts';
import { decodeHead, encodeHead, encodeRecord, isLive, type KvHead } from './kv-records.ts';
import type { KvText } from './kv-type.ts';
import type { Expiry } from './ttl.ts';

/** Revisions up to this number are deleted one by one. */
const MAX_DELETES = 32;

/** A value to be set, and how. */
export interface KvSet {
  readonly key: string;
  readonly value: KvText;
  readonly expiry: Expiry | undefined;
  readonly description: string | undefined;
  readonly overwrite: boolean;
  readonly ifRevision: number | undefined;
}

/** What changes read and write: a transaction of the collection. */
export type EntryTransaction = Pick<
  Transaction<string, unknown>,
  'get' | 'has' | 'set' | 'delete' | 'deleteRange'
>;

/**
 * The transaction of a collection that is not there: it has no entries, and nothing that finds none sets
 * any.
 */
export const NO_ENTRIES: EntryTransaction = {
  get: async () => undefined,
  has: async () => false,
  set: refuseToWrite,
  delete: refuseToWrite,
  deleteRange: refuseToWrite,
};

function refuseToWrite(): never {
  throw new CairnError('UNSUPPORTED', 'a change that makes nothing was about to write');
}

/** What changes do within a transaction. Each method throws before it changes anything, or changes all. */
export class KvChanges {
  readonly nowMs: number;
  readonly #tx: EntryTransaction;
  readonly #uri: string;
  readonly #keepVersions: number;

  constructor(
    tx: EntryTransaction,
    { uri, nowMs, keepVersions }: { uri: string; nowMs: number; keepVersions: number },
  ) {
    this.nowMs = nowMs;
    this.#tx = tx;
    this.#uri = uri;
    this.#keepVersions = keepVersions;
  }

  async head(name: string, key: string): Promise<KvHead | undefined> {
    const at = headKey(name, key);
    const found = await this.#tx.get(at);
    return found === undefined ? undefined : decodeHead(found, at, this.#uri);
  }

  /** Returns whether the namespace was made. */
  async create(name: string): Promise<boolean> {
    if (await this.#tx.has(nameKey(name))) return false;
    await this.#tx.set(nameKey(name), [this.nowMs]);
    return true;
  }

  /** Deletes a namespace with all it holds. Returns whether it was there. */
  async deleteNamespace(name: string): Promise<boolean> {
    if (!(await this.#tx.has(nameKey(name)))) return false;
    this.#tx.deleteRange({ prefix: headsOf(name) });
    this.#tx.deleteRange({ prefix: recordsOf(name) });
    await this.#tx.delete(nameKey(name));
    return true;
  }

  /**
   * Sets keys: all, or none if one of them is refused. Returns their revisions.
   *
   * @throws {CairnError} (as a rejection) `ALREADY_EXISTS`, `CONFLICT`, `INVALID_ARGUMENT` for an
   *   expiration beyond all dates.
   */
  async set(name: string, sets: readonly KvSet[]): Promise<number[]> {
    const heads = new Map<string, KvHead | undefined>();
    const prepared: { readonly set: KvSet; readonly head: KvHead; readonly before: KvHead | undefined }[] =
      [];
    for (const set of sets) {
      const { key } = set;
      const before = heads.has(key) ? heads.get(key) : await this.head(name, key);
      const head = this.#headAfter(name, set, before);
      heads.set(key, head);
      prepared.push({ set, head, before });
    }
    if (prepared.length > 0) await this.create(name);
    for (const { set, head, before } of prepared) await this.#put(name, set, head, before);
    return prepared.map(({ head }) => head.revision);
  }

  /**
   * Deletes a key that is live. Its revisions stay. Returns whether it was. @throws {CairnError}
   * `CONFLICT`.
   */
  async delete(name: string, key: string, ifRevision?: number): Promise<boolean> {
    const head = await this.head(name, key);
    const isThere = head !== undefined && isLive(head, this.nowMs);
    refuseOther(name, key, ifRevision, isThere ? head.revision : 0);
    if (!isThere) return false;
    await this.#tx.set(
      headKey(name, key),
      encodeHead({ ...head, isDeleted: true, expiresMs: undefined, updatedMs: this.nowMs }),
    );
    return true;
  }

  /** Removes a key and its revisions, as if it had never been. */
  async remove(name: string, key: string, head: KvHead): Promise<void> {
    await this.#tx.delete(headKey(name, key));
    await this.#removeRecords(name, key, head.oldest, head.revision + 1);
  }

  /** Removes the revisions of a key that are older than `oldest`. */
  async removeOlder(name: string, key: string, head: KvHead, oldest: number): Promise<void> {
    await this.#removeRecords(name, key, head.oldest, oldest);
    await this.#tx.set(headKey(name, key), encodeHead({ ...head, oldest }));
  }

  #headAfter(
    name: string,
    { key, value, expiry, description, overwrite, ifRevision }: KvSet,
    before: KvHead | undefined,
  ): KvHead {
    const { nowMs } = this;
    const live = before !== undefined && isLive(before, nowMs) ? before : undefined;
    refuseOther(name, key, ifRevision, live?.revision ?? 0);
    if (live !== undefined && !overwrite) {
      throw new CairnError(
        'ALREADY_EXISTS',
        `Cannot set value for key '${key}'. Key already exists and \`overwrite\` is set to \`false\`.`,
        { uri: this.#uri },
      );
    }
    const revision = (before?.revision ?? 0) + 1;
    return {
      revision,
      oldest: Math.max(before?.oldest ?? revision, revision - this.#keepVersions + 1),
      createdMs: live?.createdMs ?? nowMs,
      updatedMs: nowMs,
      expiresMs: expiry?.(nowMs),
      type: value.type,
      description,
      isDeleted: false,
    };
  }

  async #put(name: string, { key, value }: KvSet, head: KvHead, before: KvHead | undefined): Promise<void> {
    await this.#tx.set(recordKey(name, key, head.revision), encodeRecord({ ...head, ...value }));
    await this.#tx.set(headKey(name, key), encodeHead(head));
    if (before !== undefined) await this.#removeRecords(name, key, before.oldest, head.oldest);
  }

  async #removeRecords(name: string, key: string, from: number, to: number): Promise<void> {
    // A range costs a look at all changes of the commit, whatever it holds.
    if (to - from > MAX_DELETES)
      return this.#tx.deleteRange({ gte: recordKey(name, key, from), lt: recordKey(name, key, to) });
    for (let revision = from; revision < to; revision++)
      await this.#tx.delete(recordKey(name, key, revision));
  }
}

function refuseOther(name: string, key: string, expected: number | undefined, found: number): void {
  if (expected === undefined || expected === found) return;
  const what = found === 0 ? 'is not there' : `is at revision ${found}`;
  throw new CairnError(
    'CONFLICT',
    `the key '${key}' in namespace '${name}' ${what}, not at revision ${expected}: read it again`,
  );
}
