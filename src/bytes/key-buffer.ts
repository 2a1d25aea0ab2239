import { xxh32 } from './xxh32.ts';

/** The length in bytes of the longest key allowed. */
export const MAX_KEY_BYTES: number = 65_535;

/** Up to this length a loop is faster than `set`. */
const SHORT_BYTES = 32;

/**
 * Memory into which keys are encoded before they are hashed, compared or stored. All hot code reads keys from
 * here: it sees one kind of array whatever the caller passed, and 4-byte words are aligned.
 */
export class KeyBuffer {
  readonly bytes: Uint8Array;
  /** The same memory as `bytes`. */
  readonly words: Int32Array;
  /** Bytes of the key in the buffer. */
  length = 0;

  /**
   * `capacity` is a multiple of 4. By default any key fits, and a few bytes more, so that a key that is too
   * long shows.
   */
  constructor(capacity: number = MAX_KEY_BYTES + 5) {
    const buffer = new ArrayBuffer(capacity);
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
  }

  /** XXH32 of the key, as a signed integer. */
  hash(): number {
    return xxh32(this.bytes, this.words, this.length);
  }

  /** Copies a key into the buffer. */
  set(bytes: Uint8Array): void {
    this.bytes.set(bytes);
    this.length = bytes.length;
  }

  /** Copies the key in `bytes[start…end)` into the buffer. */
  setRange(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length > SHORT_BYTES) this.bytes.set(bytes.subarray(start, end));
    else for (let i = 0; i < length; i++) this.bytes[i] = bytes[start + i];
    this.length = length;
  }

  /** A copy of the key. */
  copy(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}
