import { encodeUtf8At, encodeUtf8Into } from '../bytes/utf8.ts';

const INITIAL_BYTES = 4096;
/** What is kept between calls; more would stay allocated for one long text. */
const KEPT_BYTES = 1 << 20;

/** Memory for one text after the other, as long as they may be. */
export class TextScratch {
  #bytes: Uint8Array = new Uint8Array(INITIAL_BYTES);

  /**
   * The UTF-8 of `text`, a view valid until the next call; `undefined` if it holds an unpaired surrogate.
   * Allocates the view, and more memory for a text longer than all before.
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

  /** The same behind one byte, `tag`. */
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
