const SLAB_BYTES = 1 << 16;
/** Copies larger than this get memory of their own: a slab should not be kept alive by one of few tenants. */
const MOST_IN_SLAB = SLAB_BYTES >>> 4;

/**
 * Copies of short byte strings, laid one after the other into larger memory, because a buffer for each would
 * cost three times the copy. Like Node's `Buffer.from`, a copy that is kept keeps its slab of 64 KiB.
 */
export class Slab {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  // `bytes.buffer` is a call: asked for once.
  #buffer: ArrayBuffer = this.#bytes.buffer;
  #used = 0;

  /** A copy of `source[start…end)` that belongs to the caller. */
  copy(source: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start;
    if (length > MOST_IN_SLAB) return source.slice(start, end);
    if (this.#used + length > this.#bytes.length) {
      this.#bytes = new Uint8Array(SLAB_BYTES);
      this.#buffer = this.#bytes.buffer;
      this.#used = 0;
    }
    const slab = this.#bytes;
    const at = this.#used;
    this.#used = at + length;
    if (length <= 48) {
      for (let i = 0; i < length; i++) slab[at + i] = source[start + i];
    } else {
      slab.set(source.subarray(start, end), at);
    }
    return new Uint8Array(this.#buffer, at, length);
  }
}
