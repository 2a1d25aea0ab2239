import { LITTLE_ENDIAN } from '../../../bytes/words.ts';

/**
 * Bytes before a record's key.
 *
 * While entries are sorted they are records, one after the other, each at a 4-byte boundary. The lengths are in
 * the machine's byte order, because no other machine reads them.
 *
 * ```text
 * key length (4)  value length (4)  key  value  0 … 3 bytes that fill the word
 * ```
 */
export const RECORD_HEADER_BYTES = 8;

/** {@link RECORD_HEADER_BYTES}, in words. */
const HEADER_WORDS = RECORD_HEADER_BYTES / 4;

/** The size of a record, in bytes. */
export function recordBytes(keyLength: number, valueLength: number): number {
  return (RECORD_HEADER_BYTES + keyLength + valueLength + 3) & ~3;
}

/** A copy of a record's key. */
export function recordKey(words: Int32Array, record: number): Uint8Array {
  const start = words.byteOffset + record * 4 + RECORD_HEADER_BYTES;
  return new Uint8Array(words.buffer, start, words[record]).slice();
}

/**
 * Compares the keys of two records in unsigned byte order, word by word.
 *
 * @param from words at the beginning of the keys that are known to be equal.
 */
export function compareRecords(
  aWords: Int32Array,
  a: number,
  bWords: Int32Array,
  b: number,
  from = 0,
): number {
  const aLength = aWords[a];
  const bLength = bWords[b];
  const shared = Math.min(aLength, bLength);
  const aKey = a + HEADER_WORDS;
  const bKey = b + HEADER_WORDS;
  for (let i = from; i << 2 < shared; i++) {
    const difference = aWords[aKey + i] ^ bWords[bKey + i];
    if (difference === 0) continue;
    const bit = firstDifference(difference);
    // The difference may lie in the value after the shorter key.
    if ((i << 2) + byteOf(bit) >= shared) break;
    return ((aWords[aKey + i] >>> bit) & 0xff) - ((bWords[bKey + i] >>> bit) & 0xff);
  }
  return aLength - bLength;
}

/**
 * The number of bytes, at most `most`, that the keys of two records begin with, `from` of which are known to
 * be.
 */
export function sharedKeyBytes(words: Int32Array, a: number, b: number, from: number, most: number): number {
  const shared = Math.min(words[a], words[b], most);
  for (let i = from >>> 2; i << 2 < shared; i++) {
    const difference = words[a + HEADER_WORDS + i] ^ words[b + HEADER_WORDS + i];
    if (difference !== 0) return Math.min(shared, (i << 2) + byteOf(firstDifference(difference)));
  }
  return shared;
}

/** The lowest bit of the first byte in which two words differ, from what is different. */
function firstDifference(difference: number): number {
  const lowest = LITTLE_ENDIAN ? difference & -difference : difference;
  return (31 - Math.clz32(lowest)) & ~7;
}

/** The number of the byte in a word that begins at that bit. */
function byteOf(bit: number): number {
  return LITTLE_ENDIAN ? bit >>> 3 : 3 - (bit >>> 3);
}
