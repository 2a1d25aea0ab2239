import { decodeUtf8, encodeUtf8At, utf8Length } from '../../bytes/utf8.ts';
import { type CairnError, invalidArgument } from '../../errors.ts';
import { DETACHED, isDetached } from '../detached.ts';
import { describe, isBytes, isDate } from '../type-names.ts';
import { isNumberTag, readNumber, type TupleCursor, writeBigInt, writeNumber } from './tuple-number.ts';

/**
 * An element of a tuple key. Elements of different types sort in this order:
 * null < false < true < numbers < dates < text < bytes < arrays.
 *
 * Numbers and bigints share one order, −Infinity … Infinity. Equal ones are still different keys, next to
 * each other: −0 < 0 < 0n, 1 < 1n. Text sorts by code points, arrays by their elements and then by length.
 */
export type TupleElement =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | readonly TupleElement[];

/**
 * A composite key: sorts by its first element, then by its second …, and before every longer key that begins
 * with it.
 */
export type TupleKey = readonly TupleElement[];

/** How deep arrays may be nested in a key, not counting the key itself. */
export const MAX_TUPLE_DEPTH: number = 64;

const TAG_END = 0x00;
const TAG_NULL = 0x02;
const TAG_FALSE = 0x04;
const TAG_TRUE = 0x05;
const TAG_DATE = 0x30;
const TAG_TEXT = 0x38;
const TAG_BYTES = 0x40;
const TAG_ARRAY = 0x48;

const TWO_31 = 0x8000_0000;
const TWO_32 = 0x1_0000_0000;
const MAX_TIME = 8.64e15;

/** The current index on each level, for the path in an error; preallocated. */
const path: number[] = new Array<number>(MAX_TUPLE_DEPTH + 1).fill(0);

/**
 * Writes a tuple key at `target[0…]` and returns its length in bytes. A result over `target.length` means
 * that the key does not fit; the content of `target` is then undefined, but nothing is written beyond it.
 * Allocates nothing for small numbers, dates, bytes and text without U+0000 and U+0001.
 *
 * Layout, in the style of FoundationDB's tuple layer: elements follow each other with nothing between or
 * after them, and their unsigned byte order is the order of {@link TupleElement}. An element begins with a
 * tag.
 *
 * ```text
 * 02                                null
 * 04                                false
 * 05                                true
 * 15                                −Infinity
 * 16      L̅ L̅  M̅…  tail [F̅ × 8]     below zero, integer part of at least 9 bytes
 * 1F − n       M̅…  tail [F̅ × 8]     below zero, integer part of n = 0 … 8 bytes
 * 20 + n       M…  tail [F × 8]     zero or above, integer part of n = 0 … 8 bytes
 * 29      L L  M…  tail [F × 8]     zero or above, integer part of at least 9 bytes
 * 2A                                Infinity
 * 30      T × 8                     Date: milliseconds since 1970 plus 2⁶³
 * 38      S…  00                    text: UTF-8, escaped
 * 40      S…  00                    bytes, escaped
 * 48      elements…  00             array
 * ```
 *
 * - All integers are big-endian; an overline means that every bit is inverted, so that numbers further below
 *   zero sort first. `M` is the integer part of the absolute value, without leading zero bytes (none at all
 *   for 0), and `L` is its length in bytes, from 9 on.
 * - `tail`, zero or above: 01 −0 (n = 0 only) · 02 a number that is an integer · 03 a bigint · 04 a number
 *   with a fraction, followed by `F`, the absolute value as an IEEE 754 double. Below zero: 01 a number with
 *   a fraction, followed by `F̅` · 02 · 03 as above. With the tag 1F, only 01 occurs.
 * - Escaped: 00 is written as 01 01, and 01 as 01 02. So 00 occurs only at the end, and no element is the
 *   beginning of another: the keys that start with the bytes of some elements are those that start with these
 *   elements.
 * - There is one way to write each key. Decoders refuse every other, such as a fraction of 0, or a number
 *   tail for an integer that is no double.
 *
 * Examples: `['US', 42]` is `38 55 53 00 21 2A 02`, `[-1.5, 1n]` is `1E FE 01 C0 07 FF FF FF FF FF FF 21 01
 * 03`.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`, with the path of the element in its message, such as `key[1][0]`:
 * NaN, an invalid date, unpaired surrogates, an array element that is missing, more than 64 levels of arrays,
 * any other type.
 */
export function encodeTupleInto(tuple: TupleKey, target: Uint8Array, argument: string): number {
  if (!Array.isArray(tuple)) {
    throw invalidArgument(
      argument,
      `${argument} is ${describe(tuple)}, but this store's keys are tuples (keyEncoding 'tuple'): pass an array of elements, such as ['US', 42]`,
    );
  }
  return writeElements(tuple, target, 0, 0, argument);
}

function writeElements(
  elements: TupleKey,
  target: Uint8Array,
  start: number,
  depth: number,
  argument: string,
): number {
  let at = start;
  for (let index = 0; index < elements.length; index++) {
    path[depth] = index;
    at = writeElement(elements[index], target, at, depth, argument);
  }
  return at;
}

function writeElement(
  element: TupleElement | undefined,
  target: Uint8Array,
  at: number,
  depth: number,
  argument: string,
): number {
  switch (typeof element) {
    case 'string':
      return writeText(element, target, at, depth, argument);
    case 'number':
      if (Number.isNaN(element)) throw refused(argument, depth, 'is NaN, which has no place in an order');
      return writeNumber(element, target, at);
    case 'bigint':
      return writeBigInt(element, target, at);
    case 'boolean':
      target[at] = element ? TAG_TRUE : TAG_FALSE;
      return at + 1;
    case 'object':
      if (element === null) {
        target[at] = TAG_NULL;
        return at + 1;
      }
      if (Array.isArray(element)) return writeArray(element, target, at, depth, argument);
      if (isBytes(element)) {
        if (isDetached(element)) throw refused(argument, depth, DETACHED);
        return writeBytes(element, target, at);
      }
      if (isDate(element)) return writeDate(element, target, at, depth, argument);
  }
  throw refused(
    argument,
    depth,
    `is ${describe(element)}; a tuple key holds null, booleans, numbers, bigints, strings, Uint8Arrays, Dates and arrays of these`,
  );
}

function writeText(text: string, target: Uint8Array, at: number, depth: number, argument: string): number {
  const start = at + 1;
  target[at] = TAG_TEXT;
  let length = encodeUtf8At(text, target, start);
  if (length < 0)
    throw refused(argument, depth, 'holds an unpaired surrogate, which UTF-8 cannot keep: repair the text');
  let end = start + length;
  if (end > target.length) {
    length = utf8Length(escapeText(text));
  } else {
    for (let index = start; index < end; index++) {
      if (target[index]! > 1) continue;
      length = encodeUtf8At(escapeText(text), target, start);
      break;
    }
  }
  end = start + length;
  target[end] = TAG_END;
  return end + 1;
}

/** The escapes are ASCII themselves, so that text can be escaped as text. */
function escapeText(text: string): string {
  return text.replaceAll('\u0001', '\u0001\u0002').replaceAll('\u0000', '\u0001\u0001');
}

function writeBytes(bytes: Uint8Array, target: Uint8Array, at: number): number {
  target[at] = TAG_BYTES;
  let end = at + 1;
  // Bytes beyond `target` are counted; a typed array ignores writes beyond its end.
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (byte > 1) {
      target[end++] = byte;
    } else {
      target[end++] = 1;
      target[end++] = byte + 1;
    }
  }
  target[end] = TAG_END;
  return end + 1;
}

function writeDate(date: Date, target: Uint8Array, at: number, depth: number, argument: string): number {
  const time = date.getTime();
  if (Number.isNaN(time)) throw refused(argument, depth, 'is an invalid Date');
  target[at] = TAG_DATE;
  const high = Math.floor(time / TWO_32);
  writeWord(high + TWO_31, target, at + 1);
  writeWord(time - high * TWO_32, target, at + 5);
  return at + 9;
}

function writeWord(word: number, target: Uint8Array, at: number): void {
  target[at] = word >>> 24;
  target[at + 1] = word >>> 16;
  target[at + 2] = word >>> 8;
  target[at + 3] = word;
}

function writeArray(
  elements: TupleKey,
  target: Uint8Array,
  at: number,
  depth: number,
  argument: string,
): number {
  if (depth === MAX_TUPLE_DEPTH) {
    throw refused(argument, depth, `is nested more than ${MAX_TUPLE_DEPTH} arrays deep, or contains itself`);
  }
  target[at] = TAG_ARRAY;
  const end = writeElements(elements, target, at + 1, depth + 1, argument);
  target[end] = TAG_END;
  return end + 1;
}

function refused(argument: string, depth: number, why: string): CairnError {
  let place = argument;
  for (let level = 0; level <= depth && level < 8; level++) place += `[${path[level]}]`;
  return invalidArgument(argument, `${depth < 8 ? place : `${place}…`} ${why}`);
}

/**
 * Decodes the tuple key in `bytes[start…end)`; nothing in it shares memory with `bytes`.
 *
 * @throws {RangeError | TypeError} for bytes that {@link encodeTupleInto} does not write.
 */
export function decodeTuple(bytes: Uint8Array, start: number, end: number): TupleKey {
  const cursor: TupleCursor = { bytes, end, position: start };
  const elements: TupleElement[] = [];
  while (cursor.position < end) elements.push(readElement(cursor, 0));
  return elements;
}

/**
 * Decodes the first `count` elements of the tuple key in `bytes[start…end)`, which has at least as many.
 *
 * @throws as {@link decodeTuple}.
 */
export function decodeElements(bytes: Uint8Array, start: number, end: number, count: number): TupleElement[] {
  const cursor: TupleCursor = { bytes, end, position: start };
  const elements: TupleElement[] = [];
  while (elements.length < count) elements.push(readElement(cursor, 0));
  return elements;
}

function readElement(cursor: TupleCursor, depth: number): TupleElement {
  const tag = cursor.bytes[cursor.position]!;
  if (isNumberTag(tag)) return readNumber(cursor);
  const at = cursor.position++;
  switch (tag) {
    case TAG_TEXT:
      return readText(cursor);
    case TAG_NULL:
      return null;
    case TAG_FALSE:
      return false;
    case TAG_TRUE:
      return true;
    case TAG_DATE:
      return readDate(cursor);
    case TAG_BYTES:
      return readBytes(cursor);
    case TAG_ARRAY:
      return readArray(cursor, depth);
    default:
      throw new RangeError(
        `tuple: no element begins with 0x${tag.toString(16).padStart(2, '0')}, at byte ${at}`,
      );
  }
}

/** Moves the cursor past the 00 that ends text or bytes, and returns the position of the 00. */
function skipToEnd(cursor: TupleCursor): number {
  const { bytes, end, position: start } = cursor;
  let at = start;
  while (at < end && bytes[at] !== TAG_END) at++;
  if (at === end) throw new RangeError(`tuple: the text or bytes from byte ${start} on have no end`);
  cursor.position = at + 1;
  return at;
}

function readText(cursor: TupleCursor): string {
  const start = cursor.position;
  const text = decodeUtf8(cursor.bytes, start, skipToEnd(cursor));
  let mark = text.indexOf('\u0001');
  if (mark < 0) return text;
  let plain = '';
  let from = 0;
  for (; mark >= 0; mark = text.indexOf('\u0001', from)) {
    plain += text.slice(from, mark) + String.fromCharCode(unescaped(text.charCodeAt(mark + 1), start));
    from = mark + 2;
  }
  return plain + text.slice(from);
}

function readBytes(cursor: TupleCursor): Uint8Array {
  const start = cursor.position;
  const end = skipToEnd(cursor);
  let escapes = 0;
  for (let at = start; at < end; at++) {
    if (cursor.bytes[at] === 1) {
      escapes++;
      at++;
    }
  }
  const plain = new Uint8Array(end - start - escapes);
  let to = 0;
  for (let at = start; at < end; at++) {
    const byte = cursor.bytes[at]!;
    plain[to++] = byte > 1 ? byte : unescaped(cursor.bytes[++at]!, start);
  }
  return plain;
}

/** The byte that 01 and `second` stand for. Before the end, `second` is the 00, which is refused. */
function unescaped(second: number, start: number): number {
  if (second === 1 || second === 2) return second - 1;
  throw new RangeError(`tuple: the text or bytes from byte ${start} on have a 01 that escapes nothing`);
}

function readDate(cursor: TupleCursor): Date {
  const at = cursor.position;
  if (at + 8 > cursor.end) throw new RangeError(`tuple: the date at byte ${at - 1} is cut short`);
  cursor.position = at + 8;
  const time = (readWord(cursor.bytes, at) - TWO_31) * TWO_32 + readWord(cursor.bytes, at + 4);
  if (Math.abs(time) > MAX_TIME)
    throw new RangeError(`tuple: the date at byte ${at - 1} is beyond all dates`);
  return new Date(time);
}

function readWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function readArray(cursor: TupleCursor, depth: number): TupleElement[] {
  if (depth === MAX_TUPLE_DEPTH) throw new RangeError(`tuple: more than ${MAX_TUPLE_DEPTH} arrays deep`);
  const at = cursor.position - 1;
  const elements: TupleElement[] = [];
  while (cursor.position < cursor.end) {
    if (cursor.bytes[cursor.position] === TAG_END) {
      cursor.position++;
      return elements;
    }
    elements.push(readElement(cursor, depth + 1));
  }
  throw new RangeError(`tuple: the array at byte ${at} has no end`);
}
