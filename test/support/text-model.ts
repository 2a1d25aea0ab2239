import type { Range } from '../../src/index.ts';
import type { Pair } from './stores.ts';

/** What a store of text must answer, worked out the slow way: by comparing code points, one after the other. */
export class TextModel {
  readonly pairs: readonly Pair[];

  /** The pairs must be in order. */
  constructor(pairs: readonly Pair[]) {
    this.pairs = pairs;
  }

  entries({ gt, gte, lt, lte, prefix, reverse, limit }: Range<string>): Pair[] {
    const kept = this.pairs.filter(
      ([key]) =>
        (gt === undefined || compare(key, gt) > 0) &&
        (gte === undefined || compare(key, gte) >= 0) &&
        (lt === undefined || compare(key, lt) < 0) &&
        (lte === undefined || compare(key, lte) <= 0) &&
        (prefix === undefined || key.startsWith(prefix)),
    );
    if (reverse === true) kept.reverse();
    return kept.slice(0, limit);
  }

  rank(key: string): number {
    return this.pairs.filter(([other]) => compare(other, key) < 0).length;
  }

  floor(key: string): Pair | undefined {
    return this.entries({ lte: key }).at(-1);
  }

  ceiling(key: string): Pair | undefined {
    return this.entries({ gte: key })[0];
  }
}

function compare(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i].codePointAt(0)! - right[i].codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
