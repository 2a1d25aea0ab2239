/**
 * Unsigned LEB128: seven bits a byte, least significant first, the high bit set on all but the last byte.
 * Values are below 2^35 here and fit a double exactly; the shortest form is the only valid one.
 */

/** Bytes that `value` takes as a varint. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** Writes `value` at `target[offset…)` and returns the offset after it. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let rest = value;
  let at = offset;
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest = rest > 0x7fffffff ? Math.floor(rest / 128) : rest >>> 7;
  }
  target[at++] = rest;
  return at;
}
