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
