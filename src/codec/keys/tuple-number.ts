/**
 * Numbers and bigints of tuple keys in one numeric order. The layout is in `tuple.ts`.
 */

/**
 * The integer part is 0 and the number is not below 0: the middle of the number tags, which count from here.
 */
export const TAG_ZERO: number = 0x20;
/** −1 < number < 0: the integer part is 0 too. */
export const TAG_NEGATIVE_ZERO_PART: number = 0x1f;
/** An integer part of at least 9 bytes, with its length before it. */
export const TAG_LONG: number = 0x29;
export const TAG_NEGATIVE_LONG: number = 0x16;
export const TAG_INFINITY: number = 0x2a;
export const TAG_NEGATIVE_INFINITY: number = 0x15;

/** A fraction follows. Below zero it sorts before the integer, above zero after it. */
const TAIL_NEGATIVE_MORE = 0x01;
/** Under `TAG_ZERO` only. */
const TAIL_MINUS_ZERO = 0x01;
const TAIL_NUMBER = 0x02;
const TAIL_BIGINT = 0x03;
const TAIL_MORE = 0x04;

const TWO_32 = 0x1_0000_0000;
const TWO_64 = TWO_32 * TWO_32;
const MAX_LONG_BYTES = 0xffff;

const float: DataView = new DataView(new ArrayBuffer(8));

/** Writes a number (not NaN) at `target[at…]` and returns where it ends, even beyond `target`. */
export function writeNumber(value: number, target: Uint8Array, at: number): number {
  const small = value | 0;
  if (small === value && small > 0) {
    // The common case, ids and counters, needs no floating point.
    if (small < 0x100) {
      target[at] = TAG_ZERO + 1;
      target[at + 1] = small;
      target[at + 2] = TAIL_NUMBER;
      return at + 3;
    }
    return writeTail(writeParts(0, small, 0, target, at), TAIL_NUMBER, target);
  }
  if (value === 0) {
    target[at] = TAG_ZERO;
    target[at + 1] = Object.is(value, -0) ? TAIL_MINUS_ZERO : TAIL_NUMBER;
    return at + 2;
  }
  if (value === Infinity || value === -Infinity) {
    target[at] = value > 0 ? TAG_INFINITY : TAG_NEGATIVE_INFINITY;
    return at + 1;
  }
  const flip = value < 0 ? 0xff : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= TWO_64)
    return writeTail(writeLong(BigInt(magnitude), flip, target, at), TAIL_NUMBER, target);
  const whole = Math.floor(magnitude);
  let end = writeParts(Math.floor(whole / TWO_32), whole % TWO_32, flip, target, at);
  if (whole === magnitude) return writeTail(end, TAIL_NUMBER, target);
  end = writeTail(end, flip === 0 ? TAIL_MORE : TAIL_NEGATIVE_MORE, target);
  float.setFloat64(0, magnitude);
  for (let index = 0; index < 8; index++) target[end + index] = float.getUint8(index) ^ flip;
  return end + 8;
}

/** Writes a bigint at `target[at…]` and returns where it ends, even beyond `target`. */
export function writeBigInt(value: bigint, target: Uint8Array, at: number): number {
  const flip = value < 0n ? 0xff : 0;
  const magnitude = value < 0n ? -value : value;
  const end =
    magnitude < 0x1_0000_0000_0000_0000n
      ? writeParts(Number(magnitude >> 32n), Number(magnitude & 0xffff_ffffn), flip, target, at)
      : writeLong(magnitude, flip, target, at);
  return writeTail(end, TAIL_BIGINT, target);
}

function writeTail(at: number, tail: number, target: Uint8Array): number {
  target[at] = tail;
  return at + 1;
}

/** Writes the tag and an integer part of up to 8 bytes, passed as two halves of 32 bits. */
function writeParts(high: number, low: number, flip: number, target: Uint8Array, at: number): number {
  const length = high === 0 ? bytesOf(low) : 4 + bytesOf(high);
  target[at] = flip === 0 ? TAG_ZERO + length : TAG_NEGATIVE_ZERO_PART - length;
  for (let index = 1; index <= length; index++) {
    const shift = (length - index) * 8;
    // The array keeps the lowest 8 bits.
    target[at + index] = (shift >= 32 ? high >>> (shift - 32) : low >>> shift) ^ flip;
  }
  return at + 1 + length;
}

function bytesOf(word: number): number {
  return word < 0x100 ? (word === 0 ? 0 : 1) : word < 0x1_0000 ? 2 : word < 0x100_0000 ? 3 : 4;
}

/** Writes the tag, the length and an integer part of at least 9 bytes. */
function writeLong(magnitude: bigint, flip: number, target: Uint8Array, at: number): number {
  const hex = magnitude.toString(16);
  const length = (hex.length + 1) >> 1;
  const end = at + 3 + length;
  if (end > target.length) return end;
  // Too long for any key: the length alone places it beyond those that are not, in queries.
  const isTooLong = length > MAX_LONG_BYTES;
  const noted = isTooLong ? 0xffff : length;
  target[at] = flip === 0 ? TAG_LONG : TAG_NEGATIVE_LONG;
  target[at + 1] = (noted >> 8) ^ flip;
  target[at + 2] = noted ^ flip;
  if (isTooLong) return end;
  let digit = hex.length & 1;
  let index = at + 3;
  if (digit === 1) target[index++] = Number.parseInt(hex.slice(0, 1), 16) ^ flip;
  for (; digit < hex.length; digit += 2) {
    target[index++] = Number.parseInt(hex.slice(digit, digit + 2), 16) ^ flip;
  }
  return end;
}

/** Whether a tag begins a number or bigint. */
export function isNumberTag(tag: number): boolean {
  return tag >= TAG_NEGATIVE_INFINITY && tag <= TAG_INFINITY;
}

/** A position in the bytes of a tuple key; readers move it to the end of what they read. */
export interface TupleCursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;
}

/**
 * Reads the number or bigint whose tag is at the cursor.
 *
 * @throws {RangeError} for bytes that the functions above do not write.
 */
export function readNumber(cursor: TupleCursor): number | bigint {
  const { bytes, end, position: at } = cursor;
  const tag = bytes[at]!;
  if (tag === TAG_INFINITY || tag === TAG_NEGATIVE_INFINITY) {
    cursor.position = at + 1;
    return tag === TAG_INFINITY ? Infinity : -Infinity;
  }
  const negative = tag <= TAG_NEGATIVE_ZERO_PART;
  const flip = negative ? 0xff : 0;
  let length = negative ? TAG_NEGATIVE_ZERO_PART - tag : tag - TAG_ZERO;
  let from = at + 1;
  if (length > 8) {
    if (from + 2 > end) throw cutShort(at);
    length = ((bytes[from]! ^ flip) << 8) | (bytes[from + 1]! ^ flip);
    from += 2;
    if (length < 9) throw malformed(at, 'there is a shorter form for it');
  }
  const tailAt = from + length;
  if (tailAt >= end) throw cutShort(at);
  if (length > 0 && (bytes[from]! ^ flip) === 0) throw malformed(at, 'it begins with a zero byte');
  cursor.position = tailAt + 1;
  if (bytes[tailAt] === TAIL_NUMBER && length <= 6 && (length > 0 || !negative)) {
    let whole = 0;
    for (let index = from; index < tailAt; index++) whole = whole * 256 + (bytes[index]! ^ flip);
    return negative ? -whole : whole;
  }
  return readRare(cursor, at, from, negative);
}

/** Reads everything but numbers of up to 6 bytes; the cursor is after the tail. */
function readRare(cursor: TupleCursor, at: number, from: number, negative: boolean): number | bigint {
  const tailAt = cursor.position - 1;
  const tail = cursor.bytes[tailAt]!;
  const whole = readWhole(cursor.bytes, from, tailAt, negative ? 0xff : 0);
  if (tail === (negative ? TAIL_NEGATIVE_MORE : TAIL_MORE)) return readFraction(cursor, at, whole, negative);
  if (negative && from === tailAt) throw malformed(at, 'it is a negative zero without a fraction');
  if (tail === TAIL_BIGINT) return negative ? -whole : whole;
  if (tail === TAIL_NUMBER) {
    const value = Number(whole);
    if (value === Infinity || BigInt(value) !== whole) throw malformed(at, 'no number has this value');
    return negative ? -value : value;
  }
  if (tail === TAIL_MINUS_ZERO && from === tailAt) return -0;
  throw malformed(at, `its tail is 0x${tail.toString(16).padStart(2, '0')}`);
}

function readWhole(bytes: Uint8Array, from: number, to: number, flip: number): bigint {
  if (from === to) return 0n;
  let hex = '0x';
  for (let index = from; index < to; index++) hex += (bytes[index]! ^ flip).toString(16).padStart(2, '0');
  return BigInt(hex);
}

function readFraction(cursor: TupleCursor, at: number, whole: bigint, negative: boolean): number {
  const from = cursor.position;
  if (from + 8 > cursor.end) throw cutShort(at);
  const flip = negative ? 0xff : 0;
  for (let index = 0; index < 8; index++) float.setUint8(index, cursor.bytes[from + index]! ^ flip);
  const magnitude = float.getFloat64(0);
  const floor = Math.floor(magnitude);
  // The first check also refuses NaN and infinity. The second one refuses magnitudes below zero.
  if (!(magnitude - floor > 0)) throw malformed(at, 'its fraction is none');
  if (BigInt(floor) !== whole) throw malformed(at, 'its fraction is of another number');
  cursor.position = from + 8;
  return negative ? -magnitude : magnitude;
}

function cutShort(at: number): RangeError {
  return new RangeError(`tuple: the number at byte ${at} is cut short`);
}

function malformed(at: number, why: string): RangeError {
  return new RangeError(`tuple: the number at byte ${at} is malformed: ${why}`);
}
