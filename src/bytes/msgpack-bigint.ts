import { toHex } from './hex.ts';
import { decodeAscii } from './utf8.ts';

/** The MessagePack extension type of bigints that do not fit 64 bits. */
export const EXT_BIGINT: number = 1;

/** @throws {RangeError} if there are no bytes, or more than `bigIntToBytes` writes for the value. */
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
