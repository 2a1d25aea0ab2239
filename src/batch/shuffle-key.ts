import { type KeyBuffer, MAX_KEY_BYTES } from '../bytes/key-buffer.ts';

/** Bytes of the number at the end. */
const NUMBER_BYTES = 6;

/** The most bytes that a key without zero bytes takes more. */
const END_BYTES = 2 + NUMBER_BYTES;

/** The longest key that can be sorted, in bytes, if it has no zero bytes. */
export const MAX_SORTED_KEY_BYTES: number = MAX_KEY_BYTES - END_BYTES;

/**
 * Writes a key of a run: the key of the caller's, so that the order of the bytes is that of the keys, and a number, so that
 * equal keys differ and keep their order. A zero byte becomes 00 01; 00 00 ends the key. Returns false if it is too long.
 */
export function encodeShuffleKey(
  key: Uint8Array,
  length: number,
  number: number,
  target: KeyBuffer,
): boolean {
  const { bytes } = target;
  const room = MAX_SORTED_KEY_BYTES;
  let at = 0;
  for (let i = 0; i < length; i++) {
    if (at >= room) return false;
    const byte = key[i];
    bytes[at++] = byte;
    if (byte === 0) bytes[at++] = 1;
  }
  if (at > room) return false;
  bytes[at] = 0;
  bytes[at + 1] = 0;
  target.length = at + 2;
  writeNumber(number, target);
  return true;
}

/** Appends the number of a run's key. */
export function writeNumber(number: number, target: KeyBuffer): void {
  const { bytes, length: at } = target;
  const high = Math.floor(number / 0x1_0000_0000);
  bytes[at] = high >>> 8;
  bytes[at + 1] = high;
  bytes[at + 2] = number >>> 24;
  bytes[at + 3] = number >>> 16;
  bytes[at + 4] = number >>> 8;
  bytes[at + 5] = number;
  target.length = at + NUMBER_BYTES;
}

/** Returns where the part of a run's key in `bytes[…end)` ends that stands for the key of the caller's. */
export function endOfShuffledPart(end: number): number {
  return end - NUMBER_BYTES;
}

/** Decodes the part of a run's key that stands for the key of the caller's, in `bytes[start…end)`. */
export function decodeShuffledPart<K>(
  bytes: Uint8Array,
  start: number,
  end: number,
  decode: (bytes: Uint8Array, start: number, end: number) => K,
): K {
  const zero = bytes.indexOf(0, start);
  // Few keys have zero bytes of their own.
  if (zero === end - 2) return decode(bytes, start, zero);
  const key = new Uint8Array(end - start);
  let length = 0;
  for (let i = start; i < end - 2; i++) {
    key[length++] = bytes[i];
    if (bytes[i] === 0) i++;
  }
  return decode(key, 0, length);
}
