import { MAX_KEY_BYTES } from '../bytes/key-buffer.ts';

/** Bytes of the number at the end. */
const NUMBER_BYTES = 6;

/** The most bytes that a key without zero bytes takes more. */
const END_BYTES = 2 + NUMBER_BYTES;

/** The longest key that can be sorted, in bytes, if it has no zero bytes. */
export const MAX_SORTED_KEY_BYTES: number = MAX_KEY_BYTES - END_BYTES;

/**
 * Writes a key of a run: the key of the caller's, so that the order of the bytes is that of the keys, and a number, so that
 * equal keys differ and keep their order. A zero byte becomes 00 01; 00 00 ends the key. Returns its length; 0 if it is too
 * long.
 */
export function encodeShuffleKey(
  key: Uint8Array,
  length: number,
  number: number,
  target: Uint8Array,
): number {
  let at = 0;
  for (let i = 0; i < length; i++) {
    if (at >= MAX_SORTED_KEY_BYTES) return 0;
    const byte = key[i];
    target[at++] = byte;
    if (byte === 0) target[at++] = 1;
  }
  if (at > MAX_SORTED_KEY_BYTES) return 0;
  target[at] = 0;
  target[at + 1] = 0;
  return writeNumber(number, target, at + 2);
}

/** Writes the number of a run's key. Returns where it ends. */
export function writeNumber(number: number, target: Uint8Array, at: number): number {
  const high = Math.floor(number / 0x1_0000_0000);
  target[at] = high >>> 8;
  target[at + 1] = high;
  target[at + 2] = number >>> 24;
  target[at + 3] = number >>> 16;
  target[at + 4] = number >>> 8;
  target[at + 5] = number;
  return at + NUMBER_BYTES;
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
