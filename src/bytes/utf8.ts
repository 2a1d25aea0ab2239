/**
 * Strict UTF-8, tuned for short keys: no call allocates anything but the string it returns. Text that UTF-8
 * cannot hold and bytes that are not UTF-8 are refused, never replaced by U+FFFD.
 */

/**
 * A platform's native functions from bytes to text. Without them, `TextDecoder` is used;
 * Node's cost about half on strings of more than a few bytes.
 */
export interface TextPlatform {
  /** Decodes each byte of `bytes[start…end)` as the code point with its number. */
  latin1(bytes: Uint8Array, start: number, end: number): string;
  /** Decodes UTF-8: keeps a leading BOM, and replaces invalid bytes by U+FFFD. */
  utf8?(bytes: Uint8Array, start: number, end: number): string;
  /** Whether every byte of `bytes[start…end)` is below 0x80. */
  isAscii?(bytes: Uint8Array, start: number, end: number): boolean;
}

// `ignoreBOM: true` means "treat it as text": without it, the decoder drops a leading U+FEFF.
const strictDecoder: TextDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder: TextEncoder = new TextEncoder();

/** Above this many UTF-16 units, the native encoder is worth the cost of calling it (measured). */
const NATIVE_ENCODE_UNITS = 24;
/** Up to this many bytes, ASCII text is made by `String.fromCharCode` from a reused list. */
const SHORT_ASCII_BYTES = 24;

const asciiUnits: readonly number[][] = Array.from({ length: SHORT_ASCII_BYTES + 1 }, (_, length) =>
  new Array<number>(length).fill(0),
);

let platform: TextPlatform | undefined;

/**
 * Uses a platform's native decoders for the whole process; without an argument, restores the universal ones.
 * Only the cost depends on the platform, not the results.
 */
export function setTextPlatform(next?: TextPlatform): void {
  platform = next;
}

/** Text of one character a byte, which orders as the bytes do; undefined without a platform that makes it natively. */
export function nativeLatin1(bytes: Uint8Array): string | undefined {
  return platform?.latin1(bytes, 0, bytes.length);
}

/**
 * Writes `text` as UTF-8 at `target[0…]` and returns its length in bytes. Costs about 2 ns per ASCII
 * character, much less for long text.
 *
 * Returns −1 for an unpaired surrogate, which UTF-8 cannot hold. A result over `target.length` means that the
 * text does not fit. In both cases the content of `target` is undefined. Never writes beyond `target`.
 */
export function encodeUtf8Into(text: string, target: Uint8Array): number {
  // Repeats `encodeUtf8At(text, target, 0)`: every key is encoded here, and adding the offset costs 20 %.
  const length = text.length;
  if (length > NATIVE_ENCODE_UNITS || length > target.length) return encodeLong(text, target, 0);
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) return encodeRest(text, at, target, 0);
    target[at] = unit;
  }
  return length;
}

/**
 * {@link encodeUtf8Into} at `target[offset…]`: the text does not fit if `offset` plus the result exceeds
 * `target.length`.
 */
export function encodeUtf8At(text: string, target: Uint8Array, offset: number): number {
  const length = text.length;
  if (length > NATIVE_ENCODE_UNITS || length > target.length - offset)
    return encodeLong(text, target, offset);
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) return encodeRest(text, at, target, offset);
    target[offset + at] = unit;
  }
  return length;
}

/**
 * Continues at `text[from]`, with `from` bytes written. Typed arrays ignore writes beyond their end, so all
 * bytes are counted.
 */
function encodeRest(text: string, from: number, target: Uint8Array, offset: number): number {
  const units = text.length;
  let at = offset + from;
  for (let index = from; index < units; index++) {
    let unit = text.charCodeAt(index);
    if (unit < 0x80) {
      target[at++] = unit;
    } else if (unit < 0x800) {
      target[at++] = 0xc0 | (unit >> 6);
      target[at++] = 0x80 | (unit & 0x3f);
    } else {
      if ((unit & 0xf800) === 0xd800) {
        const low = index + 1 < units ? text.charCodeAt(index + 1) : 0;
        if (unit > 0xdbff || (low & 0xfc00) !== 0xdc00) return -1;
        index++;
        unit = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
        target[at++] = 0xf0 | (unit >> 18);
        target[at++] = 0x80 | ((unit >> 12) & 0x3f);
      } else {
        target[at++] = 0xe0 | (unit >> 12);
      }
      target[at++] = 0x80 | ((unit >> 6) & 0x3f);
      target[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at - offset;
}

function encodeLong(text: string, target: Uint8Array, offset: number): number {
  if (!isWellFormed(text)) return -1;
  if (text.length > target.length - offset) return utf8Length(text);
  const { read, written } = encoder.encodeInto(text, offset === 0 ? target : target.subarray(offset));
  return read === text.length ? written : utf8Length(text);
}

/**
 * Returns the length of `text` in UTF-8, in bytes, or −1 if it holds an unpaired surrogate; about 1 ns per
 * character.
 */
export function utf8Length(text: string): number {
  const units = text.length;
  let bytes = units;
  for (let index = 0; index < units; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) {
      bytes += 1;
    } else {
      // A surrogate pair is two units and four bytes, every other unit from U+0800 one and three.
      bytes += 2;
      if ((unit & 0xf800) === 0xd800) {
        const low = index + 1 < units ? text.charCodeAt(index + 1) : 0;
        if (unit > 0xdbff || (low & 0xfc00) !== 0xdc00) return -1;
        index++;
      }
    }
  }
  return bytes;
}

// ES2024: Node 20 and current browsers have it, but not the language level that this is compiled for.
type WellFormed = { isWellFormed(): boolean };
const hasIsWellFormed: boolean = 'isWellFormed' in String.prototype;

/** Whether `text` has no unpaired surrogate; a few nanoseconds for text without characters over U+00FF. */
export function isWellFormed(text: string): boolean {
  return hasIsWellFormed ? (text as unknown as WellFormed).isWellFormed() : utf8Length(text) >= 0;
}

/**
 * Decodes the UTF-8 in `bytes[start…end)`; a leading BOM is kept. Short ASCII costs about 4 ns per byte.
 *
 * @throws {TypeError} if the bytes are not valid UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length <= SHORT_ASCII_BYTES) {
    const units = asciiUnits[length]!;
    let at = 0;
    for (; at < length; at++) {
      const byte = bytes[start + at]!;
      if (byte > 0x7f) break;
      units[at] = byte;
    }
    if (at === length) return String.fromCharCode.apply(null, units);
  }
  if (platform?.utf8 !== undefined) {
    const text = platform.utf8(bytes, start, end);
    // The native decoder is lenient: the input can only be invalid if the text has a U+FFFD.
    if (!text.includes('\ufffd')) return text;
  }
  return strictDecoder.decode(bytes.subarray(start, end));
}

/**
 * Returns the text of `bytes[start…end)`, or `undefined` if a byte is 0x80 or above. For many keys at once,
 * which the caller then separates with `substring`.
 */
export function decodeAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (platform !== undefined) {
    const ascii =
      platform.isAscii === undefined ? isAscii(bytes, start, end) : platform.isAscii(bytes, start, end);
    return ascii ? platform.latin1(bytes, start, end) : undefined;
  }
  try {
    // Decoding natively is faster than inspecting every byte, and only ASCII has as many units as bytes.
    const text = strictDecoder.decode(bytes.subarray(start, end));
    return text.length === end - start ? text : undefined;
  } catch {
    return undefined;
  }
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let seen = 0;
  let at = start;
  // Four bytes at a time: long text is mostly ASCII.
  for (; at + 4 <= end && seen < 0x80; at += 4) {
    seen |= bytes[at]! | bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]!;
  }
  for (; at < end; at++) seen |= bytes[at]!;
  return seen < 0x80;
}
