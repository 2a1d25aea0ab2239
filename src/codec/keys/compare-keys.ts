import { compareBytes } from '../../bytes/compare.ts';
import { isWellFormed } from '../../bytes/utf8.ts';
import { invalidArgument } from '../../errors.ts';
import { describe, isBytes, isDate } from '../type-names.ts';
import type { TupleElement, TupleKey } from './tuple.ts';

/**
 * Compares two keys in the order in which a store holds them: a comparator for the keys of every built-in
 * encoding. What `keys.sort(compareKeys)` returns can be put in that order.
 *
 * Text is compared by code points, which is the order of its UTF-8 bytes; JavaScript's `<` compares UTF-16
 * units, which differ from U+10000 on. Bytes are compared unsigned, numbers and bigints by value with −0
 * before 0, and tuples element by element (see {@link TupleKey}). UUIDs are compared as text, which is their order in
 * lower case: `put` refuses upper case. Elements of tuples after
 * the first difference are not inspected. `Array.prototype.sort` moves `undefined` to the end without
 * comparing it: `put` refuses it. Costs no encoding.
 *
 * @returns −1 if `a` comes first, 1 if `b` does, 0 if they are the same key.
 * @throws {CairnError} `INVALID_ARGUMENT` (argument `a` or `b`) for two keys of different types, and for what
 * `put` refuses: NaN, an unpaired surrogate, an invalid date, any other type.
 *
 * @example
 * ```ts
 * import { compareKeys } from 'cairnkv';
 *
 * console.log(['b', '\u{1F600}', '\uFFFD', 'a'].sort(compareKeys)); // [ 'a', 'b', '\uFFFD', '😀' ]
 * console.log([10, 9, -1].sort(compareKeys)); // [ -1, 9, 10 ]
 * console.log([['b'], ['a', 10], ['a', 9]].sort(compareKeys)); // [ [ 'a', 9 ], [ 'a', 10 ], [ 'b' ] ]
 * ```
 */
export function compareKeys<K extends string | Uint8Array | number | bigint | TupleKey>(
  a: K,
  b: K,
): -1 | 0 | 1 {
  const kind = kindOf(a, 'a');
  if (kind !== kindOf(b, 'b')) {
    throw invalidArgument(
      'b',
      `b is ${describe(b)}, but a is ${describe(a)}: the keys of a store are all of one type`,
    );
  }
  return kind === Rank.array
    ? compareArrays(a as TupleKey, b as TupleKey)
    : compareElements(a as TupleElement, b as TupleElement);
}

/**
 * The type of a key: its rank as a tuple's element, but bigints apart from numbers, because no encoding takes
 * both.
 */
function kindOf(key: unknown, argument: string): number {
  if (typeof key === 'bigint') return BIGINT;
  const rank = KEY_TYPES.has(typeof key) ? rankOf(key as TupleElement, argument) : Rank.null;
  if (rank === Rank.number || rank === Rank.text || rank === Rank.bytes || rank === Rank.array) return rank;
  throw invalidArgument(
    argument,
    `${argument} is ${describe(key)}, which is not a key: pass text, bytes, a number, a bigint or a tuple (an array)`,
  );
}

const BIGINT = -1;

const KEY_TYPES: ReadonlySet<string> = new Set(['string', 'number', 'object']);

function compareArrays(a: TupleKey, b: TupleKey): -1 | 0 | 1 {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const order = compareElements(a[index], b[index]);
    if (order !== 0) return order;
  }
  return sign(a.length - b.length);
}

function compareElements(a: TupleElement, b: TupleElement): -1 | 0 | 1 {
  const rank = rankOf(a, 'a');
  const byRank = sign(rank - rankOf(b, 'b'));
  if (byRank !== 0) return byRank;
  switch (rank) {
    case Rank.number:
      return compareNumbers(a as number | bigint, b as number | bigint);
    case Rank.date:
      return sign((a as Date).getTime() - (b as Date).getTime());
    case Rank.text:
      return compareText(a as string, b as string);
    case Rank.bytes:
      return sign(compareBytes(a as Uint8Array, b as Uint8Array));
    case Rank.array:
      return compareArrays(a as TupleKey, b as TupleKey);
    default:
      return 0;
  }
}

const Rank = { null: 0, false: 1, true: 2, number: 3, date: 4, text: 5, bytes: 6, array: 7 } as const;

function rankOf(element: TupleElement, argument: string): number {
  switch (typeof element) {
    case 'boolean':
      return element ? Rank.true : Rank.false;
    case 'number':
      if (Number.isNaN(element)) break;
      return Rank.number;
    case 'bigint':
      return Rank.number;
    case 'string':
      if (isWellFormed(element)) return Rank.text;
      throw invalidArgument(argument, `${argument} holds an unpaired surrogate, which no key can hold`);
    case 'object':
      if (element === null) return Rank.null;
      if (Array.isArray(element)) return Rank.array;
      if (isBytes(element)) return Rank.bytes;
      if (isDate(element) && !Number.isNaN(element.getTime())) return Rank.date;
  }
  throw invalidArgument(argument, `${argument} holds ${describe(element)}, which no key can hold`);
}

function compareNumbers(a: number | bigint, b: number | bigint): -1 | 0 | 1 {
  // JavaScript compares a number with a bigint by their exact values.
  if (a < b) return -1;
  if (a > b) return 1;
  return sign(tieRank(a) - tieRank(b));
}

/** The order of equal values: −0, then the number, then the bigint. */
function tieRank(value: number | bigint): number {
  return typeof value === 'bigint' ? 2 : Object.is(value, -0) ? 0 : 1;
}

/** By code points, which is the order of the UTF-8 bytes: not that of `<`, which compares UTF-16 units. */
function compareText(a: string, b: string): -1 | 0 | 1 {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const unitA = a.charCodeAt(index);
    const unitB = b.charCodeAt(index);
    if (unitA === unitB) continue;
    // A surrogate stands for a code point above every other unit. Within a pair, the units' order is right.
    const highA = (unitA & 0xf800) === 0xd800;
    const highB = (unitB & 0xf800) === 0xd800;
    return highA === highB ? sign(unitA - unitB) : highA ? 1 : -1;
  }
  return sign(a.length - b.length);
}

function sign(difference: number): -1 | 0 | 1 {
  return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}
