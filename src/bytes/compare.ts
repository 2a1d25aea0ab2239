/**
 * Compares two byte strings in unsigned byte order: the order of encoded keys in every store.
 *
 * Returns a negative number if `a` comes first, a positive one if `b` does, 0 if they are equal; a prefix
 * comes before every longer string that begins with it. For UTF-8 text this is code-point order, which
 * differs from JavaScript's `<` on strings (UTF-16 units) above U+FFFF.
 */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return compareRanges(a, 0, a.length, b, 0, b.length);
}

/** {@link compareBytes} of `a[aStart…aEnd)` and `b[bStart…bEnd)`, without making views. */
export function compareRanges(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const aLength = aEnd - aStart;
  const bLength = bEnd - bStart;
  const shared = Math.min(aLength, bLength);
  for (let i = 0; i < shared; i++) {
    const difference = a[aStart + i] - b[bStart + i];
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/** The number of leading bytes that `a[0…aLength)` and `b[0…bLength)` have in common. */
export function sharedPrefixLength(a: Uint8Array, aLength: number, b: Uint8Array, bLength: number): number {
  const most = Math.min(aLength, bLength);
  let i = 0;
  while (i < most && a[i] === b[i]) i++;
  return i;
}
