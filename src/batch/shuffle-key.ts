import type { KeyBuffer } from '../bytes/key-buffer.ts';

/** Bytes of the number at the end. */
const NUMBER_BYTES = 6;

/** The most bytes that a key without zero bytes takes more. */
const END_BYTES = 2 + NUMBER_BYTES;

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
  const room = bytes.length - END_BYTES;
  let at = 0;
  for (let i = 0; i < length; i++) {
    if (at >= room) return false;
    const byte = key[i];
    bytes[at++] = byte;
    if (byte === 0) bytes[at++] = 1;
  }
  bytes[at++] = 0;
  bytes[at++] = 0;
  for (let shift = NUMBER_BYTES - 1; shift >= 0; shift--)
    bytes[at++] = Math.floor(number / 2 ** (8 * shift)) % 256;
  target.length = at;
  return true;
}

/** Returns the part of a run's key in `bytes[start…end)` that stands for the key of the caller's, a view. */
export function shuffledPart(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return bytes.subarray(start, end - NUMBER_BYTES);
}

/** Decodes what {@link shuffledPart} returns. */
export function decodeShuffledPart(part: Uint8Array): Uint8Array {
  const key = new Uint8Array(part.length - 2);
  let length = 0;
  for (let i = 0; i < part.length - 2; i++) {
    key[length++] = part[i];
    if (part[i] === 0) i++;
  }
  return key.subarray(0, length);
}
