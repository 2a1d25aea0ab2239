import { invalidArgument } from '../../errors.ts';
import { describe, isBytes, isDate } from '../type-names.ts';
import type { TupleElement, TupleKey } from './tuple.ts';

/**
 * Compares two tuple keys by value, as a store sorts them: −1, 0 or 1. Costs no encoding; the elements are
 * taken to be such as a tuple key may hold. The order is that of {@link TupleKey}.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` (argument `a` or `b`) if an element is of no type that keys hold.
 *
 * @example
 * ```ts
 * import { compareTuples } from 'cairnkv';
 *
 * const keys = [['b'], ['a', 10], ['a', 9]];
 * console.log(keys.sort(compareTuples)); // [['a', 9], ['a', 10], ['b']]
 * ```
 */
export function compareTuples(a: TupleKey, b: TupleKey): -1 | 0 | 1 {
  if (!Array.isArray(a)) throw invalidArgument('a', `a is ${describe(a)}; pass a tuple key: an array`);
  if (!Array.isArray(b)) throw invalidArgument('b', `b is ${describe(b)}; pass a tuple key: an array`);
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
      return compareBytes(a as Uint8Array, b as Uint8Array);
    case Rank.array:
      return compareTuples(a as TupleKey, b as TupleKey);
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
      return Rank.text;
    case 'object':
      if (element === null) return Rank.null;
      if (Array.isArray(element)) return Rank.array;
      if (isBytes(element)) return Rank.bytes;
      if (isDate(element) && !Number.isNaN(element.getTime())) return Rank.date;
  }
  throw invalidArgument(argument, `${argument} holds ${describe(element)}, which no tuple key can hold`);
}

function compareNumbers(a: number | bigint, b: number | bigint): -1 | 0 | 1 {
  // The language compares a number with a bigint by their exact values.
  if (a < b) return -1;
  if (a > b) return 1;
  return sign(tieRank(a) - tieRank(b));
}

/** Among equals: −0, then the number, then the bigint. */
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

function compareBytes(a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    if (a[index] !== b[index]) return sign(a[index]! - b[index]!);
  }
  return sign(a.length - b.length);
}

function sign(difference: number): -1 | 0 | 1 {
  return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}
