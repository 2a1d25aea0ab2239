/**
 * Where a namespace's parts are in the collection that holds all namespaces of a root:
 *
 * | key | value |
 * |---|---|
 * | `n/<namespace>` | when it was made |
 * | `k/<namespace>/<key>` | the key's `KvHead` |
 * | `r/<namespace>/<key>/<revision>` | a kept revision: `KvRecord` |
 *
 * Names and keys contain no slash, hence no two of these are equal, and a prefix that ends in a slash is
 * exact. Values are apart from what a listing shows, so that listing many keys reads no values.
 */
export const NAMES = 'n/';

/** A revision has 16 digits, so that revisions are in the order of their numbers. */
const REVISION_DIGITS = 16;

export function nameKey(name: string): string {
  return `${NAMES}${name}`;
}

/** The prefix of the heads of a namespace. */
export function headsOf(name: string): string {
  return `k/${name}/`;
}

export function headKey(name: string, key: string): string {
  return `k/${name}/${key}`;
}

/** The prefix of all records of a namespace. */
export function recordsOf(name: string): string {
  return `r/${name}/`;
}

/** The prefix of the records of a key. */
export function recordsOfKey(name: string, key: string): string {
  return `r/${name}/${key}/`;
}

export function recordKey(name: string, key: string, revision: number): string {
  return recordsOfKey(name, key) + String(revision).padStart(REVISION_DIGITS, '0');
}

/** The number in the key of a record. */
export function revisionIn(key: string): number {
  return Number(key.slice(key.lastIndexOf('/') + 1));
}
