import { type Kind, orderOf, startsWith } from './store-arbitraries.ts';

export interface ModelRange {
  readonly gt?: unknown;
  readonly gte?: unknown;
  readonly lt?: unknown;
  readonly lte?: unknown;
  readonly prefix?: unknown;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** A store as a sorted array. */
export class StoreModel {
  readonly entries: readonly [unknown, unknown][];
  readonly #kind: Kind;
  readonly #order: (a: unknown, b: unknown) => number;

  constructor(entries: readonly [unknown, unknown][], kind: Kind) {
    this.entries = entries;
    this.#kind = kind;
    this.#order = orderOf(kind);
  }

  get(key: unknown): unknown {
    return this.entries.find(([each]) => this.#order(each, key) === 0)?.[1];
  }

  rank(key: unknown): number {
    return this.entries.filter(([each]) => this.#order(each, key) < 0).length;
  }

  range({ gt, gte, lt, lte, prefix, reverse, limit }: ModelRange): [unknown, unknown][] {
    const kept = this.entries.filter(
      ([key]) =>
        (gt === undefined || this.#order(key, gt) > 0) &&
        (gte === undefined || this.#order(key, gte) >= 0) &&
        (lt === undefined || this.#order(key, lt) < 0) &&
        (lte === undefined || this.#order(key, lte) <= 0) &&
        (prefix === undefined || startsWith(this.#kind, key, prefix)),
    );
    if (reverse === true) kept.reverse();
    return kept.slice(0, limit);
  }
}
