import { corruption, type Region } from '../../bytes/corruption.ts';
import type { EntrySpans } from '../../format/block.ts';
import { HOME_RANGE, HOME_SHIFT, offsetBitsOf } from '../../format/hash-index.ts';
import type { Footer } from '../../format/layout.ts';
import { problemOf, type VerifyProblem } from './verify-problem.ts';

/** Checks that the hash index of a partition finds every entry, and holds nothing else. */
export class IndexCheck {
  readonly #slots: Int32Array;
  readonly #footer: Footer;
  readonly #homeScale: number;
  readonly #offsetBits: number;

  /** `slots` must end in an empty one. */
  constructor(slots: Int32Array, footer: Footer) {
    this.#slots = slots;
    this.#footer = footer;
    this.#homeScale = footer.hashSlots / HOME_RANGE;
    this.#offsetBits = offsetBitsOf(footer.dataBytes);
  }

  /**
   * Looks for the entries of a block; returns what is wrong if some are missing. The block's spans begin at `start`, and its
   * data at `dataStart` in the partition; `hashes` are those of its keys.
   */
  missing(
    hashes: Int32Array,
    { valueEnds }: EntrySpans,
    count: number,
    start: number,
    dataStart: number,
  ): string | undefined {
    const slots = this.#slots;
    const scale = this.#homeScale;
    const bits = this.#offsetBits;
    const shift = dataStart - start + 1;
    let missing = 0;
    let first = 0;
    for (let i = 0, at = start; i < count; at = valueEnds[i], i++) {
      const hash = hashes[i];
      const wanted = (hash << bits) | (at + shift);
      let slot = Math.floor((hash >>> HOME_SHIFT) * scale);
      let found = slots[slot];
      while (found !== wanted && found !== 0) found = slots[++slot];
      if (found === 0 && missing++ === 0) first = at + shift - 1;
    }
    if (missing === 0) return undefined;
    const more = missing === 1 ? '' : `, and ${missing - 1} more of this block are not`;
    return `the entry at ${first} is not in the hash index${more}`;
  }

  /** Counts the used slots; returns a problem if there are not as many as entries. */
  wrongCount(file: string): VerifyProblem | undefined {
    const slots = this.#slots;
    const { entries, hashOffset } = this.#footer;
    let used = 0;
    for (let i = 0; i < slots.length; i++) used += differs(slots[i], 0) >>> 31;
    if (used === entries) return undefined;
    const region: Region = { file, section: 'hash index', offset: hashOffset };
    const what = 'the hash index has another number of entries';
    return problemOf(corruption(region, what, { expected: `${entries}`, actual: `${used}` }), file);
  }
}

/** Returns a negative number unless two 32-bit integers are equal; its other bits mean nothing. */
function differs(one: number, other: number): number {
  return (one ^ other) | -(one ^ other);
}
