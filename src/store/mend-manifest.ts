import type { Checksum } from '../bytes/checksum.ts';
import { failureOf } from './examine-tail.ts';
import { type FlippedBit, type FlipSearch, flipBit, flippedBit } from './flip-search.ts';
import { decodeManifest, MANIFEST_TRAILER_BYTES, type Manifest, manifestChecksum } from './manifest.ts';

/** The manifest that damaged bytes were before a single bit of them was flipped; undefined when it isn't known. */
export async function mendManifest(
  damaged: Uint8Array,
  file: string,
  checksum: Checksum,
  flips: FlipSearch,
): Promise<{ manifest: Manifest; flipped: FlippedBit } | undefined> {
  const isRight = (bytes: Uint8Array): boolean =>
    failureOf(() => decodeManifest(bytes, file, checksum)) === undefined;
  const bodyBytes = Math.max(0, damaged.length - MANIFEST_TRAILER_BYTES);
  const wanted = manifestChecksum(damaged);
  let bit = wanted === undefined ? undefined : await flips.inHashed(damaged.subarray(0, bodyBytes), wanted);
  bit ??= flips.among(damaged, bodyBytes * 8, damaged.length * 8, isRight);
  if (bit === undefined) return undefined;
  const bytes = damaged.slice();
  flipBit(bytes, bit);
  return isRight(bytes)
    ? { manifest: decodeManifest(bytes, file, checksum), flipped: flippedBit(0, bit) }
    : undefined;
}
