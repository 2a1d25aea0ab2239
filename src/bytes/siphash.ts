/** Rounds for each word of the message, and at the end: the "2-4" of the name. */
const COMPRESSION_ROUNDS = 2;
const FINALIZATION_ROUNDS = 4;

/**
 * SipHash-2-4 under one key: a 64-bit hash, left in {@link low} and {@link high} as unsigned halves.
 *
 * Words of 64 bits are kept as two 32-bit integers each, so that a call allocates nothing. Costs about 100 ns
 * for a key of a few bytes, and 5 ns for each further byte.
 *
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF",
 * https://www.aumasson.jp/siphash/siphash.pdf.
 */
export class SipHash24 {
  /** Bits 0 to 31 of the last hash. */
  low = 0;
  /** Bits 32 to 63 of the last hash. */
  high = 0;
  readonly #key: Int32Array = new Int32Array(4);

  /** `key` has 16 bytes. */
  constructor(key: Uint8Array) {
    for (let word = 0; word < 4; word++) this.#key[word] = int32At(key, word * 4);
  }

  /** Hashes `bytes[start…end)`. */
  hash(bytes: Uint8Array, start: number, end: number): void {
    this.#run(bytes, start, end, false);
  }

  /** Hashes the length as eight little-endian bytes, followed by `bytes[start…end)`. */
  hashWithLength(bytes: Uint8Array, start: number, end: number): void {
    this.#run(bytes, start, end, true);
  }

  #run(bytes: Uint8Array, start: number, end: number, withLength: boolean): void {
    const key = this.#key;
    let low0 = key[0] ^ 0x70736575;
    let high0 = key[1] ^ 0x736f6d65;
    let low1 = key[2] ^ 0x6e646f6d;
    let high1 = key[3] ^ 0x646f7261;
    let low2 = key[0] ^ 0x6e657261;
    let high2 = key[1] ^ 0x6c796765;
    let low3 = key[2] ^ 0x79746573;
    let high3 = key[3] ^ 0x74656462;

    const length = end - start;
    const total = withLength ? length + 8 : length;
    // One turn for each word of the message, one for the remaining bytes with the length, and one for the
    // finalization.
    const finalization = (total >>> 3) + 1;
    let at = withLength ? start - 8 : start;
    for (let turn = 0; turn <= finalization; turn++, at += 8) {
      let lowWord = 0;
      let highWord = 0;
      if (turn === finalization) {
        low2 ^= 0xff;
      } else if (at < start) {
        lowWord = length | 0;
        highWord = (length / 0x1_0000_0000) | 0;
      } else if (at + 8 <= end) {
        lowWord = int32At(bytes, at);
        highWord = int32At(bytes, at + 4);
      } else {
        highWord = total << 24;
        for (let i = at; i < end; i++) {
          if (i - at < 4) lowWord |= bytes[i] << ((i - at) * 8);
          else highWord |= bytes[i] << ((i - at) * 8);
        }
      }
      low3 ^= lowWord;
      high3 ^= highWord;
      for (let round = turn === finalization ? FINALIZATION_ROUNDS : COMPRESSION_ROUNDS; round > 0; round--) {
        // v0 += v1; v1 = v1 <<< 13 ^ v0; v0 = v0 <<< 32
        let sum = (low0 + low1) | 0;
        high0 = (high0 + high1 + (sum >>> 0 < low0 >>> 0 ? 1 : 0)) | 0;
        low0 = sum;
        let rotated = (low1 << 13) | (high1 >>> 19);
        high1 = ((high1 << 13) | (low1 >>> 19)) ^ high0;
        low1 = rotated ^ low0;
        let swapped = low0;
        low0 = high0;
        high0 = swapped;
        // v2 += v3; v3 = v3 <<< 16 ^ v2
        sum = (low2 + low3) | 0;
        high2 = (high2 + high3 + (sum >>> 0 < low2 >>> 0 ? 1 : 0)) | 0;
        low2 = sum;
        rotated = (low3 << 16) | (high3 >>> 16);
        high3 = ((high3 << 16) | (low3 >>> 16)) ^ high2;
        low3 = rotated ^ low2;
        // v0 += v3; v3 = v3 <<< 21 ^ v0
        sum = (low0 + low3) | 0;
        high0 = (high0 + high3 + (sum >>> 0 < low0 >>> 0 ? 1 : 0)) | 0;
        low0 = sum;
        rotated = (low3 << 21) | (high3 >>> 11);
        high3 = ((high3 << 21) | (low3 >>> 11)) ^ high0;
        low3 = rotated ^ low0;
        // v2 += v1; v1 = v1 <<< 17 ^ v2; v2 = v2 <<< 32
        sum = (low2 + low1) | 0;
        high2 = (high2 + high1 + (sum >>> 0 < low2 >>> 0 ? 1 : 0)) | 0;
        low2 = sum;
        rotated = (low1 << 17) | (high1 >>> 15);
        high1 = ((high1 << 17) | (low1 >>> 15)) ^ high2;
        low1 = rotated ^ low2;
        swapped = low2;
        low2 = high2;
        high2 = swapped;
      }
      low0 ^= lowWord;
      high0 ^= highWord;
    }
    this.low = (low0 ^ low1 ^ low2 ^ low3) >>> 0;
    this.high = (high0 ^ high1 ^ high2 ^ high3) >>> 0;
  }
}

function int32At(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
