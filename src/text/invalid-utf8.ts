/**
 * Returns the index in `bytes` of the first sequence in `bytes[start…end)` that is not UTF-8, or −1. Overlong
 * forms, surrogates and code points above U+10FFFF are not UTF-8. About 1 ns a byte.
 */
export function findInvalidUtf8(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const lead = bytes[at];
    if (lead < 0x80) {
      at++;
      continue;
    }
    const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length === 0 || at + length > end) return at;
    // The range of the second byte excludes overlong forms, surrogates and code points above U+10FFFF.
    const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (bytes[at + 1] < least || bytes[at + 1] > most) return at;
    for (let i = 2; i < length; i++) {
      if ((bytes[at + i] & 0xc0) !== 0x80) return at;
    }
    at += length;
  }
  return -1;
}

/** Words the problem of text with an invalid byte. */
export function brokenUtf8(byte: number, offset: number): string {
  const shown = `0x${byte.toString(16).padStart(2, '0')}`;
  return `the byte ${shown} at offset ${offset} is not UTF-8`;
}
