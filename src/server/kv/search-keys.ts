import type { KvListing } from '../../namespace/kv-entry.ts';
import type { Namespaces } from '../../namespace/namespaces.ts';
import { unprocessable } from '../refusal.ts';

/** A key, and the namespace that has it. */
export interface FoundKey {
  readonly namespace: string;
  readonly listed: KvListing;
}

/** Which page of the found keys is wanted. */
export interface SearchedPage {
  /** From 1 on. */
  readonly page: number;
  readonly size: number;
  /** Of each a member, a colon, and `asc` or `desc`. */
  readonly sort: readonly string[] | undefined;
}

type Member = 'key' | 'namespace' | 'creationDate' | 'updateDate' | 'expirationDate' | 'revision';

/** The members by which keys are sorted, by Kestra's names. */
const MEMBERS: Readonly<Record<string, Member>> = {
  key: 'key',
  name: 'key',
  namespace: 'namespace',
  creationDate: 'creationDate',
  created: 'creationDate',
  updateDate: 'updateDate',
  updated: 'updateDate',
  expirationDate: 'expirationDate',
  revision: 'revision',
  version: 'revision',
};

type Test = (text: string, value: string) => boolean;

const OPERATIONS: Readonly<Record<string, Test>> = {
  EQUALS: (text, value) => text === value,
  NOT_EQUALS: (text, value) => text !== value,
  IN: (text, value) => value.split(',').includes(text),
  NOT_IN: (text, value) => !value.split(',').includes(text),
  STARTS_WITH: (text, value) => text.startsWith(value),
  ENDS_WITH: (text, value) => text.endsWith(value),
  CONTAINS: (text, value) => text.includes(value),
  // A namespace and those below it.
  PREFIX: (text, value) => text === value || text.startsWith(`${value}.`),
};

/**
 * Finds the keys of all namespaces that meet the filters and have not expired, sorts them, and returns a page of them and how
 * many there are. Reads what is listed of every key of the namespaces that the filters allow.
 *
 * @throws {Refusal} 422 for a member or filter that does not exist.
 */
export async function searchKeys(
  namespaces: Namespaces,
  query: URLSearchParams,
  { page, size, sort }: SearchedPage,
): Promise<{ readonly found: readonly FoundKey[]; readonly total: number }> {
  const comparators = [...(sort ?? []), 'key:asc', 'namespace:asc'].map(comparator);
  const compare = (a: FoundKey, b: FoundKey): number => {
    for (const one of comparators) {
      const order = one(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };
  const isWanted = filterOf(query);
  const found: FoundKey[] = [];
  for (const namespace of await namespaces.list()) {
    if (!isWanted.namespace(namespace)) continue;
    for await (const listed of namespaces.namespace(namespace).list()) {
      if (isWanted.key(listed.key)) found.push({ namespace, listed });
    }
  }
  found.sort(compare);
  return { found: found.slice((page - 1) * size, page * size), total: found.length };
}

function comparator(sort: string): (a: FoundKey, b: FoundKey) => number {
  const [, name = '', direction] = /^(\w+):(asc|desc)$/i.exec(sort) ?? [];
  const member = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined;
  if (member === undefined) {
    throw unprocessable(
      `sort: write one of ${Object.keys(MEMBERS).join(', ')}, and :asc or :desc, not ${JSON.stringify(sort.slice(0, 60))}`,
    );
  }
  const sign = direction.toLowerCase() === 'asc' ? 1 : -1;
  return (a, b) => sign * compareBy(member, a, b);
}

/** Keys without an end come after all that have one. */
function compareBy(member: Member, a: FoundKey, b: FoundKey): number {
  const [x, y] = [sortable(member, a), sortable(member, b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function sortable(member: Member, { namespace, listed }: FoundKey): string | number {
  if (member === 'namespace') return namespace;
  const value = listed[member];
  if (typeof value === 'string' || typeof value === 'number') return value;
  return value?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
}

function filterOf(query: URLSearchParams): {
  readonly namespace: (name: string) => boolean;
  readonly key: (key: string) => boolean;
} {
  const names: ((text: string) => boolean)[] = [];
  const keys: ((text: string) => boolean)[] = [];
  for (const [name, value] of query) {
    if (name === 'page' || name === 'size' || name === 'sort') continue;
    const [, field, operation = ''] = /^filters\[(\w+)\]\[(\w+)\]$/.exec(name) ?? [];
    const test = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
    if (test === undefined || (field !== 'namespace' && field !== 'key' && field !== 'q')) {
      throw unprocessable(
        `${name.slice(0, 60)}: write filters[namespace][…], filters[key][…] or filters[q][EQUALS], with one of ` +
          Object.keys(OPERATIONS).join(', '),
      );
    }
    if (field === 'namespace') names.push((text) => test(text, value));
    else if (field === 'key') keys.push((text) => test(text, value));
    // Kestra's search: part of a key, in either case.
    else keys.push((text) => text.toLowerCase().includes(value.toLowerCase()));
  }
  return {
    namespace: (name) => names.every((test) => test(name)),
    key: (key) => keys.every((test) => test(key)),
  };
}
