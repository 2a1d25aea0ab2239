import { SipHash24 } from '../bytes/siphash.ts';

/** The name of the hash in the metadata of a log. */
export const BUCKET_HASH_NAME = 'siphash-2-4';

/**
 * Assigns keys to buckets, as Fluvio does: SipHash-2-4 under a key of zeros over the key's length (8 bytes,
 * little-endian) and its bytes, as an unsigned 64-bit integer modulo the number of buckets.
 */
export class BucketHash {
  readonly buckets: number;
  readonly #hash = new SipHash24(new Uint8Array(16));

  /** `buckets` is at most 2^21, so that the products below are exact in a double. */
  constructor(buckets: number) {
    this.buckets = buckets;
  }

  /** The bucket of the key `bytes[start…end)`. */
  bucketOf(bytes: Uint8Array, start: number, end: number): number {
    const { buckets } = this;
    if (buckets === 1) return 0;
    const hash = this.#hash;
    hash.hashWithLength(bytes, start, end);
    return ((hash.high % buckets) * 0x1_0000_0000 + hash.low) % buckets;
  }
}
