import { asText, invalidArgument } from '../../errors.ts';

const SEED = 42;

/**
 * Returns the bucket for the bytes of a bucket key: Fluss's function, so that the same rows lie in the same buckets there. It is
 * Flink's variant of Murmur3 (the last bytes are mixed in one by one), mixed again.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` for a key without bytes, or no bucket.
 */
export function bucketOfKey(key: Uint8Array, buckets: number): number {
  if (key.length === 0) throw invalidArgument('key', 'the key that chooses a bucket must not be empty');
  if (!Number.isSafeInteger(buckets) || buckets < 1)
    throw invalidArgument('buckets', `buckets must be a positive integer, not ${asText(buckets)}`);
  return bucketOfBytes(key, buckets);
}

/** {@link bucketOfKey} for any bytes and a count that was checked. */
export function bucketOfBytes(key: Uint8Array, buckets: number): number {
  return remix(murmur(key)) % buckets;
}

function murmur(bytes: Uint8Array): number {
  const { length } = bytes;
  const aligned = length - (length % 4);
  let hash = SEED;
  for (let at = 0; at < aligned; at += 4) {
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    hash = mixHash(hash, mixWord(word));
  }
  for (let at = aligned; at < length; at++) hash = mixHash(hash, mixWord(bytes[at]));
  return avalanche(hash ^ length);
}

function remix(hash: number): number {
  const mixed = avalanche(mixHash(0, mixWord(hash)) ^ 4);
  // The absolute value, and 0 for the one number that has none.
  return mixed >= 0 ? mixed : mixed === -0x8000_0000 ? 0 : -mixed;
}

function mixWord(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
}

function mixHash(hash: number, word: number): number {
  return (Math.imul(rotate(hash ^ word, 13), 5) + 0xe6546b64) | 0;
}

function avalanche(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
