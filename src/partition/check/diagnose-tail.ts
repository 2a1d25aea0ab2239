import { type Checksum, hex64 } from '../../bytes/checksum.ts';
import { corruption, type Region } from '../../bytes/corruption.ts';
import { checkSection, decodeFooter, FOOTER, MAGIC } from '../../format/layout.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import { type FlippedBit, type FlipSearch, flipBit, flippedBit } from './bit-flip-search.ts';

/** The damage of a part of a file, with the bit if a single one is flipped. */
export interface SectionProblem {
  readonly error: unknown;
  readonly flipped?: FlippedBit;
}

/** The diagnosis of a damaged tail. */
export interface TailFindings {
  readonly problems: readonly SectionProblem[];
  /** The tail, if footer and sparse index are right or could be repaired. */
  readonly bytes?: Uint8Array;
  /** Whether the properties in it are right, too. */
  readonly propertiesRight: boolean;
}

/**
 * Diagnoses every section of a tail whose checksum differs (a reader stops at the first), and repairs single
 * bits, which the sections' own checksums prove.
 *
 * @param wanted the checksum that the manifest has for the tail.
 */
export async function diagnoseTail(
  damaged: Uint8Array,
  { name: file, size }: Pick<ByteSource, 'name' | 'size'>,
  wanted: bigint,
  checksum: Checksum,
  flips: FlipSearch,
): Promise<TailFindings> {
  const problems: SectionProblem[] = [];
  const found = { problems, propertiesRight: false };
  const bytes = damaged.slice();
  const start = size - bytes.length;
  const footerBytes = bytes.subarray(bytes.length - FOOTER.length);
  const decode = (footer: Uint8Array) => decodeFooter(footer, size, file, checksum);
  let error = failureOf(() => decode(footerBytes));
  if (error !== undefined) {
    const bit = await footerBit(footerBytes, decode, flips);
    problems.push(bit === undefined ? { error } : { error, flipped: flippedBit(size - FOOTER.length, bit) });
    if (bit === undefined) return found;
    flipBit(footerBytes, bit);
  }
  const footer = decode(footerBytes);
  if (footer.indexOffset !== start) {
    problems.push({
      error: corruption(
        { file, section: 'footer', offset: size - FOOTER.length },
        'the tail begins elsewhere than the manifest says',
        { at: 24, expected: `${start}`, actual: `${footer.indexOffset}` },
      ),
    });
    return found;
  }
  /** Whether a section is right, perhaps after a repair. */
  const mend = async (
    section: string,
    offset: number,
    length: number,
    expected: bigint,
  ): Promise<boolean> => {
    const region: Region = { file, section, offset };
    const part = bytes.subarray(offset - start, offset - start + length);
    error = failureOf(() => checkSection(part, expected, region, checksum));
    if (error === undefined) return true;
    const bit = await flips.inHashed(part, expected);
    problems.push(bit === undefined ? { error } : { error, flipped: flippedBit(offset, bit) });
    if (bit !== undefined) flipBit(part, bit);
    return bit !== undefined;
  };
  const { indexOffset, indexLength, indexChecksum } = footer;
  const { propertiesOffset, propertiesLength, propertiesChecksum } = footer;
  const indexRight = await mend('sparse index', indexOffset, indexLength, indexChecksum);
  const propertiesRight = await mend('properties', propertiesOffset, propertiesLength, propertiesChecksum);
  const actual = checksum.hash(bytes);
  if (indexRight && propertiesRight && actual !== wanted) {
    const region: Region = { file, section: 'tail', offset: start };
    const what = 'the manifest names another build of the file';
    problems.push({ error: corruption(region, what, { expected: hex64(wanted), actual: hex64(actual) }) });
    return found;
  }
  return indexRight ? { problems, bytes, propertiesRight } : found;
}

/** The flipped bit of a footer, whose checksum covers all but itself and the magic after it. */
async function footerBit(
  bytes: Uint8Array,
  decode: (footer: Uint8Array) => unknown,
  flips: FlipSearch,
): Promise<number | undefined> {
  const isRight = (copy: Uint8Array): boolean => failureOf(() => decode(copy)) === undefined;
  const covered = bytes.length - 16;
  const magicAt = covered + 8;
  const strange = MAGIC.reduce((sum, byte, i) => sum + (byte === bytes[magicAt + i] ? 0 : 1), 0);
  if (strange > 0)
    return strange > 1 ? undefined : flips.among(bytes, magicAt * 8, bytes.length * 8, isRight);
  const wanted = new DataView(bytes.buffer, bytes.byteOffset + covered).getBigUint64(0, true);
  const bit = await flips.inHashed(bytes.subarray(0, covered), wanted);
  if (bit === undefined) return flips.among(bytes, covered * 8, magicAt * 8, isRight);
  const copy = bytes.slice();
  flipBit(copy, bit);
  // A footer that is refused although its checksum is right is of another version, or was written that way.
  return isRight(copy) ? bit : undefined;
}

/** The error with which a check ends, if it does. */
export function failureOf(check: () => unknown): unknown {
  try {
    check();
    return undefined;
  } catch (error) {
    return error;
  }
}
