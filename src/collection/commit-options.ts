import type { Progress } from '../progress.ts';
import type { Transaction } from './write/transaction.ts';

/** A change of one key, as an element of an iterable given to `commit`. */
export type Change<K, V> = { readonly set: readonly [K, V] } | { readonly delete: K };

/**
 * What a commit does: reads and changes in a function, or a list of changes. The function must not wait for other commits of
 * its own collection handle, which wait for it, and reads by its transaction alone: what it reads elsewhere may be older.
 */
export type Changes<K, V> =
  | ((tx: Transaction<K, V>) => void | Promise<void>)
  | Iterable<Change<K, V>>
  | AsyncIterable<Change<K, V>>;

/** How a change is committed. */
export interface CommitOptions {
  /**
   * Commits only if the contents are those of this version: `CONFLICT` at once otherwise. Compactions since then are of no
   * account.
   */
  readonly ifVersion?: number | undefined;
  /**
   * How often a function that has read something is run again because another writer was first; then `CONFLICT`.
   * Default: 10.
   */
  readonly retries?: number | undefined;
  /** Makes the change all that there is: everything else is gone. Default: false. */
  readonly replace?: boolean | undefined;
  /** Ends the work, as long as the commit is not decided. */
  readonly signal?: AbortSignal | undefined;
}

/** What a commit has done. */
export interface Commit {
  /** The version that it made; where nothing was to be changed, the one at which the collection stands. */
  readonly version: number;
  /** Keys that were set, by all calls that share the commit. */
  readonly sets: number;
  /** Keys that were deleted, whether they were there or not; of a range, those that were. */
  readonly deletes: number;
  /** Encoded bytes of the keys and values that were set and deleted. */
  readonly bytes: number;
}

/** How a collection is compacted. */
export interface CompactOptions {
  /** Merges all generations into one, which has no tombstones; default: only those for which it is worth it. */
  readonly full?: boolean | undefined;
  /** See `openCollection`'s `keepVersions`, which is the default. */
  readonly keepVersions?: number | undefined;
  /** Is told how many of the entries have been merged. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}
