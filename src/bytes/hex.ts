const DIGITS = '0123456789abcdef';

/** Returns two lower-case hex digits for each byte. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += DIGITS[bytes[i] >>> 4] + DIGITS[bytes[i] & 15];
  return text;
}

/** The bytes of an even number of lower-case hex digits, or undefined for anything else. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = digit(text.charCodeAt(i * 2));
    const low = digit(text.charCodeAt(i * 2 + 1));
    if (high < 0 || low < 0) return undefined;
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

/** The value of a lower-case hex digit, or −1. */
function digit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  return unit >= 0x61 && unit <= 0x66 ? unit - 0x57 : -1;
}

/** A key for messages: quoted text if it is printable ASCII, hex otherwise; at most its first 64 bytes. */
export function showKey(key: Uint8Array): string {
  const cut = key.length > 64 ? key.subarray(0, 64) : key;
  const ellipsis = key.length > 64 ? `… (${key.length} bytes)` : '';
  let printable = true;
  for (let i = 0; i < cut.length && printable; i++) printable = cut[i] >= 0x20 && cut[i] < 0x7f;
  if (printable) return JSON.stringify(String.fromCharCode(...cut)) + ellipsis;
  return `0x${toHex(cut)}${ellipsis}`;
}
