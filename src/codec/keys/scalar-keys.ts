import { type CairnError, invalidArgument } from '../../errors.ts';
import { describe } from '../type-names.ts';
import type { KeyCodec } from './key-codec.ts';
import { isNumberTag, readNumber, type TupleCursor, writeBigInt, writeNumber } from './tuple-number.ts';

/**
 * Keys that are single numbers other than NaN, in numeric order: −Infinity … −0, 0 … Infinity. The bytes are
 * those of a tuple's element (`tuple.ts`), so that −0 and 0 are different keys.
 */
class NumberKeys implements KeyCodec<number> {
  readonly name: string = 'number';

  encodeInto(key: number, target: Uint8Array): number {
    if (typeof key !== 'number') throw wrongKey(key, "numbers (keyEncoding 'number')", 'a number');
    if (Number.isNaN(key)) throw invalidArgument('key', 'key is NaN, which has no place in an order');
    return writeNumber(key, target, 0);
  }

  encodePrefixInto(): number {
    throw noPrefix('numbers');
  }

  decode(bytes: Uint8Array, start: number, end: number): number {
    const key = readOne(bytes, start, end);
    if (typeof key === 'number') return key;
    throw new RangeError('number: the key is a bigint');
  }
}

/**
 * Keys that are single bigints of any size, in numeric order. The bytes are those of a tuple's element
 * (`tuple.ts`).
 */
class BigIntKeys implements KeyCodec<bigint> {
  readonly name: string = 'bigint';

  encodeInto(key: bigint, target: Uint8Array): number {
    if (typeof key !== 'bigint')
      throw wrongKey(key, "bigints (keyEncoding 'bigint')", 'a bigint, such as BigInt(key)');
    return writeBigInt(key, target, 0);
  }

  encodePrefixInto(): number {
    throw noPrefix('bigints');
  }

  decode(bytes: Uint8Array, start: number, end: number): bigint {
    const key = readOne(bytes, start, end);
    if (typeof key === 'bigint') return key;
    throw new RangeError('bigint: the key is a number');
  }
}

function readOne(bytes: Uint8Array, start: number, end: number): number | bigint {
  if (start === end || !isNumberTag(bytes[start]!))
    throw new RangeError('the key does not begin as a number');
  const cursor: TupleCursor = { bytes, end, position: start };
  const key = readNumber(cursor);
  if (cursor.position !== end) throw new RangeError(`${end - cursor.position} bytes after the key's number`);
  return key;
}

const UUID_TEXT = 36;
const UUID_BYTES = 16;

/**
 * Keys that are UUIDs: text of lower-case hex digits, `8-4-4-4-12`, kept as 16 bytes. Any 128 bits are
 * accepted, whatever version and variant they claim. The order of the bytes is the order of the text.
 *
 * A prefix is the beginning of such text, in whole bytes: `'018f'`, `'018f3a2b-'`.
 */
class UuidKeys implements KeyCodec<string> {
  readonly name: string = 'uuid';

  encodeInto(key: string, target: Uint8Array): number {
    if (typeof key !== 'string') throw wrongKey(key, UUIDS, 'its text');
    if (key.length === UUID_TEXT && writeHex(key, target) === UUID_BYTES) return UUID_BYTES;
    throw notUuid('key', key, 'write 32 hex digits as 8-4-4-4-12');
  }

  encodePrefixInto(prefix: string, target: Uint8Array): number {
    if (typeof prefix !== 'string') throw wrongKey(prefix, UUIDS, 'the beginning of its text', 'prefix');
    const length = prefix.length <= UUID_TEXT ? writeHex(prefix, target) : -1;
    if (length >= 0) return length;
    throw notUuid('prefix', prefix, 'write the beginning of one up to a whole byte, or use gte and lt');
  }

  decode(bytes: Uint8Array, start: number, end: number): string {
    if (end - start !== UUID_BYTES) throw new RangeError(`uuid: a key of ${end - start} bytes`);
    let text = '';
    for (let index = 0; index < UUID_BYTES; index++) {
      if (hyphenBefore(index)) text += '-';
      text += HEX_PAIRS[bytes[start + index]!];
    }
    return text;
  }
}

const UUIDS = "UUIDs (keyEncoding 'uuid')";

const HEX_PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);

/** The value of each ASCII character as a lower-case hex digit; 255 if it is none. */
const DIGITS: Uint8Array = new Uint8Array(128).fill(0xff);
for (let digit = 0; digit < 16; digit++) DIGITS[digit.toString(16).charCodeAt(0)] = digit;

const HYPHEN = 0x2d;

function hyphenBefore(byte: number): boolean {
  return byte === 4 || byte === 6 || byte === 8 || byte === 10;
}

/**
 * Writes the bytes of UUID text, which may end after any byte or the hyphen that follows it; −1 for other
 * text.
 */
function writeHex(text: string, target: Uint8Array): number {
  const units = text.length;
  let at = 0;
  let length = 0;
  while (at < units) {
    if (hyphenBefore(length)) {
      if (text.charCodeAt(at++) !== HYPHEN) return -1;
      if (at === units) break;
    }
    const high = digitOf(text.charCodeAt(at));
    const low = at + 1 < units ? digitOf(text.charCodeAt(at + 1)) : 0xff;
    if (high > 15 || low > 15 || length === UUID_BYTES) return -1;
    target[length++] = (high << 4) | low;
    at += 2;
  }
  return length;
}

function digitOf(unit: number): number {
  return unit < 128 ? DIGITS[unit]! : 0xff;
}

function notUuid(argument: string, came: string, advice: string): CairnError {
  const lower = came.toLowerCase();
  if (lower !== came && lower.length <= UUID_TEXT && writeHex(lower, new Uint8Array(UUID_BYTES)) >= 0) {
    return invalidArgument(
      argument,
      `${argument} is ${describe(came)}, but a UUID comes back in lower case: pass ${argument}.toLowerCase()`,
    );
  }
  return invalidArgument(argument, `${argument} is ${describe(came)}, which is no UUID: ${advice}`);
}

function wrongKey(came: unknown, keys: string, wanted: string, argument = 'key'): CairnError {
  return invalidArgument(
    argument,
    `${argument} is ${describe(came)}, but this store's keys are ${keys}: pass ${wanted}`,
  );
}

function noPrefix(keys: string): CairnError {
  return invalidArgument(
    'prefix',
    `prefix has no meaning for keys that are ${keys}: bound the range with gt, gte, lt and lte`,
  );
}

/** Keys that are numbers. Stateless and shared. */
export const numberKeys: KeyCodec<number> = new NumberKeys();

/** Keys that are bigints. Stateless and shared. */
export const bigIntKeys: KeyCodec<bigint> = new BigIntKeys();

/** Keys that are UUIDs. Stateless and shared. */
export const uuidKeys: KeyCodec<string> = new UuidKeys();
