import { copyBytes } from './copy-bytes.ts';

/** Copies up to this long share slabs of 64 KiB. */
const SHORT_BYTES = 1 << 10;
const SHORT_SLAB_BYTES = 1 << 16;
/** Copies up to this long share slabs of 256 KiB; a longer one gets memory of its own. */
const LONG_BYTES = 1 << 15;
const LONG_SLAB_BYTES = 1 << 18;
/** Up to this length a loop over words is faster than a call. */
const LOOP_BYTES = 72;

/**
 * Returns memory of `bytes` bytes with any content, which cannot be transferred: a transfer would take away every copy
 * in it. Undefined if the platform has no such memory.
 */
export type AllocateSlab = (bytes: number) => ArrayBuffer | undefined;

let allocateSlab: AllocateSlab | undefined;

/**
 * Makes copies share slabs of a platform's memory, for the whole process; without an argument, each has memory of its own.
 * Only the cost of copies depends on it, not their content.
 */
export function setSlabAllocator(next?: AllocateSlab): void {
  allocateSlab = next;
}

/**
 * Makes copies of byte strings that belong to the caller, side by side in slabs: allocating each copy on its
 * own would cost as much again as the copying, and three times as much for short ones. Where a slab could be transferred,
 * as in browsers, each copy has memory of its own all the same.
 *
 * A copy that is kept retains its slab: at most 64 KiB for one of up to 1 KiB, at most 256 KiB for one of up
 * to 32 KiB. A longer copy has its own memory, of exactly its length. Each copy begins at a multiple of 8 bytes of its
 * memory.
 */
export class OwnedCopies {
  readonly #short = new Slabs(SHORT_SLAB_BYTES);
  readonly #long = new Slabs(LONG_SLAB_BYTES);

  /** Copies `source[start…end)`; `view` views the same memory as `source`. */
  copy(source: Uint8Array, view: DataView, start: number, end: number): Uint8Array {
    const length = end - start;
    if (allocateSlab === undefined) return copyBytes(source, start, end);
    if (length <= SHORT_BYTES) return this.#short.copy(source, view, start, length);
    if (length <= LONG_BYTES) return this.#long.copy(source, view, start, length);
    return source.slice(start, end);
  }
}

/** Slabs of one size, of which the last one is being filled. */
class Slabs {
  readonly #slabBytes: number;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  // Cached, because `bytes.buffer` is a call.
  #buffer: ArrayBuffer = this.#bytes.buffer;
  #view: DataView = new DataView(this.#buffer);
  #used = 0;

  constructor(slabBytes: number) {
    this.#slabBytes = slabBytes;
  }

  copy(source: Uint8Array, view: DataView, start: number, length: number): Uint8Array {
    if (this.#used + length > this.#bytes.length && !this.#renew())
      return copyBytes(source, start, start + length);
    const at = this.#used;
    // Aligned to 8 bytes: a typed array of any element type may be created over a copy, as over memory of its
    // own.
    this.#used = (at + length + 7) & ~7;
    if (length <= LOOP_BYTES) {
      const target = this.#view;
      let i = 0;
      // Words through DataViews, because the source is not aligned.
      for (; i + 4 <= length; i += 4) target.setInt32(at + i, view.getInt32(start + i, true), true);
      for (; i < length; i++) this.#bytes[at + i] = source[start + i];
    } else {
      this.#bytes.set(source.subarray(start, start + length), at);
    }
    return new Uint8Array(this.#buffer, at, length);
  }

  /** Begins another slab; false if there are none here. */
  #renew(): boolean {
    const memory = allocateSlab?.(this.#slabBytes);
    if (memory === undefined) {
      allocateSlab = undefined;
      return false;
    }
    this.#buffer = memory;
    this.#bytes = new Uint8Array(this.#buffer);
    this.#view = new DataView(this.#buffer);
    this.#used = 0;
    return true;
  }
}
