import { toHex } from './hex.ts';
import { decodeAscii } from './utf8.ts';

/** The MessagePack extension type of bigints that do not fit 64 bits. */
export const EXT_BIGINT: number = 1;

/**
 * Returns two's complement, big-endian, in as few bytes as can hold the sign; 0 takes one byte. The result is
 * new memory, with `before` bytes left free in front.
 */
export function bigIntToBytes(value: bigint, before = 0): Uint8Array {
  // The bits that differ from the sign bit; those of −1 − value and value are each other's inverse.
  const hex = (value < 0n ? -1n - value : value).toString(16);
  // One more bit than the magnitude, for the sign: a first hex digit of 8 and more needs another byte.
  const bits = hex.length * 4 - Math.clz32(Number.parseInt(hex.charAt(0), 16)) + 28;
  const length = (bits >> 3) + 1;
  const flip = value < 0n ? 0xff : 0;
  const padded = hex.padStart(length * 2, '0');
  const bytes = new Uint8Array(before + length);
  for (let at = 0; at < length; at++)
    bytes[before + at] = Number.parseInt(padded.slice(at * 2, at * 2 + 2), 16) ^ flip;
  return bytes;
}

/** @throws {RangeError} if there are no bytes, or more than {@link bigIntToBytes} writes for the value. */
export function bigIntFromBytes(bytes: Uint8Array): bigint {
  const first = bytes[0];
  if (first === undefined) throw new RangeError('a bigint of no bytes');
  const flip = first > 0x7f ? 0xff : 0;
  const next = bytes[1];
  if (next !== undefined && first === flip && next > 0x7f === first > 0x7f) {
    throw new RangeError('a bigint with more bytes than it needs');
  }
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${hexOf(bytes)}`));
}

/** Up to this length, appending digit by digit costs less than decoding all digits at once. */
const SHORT_BYTES = 32;

/**
 * Uses memory proportional to the bytes, which may be many and hostile: text built by appending takes a
 * hundred times that.
 */
function hexOf(bytes: Uint8Array): string {
  if (bytes.length <= SHORT_BYTES) return toHex(bytes);
  const digits = new Uint8Array(2 * bytes.length);
  for (let at = 0; at < bytes.length; at++) {
    digits[2 * at] = DIGITS[bytes[at]! >>> 4]!;
    digits[2 * at + 1] = DIGITS[bytes[at]! & 15]!;
  }
  return decodeAscii(digits, 0, digits.length) as string;
}

const DIGITS: Uint8Array = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
