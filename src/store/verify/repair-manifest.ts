import type { Checksum } from '../../bytes/checksum.ts';
import {
  type FlippedBit,
  type FlipSearch,
  flipBit,
  flippedBit,
} from '../../partition/check/bit-flip-search.ts';
import { failureOf } from '../../partition/check/diagnose-tail.ts';
import { decodeManifest } from '../manifest/decode-manifest.ts';
import type { Manifest } from '../manifest/manifest.ts';

/** Returns the manifest as it was before a single bit was flipped, or undefined if no single bit explains the damage. */
export async function repairManifest(
  damaged: Uint8Array,
  file: string,
  checksum: Checksum,
  flips: FlipSearch,
): Promise<{ manifest: Manifest; flipped: FlippedBit } | undefined> {
  const isRight = (bytes: Uint8Array): boolean =>
    failureOf(() => decodeManifest(bytes, file, checksum)) === undefined;
  if (strangeBytes(damaged) > 1) return undefined;
  const bodyBytes = damaged.length - LAST_LINE.length;
  const digits = String.fromCharCode(...damaged.subarray(bodyBytes)).match(/[0-9a-f]{16}/)?.[0];
  let bit =
    digits === undefined
      ? undefined
      : await flips.inHashed(damaged.subarray(0, bodyBytes), BigInt(`0x${digits}`));
  bit ??= flips.among(damaged, bodyBytes * 8, damaged.length * 8, isRight);
  if (bit === undefined) return undefined;
  const bytes = damaged.slice();
  flipBit(bytes, bit);
  return isRight(bytes)
    ? { manifest: decodeManifest(bytes, file, checksum), flipped: flippedBit(0, bit) }
    : undefined;
}

/** The end of every manifest: the digits of the checksum over all bytes before it. */
const LAST_LINE = '  "checksum": "................"\n}\n';

/** Counts the bytes at the end of a file that differ from a manifest's end. */
function strangeBytes(bytes: Uint8Array): number {
  const start = bytes.length - LAST_LINE.length;
  let strange = 0;
  for (let i = 0; i < LAST_LINE.length; i++) {
    const found = String.fromCharCode(bytes[start + i]);
    if (LAST_LINE[i] === '.' ? !/[0-9a-f]/.test(found) : found !== LAST_LINE[i]) strange++;
  }
  return strange;
}
