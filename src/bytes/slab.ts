const SLAB_BYTES = 1 << 16;
/** Copies larger than this get memory of their own: a slab should not be kept alive by one of few tenants. */
const MOST_IN_SLAB = SLAB_BYTES >>> 2;
/** Up to here a loop over words beats a call. */
const LOOP_BYTES = 72;

/**
 * Copies of short byte strings, laid one after the other into larger memory, because a buffer for each would
 * cost three times the copy. Like Node's `Buffer.from`, a copy that is kept keeps its slab of 64 KiB.
 */
export class Slab {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  // `bytes.buffer` is a call: asked for once.
  #buffer: ArrayBuffer = this.#bytes.buffer;
  #view: DataView = new DataView(this.#buffer);
  #used = 0;

  /** A copy of `source[start…end)` that belongs to the caller; `view` views the same memory as `source`. */
  copy(source: Uint8Array, view: DataView, start: number, end: number): Uint8Array {
    const length = end - start;
    if (length > MOST_IN_SLAB) return source.slice(start, end);
    if (this.#used + length > this.#bytes.length) this.#renew();
    const at = this.#used;
    this.#used = at + length;
    if (length <= LOOP_BYTES) {
      const target = this.#view;
      let i = 0;
      // Words through DataViews, because neither end is aligned.
      for (; i + 4 <= length; i += 4) target.setInt32(at + i, view.getInt32(start + i, true), true);
      for (; i < length; i++) this.#bytes[at + i] = source[start + i];
    } else {
      this.#bytes.set(source.subarray(start, end), at);
    }
    return new Uint8Array(this.#buffer, at, length);
  }

  #renew(): void {
    this.#bytes = new Uint8Array(SLAB_BYTES);
    this.#buffer = this.#bytes.buffer;
    this.#view = new DataView(this.#buffer);
    this.#used = 0;
  }
}
