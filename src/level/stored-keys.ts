import { copyBytesInto } from '../bytes/copy-bytes.ts';
import { type KeyBuffer, MAX_KEY_BYTES } from '../bytes/key-buffer.ts';
import { decodeUtf8, encodeUtf8Into } from '../bytes/utf8.ts';

/** The formats in which abstract-level hands keys and values over. */
export type Format = 'utf8' | 'view';

/** A key or a value in one of the formats. */
export type Formatted = string | Uint8Array;

const encoder: TextEncoder = new TextEncoder();

// Level replaces what is not UTF-8, and keeps a leading BOM.
const lenientDecoder: TextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Decodes UTF-8; what is not UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  try {
    return decodeUtf8(bytes, start, end);
  } catch {
    return lenientDecoder.decode(bytes.subarray(start, end));
  }
}

/** Returns the bytes of a value or key; text is copied, bytes are not. An unpaired surrogate becomes U+FFFD. */
export function bytesOf(data: Formatted): Uint8Array {
  return typeof data === 'string' ? encoder.encode(data) : data;
}

/**
 * How keys lie in storage. The keys of a collection have at least one byte, those of a level may have none. So a key that
 * is nothing but zero bytes, as the empty one is, is stored with one zero byte more. Such keys come before all others, so
 * that their order stays; and each stored key is that of exactly one key.
 */
export class StoredKeys {
  readonly #addsZero: boolean;

  /** @param addsZero false where keys were not stored as plain bytes by Level: they are read unchanged. */
  constructor(addsZero: boolean) {
    this.#addsZero = addsZero;
  }

  /** Encodes a key into a buffer; returns false if no stored key can be equal to it. */
  encodeInto(key: Formatted, buffer: KeyBuffer): boolean {
    const { bytes } = buffer;
    let length = typeof key === 'string' ? encodeUtf8Into(key, bytes) : copyBytesInto(key, bytes);
    if (length < 0) length = copyBytesInto(encoder.encode(key as string), bytes);
    if (length > MAX_KEY_BYTES) return false;
    if (this.#addsZero && (length === 0 || (bytes[0] === 0 && isZeros(bytes, length)))) bytes[length++] = 0;
    buffer.length = length;
    return length > 0 && length <= MAX_KEY_BYTES;
  }

  /** Returns the stored bytes of a key: a copy, or the key itself. */
  encode(key: Formatted): Uint8Array {
    const bytes = bytesOf(key);
    if (!this.#addsZero || !isZeros(bytes, bytes.length)) return bytes;
    return new Uint8Array(bytes.length + 1);
  }

  /** Returns the key that is stored as this one. */
  decode<T extends Formatted>(stored: T): T {
    if (!this.#addsZero) return stored;
    if (typeof stored === 'string') return (isNuls(stored) ? stored.slice(1) : stored) as T;
    return (isZeros(stored, stored.length) ? stored.subarray(1) : stored) as T;
  }
}

function isZeros(bytes: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[i] !== 0) return false;
  return true;
}

function isNuls(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== 0) return false;
  return true;
}
