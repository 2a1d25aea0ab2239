import { compareRanges } from './compare.ts';
import { nativeLatin1 } from './utf8.ts';

/** Bytes of each key that are kept as one number: 2^48 is exact in a double. */
const PREFIX_BYTES = 6;

/**
 * An immutable list of ascending byte strings that answers "which is the last one ≤ key?" in about 50 ns.
 *
 * The prefix that all keys share is compared once; the next six bytes of each key are kept as a number and
 * searched without unpredictable branches; only keys whose six bytes are the same are compared byte by byte.
 */
export class SortedKeys {
  readonly length: number;
  /** All keys, concatenated. */
  readonly #bytes: Uint8Array;
  /** Where each key starts in `#bytes`, and at the end where the last one ends. */
  readonly #starts: Uint32Array;
  readonly #shared: number;
  readonly #prefixes: Float64Array;

  /** `starts` has one element more than there are keys. The arrays are kept, not copied. */
  constructor(bytes: Uint8Array, starts: Uint32Array) {
    this.length = starts.length - 1;
    this.#bytes = bytes;
    this.#starts = starts;
    this.#shared = this.#sharedByAll();
    // In locals: this runs once per partition, before the code is optimized.
    const { length } = this;
    const shared = this.#shared;
    const prefixes = new Float64Array(length);
    for (let i = 0; i < length; i++) prefixes[i] = prefixNumber(bytes, starts[i] + shared, starts[i + 1]);
    this.#prefixes = prefixes;
  }

  static from(keys: readonly Uint8Array[]): SortedKeys {
    const starts = new Uint32Array(keys.length + 1);
    for (let i = 0; i < keys.length; i++) starts[i + 1] = starts[i] + keys[i].length;
    const bytes = new Uint8Array(starts[keys.length]);
    for (let i = 0; i < keys.length; i++) bytes.set(keys[i], starts[i]);
    return new SortedKeys(bytes, starts);
  }

  /** Whether each key is greater than the one before. */
  ascends(): boolean {
    const text = nativeLatin1(this.#bytes);
    return text === undefined ? this.#bytesAscend() : this.#textAscends(text);
  }

  /** The same check by comparisons of text, which need no warming up: it runs once for each partition. */
  #textAscends(text: string): boolean {
    const starts = this.#starts;
    let previous = text.slice(starts[0], starts[1]);
    for (let i = 1; i < this.length; i++) {
      const key = text.slice(starts[i], starts[i + 1]);
      if (previous >= key) return false;
      previous = key;
    }
    return true;
  }

  #bytesAscend(): boolean {
    const prefixes = this.#prefixes;
    const { length } = this;
    const bytes = this.#bytes;
    const starts = this.#starts;
    const shared = this.#shared;
    for (let i = 1; i < length; i++) {
      // A sorted list shares what its first and last key share; this list is not known to be sorted yet.
      const start = starts[i];
      if (starts[i + 1] - start < shared) return false;
      for (let j = 0; j < shared; j++) if (bytes[start + j] !== bytes[j]) return false;
      // Six bytes decide in most cases. Equal numbers decide nothing, because missing bytes count as 0.
      if (prefixes[i - 1] < prefixes[i]) continue;
      if (prefixes[i - 1] > prefixes[i]) return false;
      const key = this.at(i);
      if (this.compareAt(i - 1, key, key.length) >= 0) return false;
    }
    return true;
  }

  /** A view of the key at `index`. */
  at(index: number): Uint8Array {
    return this.#bytes.subarray(this.#starts[index], this.#starts[index + 1]);
  }

  /** Compares the key at `index` with `key[0…length)`. */
  compareAt(index: number, key: Uint8Array, length: number): number {
    return compareRanges(this.#bytes, this.#starts[index], this.#starts[index + 1], key, 0, length);
  }

  /** The index of the last key ≤ `key[0…length)`, or −1 when all are greater. */
  find(key: Uint8Array, length: number): number {
    const count = this.length;
    if (count === 0) return -1;
    const bytes = this.#bytes;
    const shared = this.#shared;
    const common = Math.min(length, shared);
    for (let i = 0; i < common; i++) {
      const difference = key[i] - bytes[i];
      if (difference !== 0) return difference < 0 ? -1 : count - 1;
    }
    if (length < shared) return -1;

    const wanted = prefixNumber(key, shared, length);
    const prefixes = this.#prefixes;
    let last = 0;
    for (let size = count; size > 1; ) {
      const half = size >>> 1;
      // A multiplication instead of a branch: the outcome is random, and mispredicted branches cost more.
      last += half * ((prefixes[last + half] <= wanted) as unknown as number);
      size -= half;
    }
    if (prefixes[last] > wanted) return -1;
    if (prefixes[last] < wanted || this.compareAt(last, key, length) <= 0) return last;

    // Several keys may have these six bytes: the answer is among them, or just before the first.
    let low = lowerBound(prefixes, wanted, last);
    let high = last - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if (this.compareAt(middle, key, length) <= 0) low = middle + 1;
      else high = middle - 1;
    }
    return high;
  }

  #sharedByAll(): number {
    if (this.length === 0) return 0;
    // The list is sorted, so that all keys between share what the first and the last share.
    const first = this.at(0);
    const last = this.at(this.length - 1);
    const most = Math.min(first.length, last.length);
    let shared = 0;
    while (shared < most && first[shared] === last[shared]) shared++;
    return shared;
  }
}

/** The first index below `end` whose number is at least `wanted`, or `end`. */
function lowerBound(ascending: Float64Array, wanted: number, end: number): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first six bytes of `bytes[start…end)` as a number that orders like them; missing bytes count as 0. */
function prefixNumber(bytes: Uint8Array, start: number, end: number): number {
  if (end - start >= PREFIX_BYTES) {
    const high = (bytes[start] << 16) | (bytes[start + 1] << 8) | bytes[start + 2];
    const low = (bytes[start + 3] << 16) | (bytes[start + 4] << 8) | bytes[start + 5];
    return high * 0x1000000 + low;
  }
  let value = 0;
  for (let i = 0; i < PREFIX_BYTES; i++) value = value * 256 + (start + i < end ? bytes[start + i] : 0);
  return value;
}
