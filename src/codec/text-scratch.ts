import { encodeUtf8At, encodeUtf8Into } from '../bytes/utf8.ts';

const INITIAL_BYTES = 4096;
/** The most memory kept between calls: a single long text should not hold on to more. */
const KEPT_BYTES = 1 << 20;

/** Encodes texts of any length into memory that it reuses. */
export class TextScratch {
  #bytes: Uint8Array = new Uint8Array(INITIAL_BYTES);

  /**
   * Returns the UTF-8 of `text`, a view valid until the next call; `undefined` if it holds an unpaired
   * surrogate. Allocates the view, and memory for a text longer than all before it.
   */
  encode(text: string): Uint8Array | undefined {
    let bytes = this.#bytes;
    let length = encodeUtf8Into(text, bytes);
    if (length > bytes.length) {
      bytes = this.#grow(length);
      length = encodeUtf8Into(text, bytes);
    }
    return length < 0 ? undefined : bytes.subarray(0, length);
  }

  /** {@link encode}, with the byte `tag` in front. */
  encodeTagged(tag: number, text: string): Uint8Array | undefined {
    let bytes = this.#bytes;
    let length = encodeUtf8At(text, bytes, 1);
    if (1 + length > bytes.length) {
      bytes = this.#grow(1 + length);
      length = encodeUtf8At(text, bytes, 1);
    }
    if (length < 0) return undefined;
    bytes[0] = tag;
    return bytes.subarray(0, 1 + length);
  }

  #grow(length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(length, Math.min(2 * length, KEPT_BYTES)));
    if (bytes.length <= KEPT_BYTES) this.#bytes = bytes;
    return bytes;
  }
}
