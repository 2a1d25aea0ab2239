import type { Checksum } from '../../bytes/checksum.ts';
import { findFlippedBit, searchRounds, tryBits } from '../../bytes/flipped-bit.ts';

/** Searches of one verification in each thread: further ones would tell nothing new about the same disk. */
const MAX_SEARCHES = 8;
/** Rounds of XXH64 for all searches together, about two seconds: a block of 16 KiB takes 2^25. */
const MAX_ROUNDS = 2 ** 31;
/**
 * Bytes that may be hashed again for bits outside of the hashed bytes, such as those of the checksum itself.
 */
const MAX_HASHED_BYTES = 2 ** 28;

/** Looks for a single flipped bit, within a budget. */
export class FlipSearch {
  readonly #checksum: Checksum;
  #searches: number;
  #rounds = MAX_ROUNDS;

  /** With `wanted` false, it finds nothing and costs nothing. */
  constructor(checksum: Checksum, wanted: boolean) {
    this.#checksum = checksum;
    this.#searches = wanted ? MAX_SEARCHES : 0;
  }

  /**
   * The bit of `bytes` whose flip makes their hash this one; undefined if there is none, or the budget is
   * spent.
   */
  async inHashed(bytes: Uint8Array, hash: bigint): Promise<number | undefined> {
    const rounds = searchRounds(bytes.length);
    if (this.#searches === 0 || rounds > this.#rounds) return undefined;
    this.#searches--;
    this.#rounds -= rounds;
    return findFlippedBit(bytes, hash, this.#checksum);
  }

  /**
   * The first of the bits `from…to − 1` whose flip makes `bytes` right. Trying them is cheap, unless there
   * are many.
   */
  among(
    bytes: Uint8Array,
    from: number,
    to: number,
    isRight: (copy: Uint8Array) => boolean,
  ): number | undefined {
    if (this.#searches === 0 || bytes.length * (to - from) > MAX_HASHED_BYTES) return undefined;
    this.#searches--;
    return tryBits(bytes, from, to, isRight);
  }
}

/** A flipped bit of a file. */
export interface FlippedBit {
  /** The byte, counted from the start of the file. */
  readonly byte: number;
  /** 0 for the lowest bit, 7 for the highest. */
  readonly bit: number;
}

/** A bit of bytes that lie at `offset` in a file. */
export function flippedBit(offset: number, bit: number): FlippedBit {
  return { byte: offset + (bit >>> 3), bit: bit & 7 };
}

/** Flips a bit back. */
export function flipBit(bytes: Uint8Array, bit: number): void {
  bytes[bit >>> 3] ^= 1 << (bit & 7);
}
