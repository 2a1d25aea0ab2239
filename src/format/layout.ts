import { type Checksum, hex64 } from '../bytes/checksum.ts';
import { compareBytes } from '../bytes/compare.ts';
import { corruption, type Region } from '../bytes/corruption.ts';
import { toHex } from '../bytes/hex.ts';
import { encodeStruct, Struct, type StructValue } from '../bytes/struct.ts';
import { CairnError } from '../errors.ts';
import { MAX_DATA_BYTES, MAX_HOME_SLOTS, MAX_SECTION_BYTES } from './limits.ts';

/** The version of the format that this code writes, and so far the only one that it reads. */
export const FORMAT_VERSION: number = 1;

/** Feature bits in the footer that a reader must understand; version 1 knows none. */
const KNOWN_REQUIRED_FEATURES = 0;

/**
 * `89 43 41 49 52 4E 0D 0A`: not text, not ASCII, and broken by a transfer that converts line ends.
 * Source: the reasoning of the PNG specification, §12.11 (rationale of the signature).
 */
export const MAGIC: Uint8Array = new Uint8Array([0x89, 0x43, 0x41, 0x49, 0x52, 0x4e, 0x0d, 0x0a]);
/** The magic as the number that a struct holds. */
export const MAGIC_U64: bigint = new DataView(MAGIC.buffer).getBigUint64(0, true);

const HEADER_FIELDS = { magic: 'u64', version: 'u16', reserved: 'u16', checksum: 'u32' } as const;

/**
 * The first 16 bytes of a partition file.
 *
 * ```
 * Offset  Size  Type  Field
 *      0     8  u64   magic      89 43 41 49 52 4E 0D 0A
 *      8     2  u16   version    1
 *     10     2  u16   reserved   0
 *     12     4  u32   checksum   low half of XXH64 over bytes 0…11
 * ```
 * Spec: FORMAT.md §2
 */
export const HEADER: Struct<typeof HEADER_FIELDS> = new Struct(HEADER_FIELDS);

const FOOTER_FIELDS = {
  hashOffset: 'size',
  hashLength: 'size',
  hashChecksum: 'u64',
  indexOffset: 'size',
  indexLength: 'size',
  indexChecksum: 'u64',
  propertiesOffset: 'size',
  propertiesLength: 'size',
  propertiesChecksum: 'u64',
  fileLength: 'size',
  entries: 'u32',
  blocks: 'u32',
  dataBytes: 'u32',
  hashSlots: 'u32',
  requiredFeatures: 'u32',
  optionalFeatures: 'u32',
  version: 'u16',
  reserved16: 'u16',
  reserved32: 'u32',
  checksum: 'u64',
  magic: 'u64',
} as const;

/**
 * The last 128 bytes of a partition file: where the sections lie, their checksums, and the counts they agree
 * with.
 *
 * ```
 * Offset  Size  Type  Field
 *      0     8  size  hashOffset          bytes from file start; also the end of the blocks
 *      8     8  size  hashLength          0 when there is no hash index
 *     16     8  u64   hashChecksum        XXH64 of the section
 *     24     8  size  indexOffset
 *     32     8  size  indexLength
 *     40     8  u64   indexChecksum
 *     48     8  size  propertiesOffset
 *     56     8  size  propertiesLength
 *     64     8  u64   propertiesChecksum
 *     72     8  size  fileLength          of the whole file, footer included
 *     80     4  u32   entries
 *     84     4  u32   blocks
 *     88     4  u32   dataBytes           of all blocks, uncompressed
 *     92     4  u32   hashSlots           home slots of the hash index; 0 when there is none
 *     96     4  u32   requiredFeatures    a reader refuses bits it doesn't know
 *    100     4  u32   optionalFeatures    a reader ignores bits it doesn't know
 *    104     2  u16   version             1
 *    106     2  u16   reserved16          0
 *    108     4  u32   reserved32          0
 *    112     8  u64   checksum            XXH64 of bytes 0…111 of the footer
 *    120     8  u64   magic               89 43 41 49 52 4E 0D 0A
 * ```
 * Spec: FORMAT.md §7
 */
export const FOOTER: Struct<typeof FOOTER_FIELDS> = new Struct(FOOTER_FIELDS);

/** Bytes covered by the checksum, which follows them; the magic is last. */
const CHECKED_BYTES: number = FOOTER.length - 16;

/** XXH64 of no bytes, the checksum of an absent hash index. */
const CHECKSUM_OF_NOTHING = 0xef46db3751d8e999n;

/** A checked footer. */
export type Footer = StructValue<typeof FOOTER_FIELDS>;

/** The fields that a writer sets when it composes the footer; the others are constant. */
export type Sections = Pick<
  Footer,
  'hashOffset' | 'hashLength' | 'hashChecksum' | 'indexOffset' | 'indexLength' | 'indexChecksum'
> &
  Pick<Footer, 'propertiesOffset' | 'propertiesLength' | 'propertiesChecksum'> &
  Pick<Footer, 'entries' | 'blocks' | 'dataBytes' | 'hashSlots'>;

/** Returns the footer of a file with these sections. */
export function encodeFooter(sections: Sections, checksum: Checksum): Uint8Array {
  const fields: Footer = {
    ...sections,
    fileLength: sections.propertiesOffset + sections.propertiesLength + FOOTER.length,
    requiredFeatures: 0,
    optionalFeatures: 0,
    version: FORMAT_VERSION,
    reserved16: 0,
    reserved32: 0,
    checksum: 0n,
    magic: MAGIC_U64,
  };
  const unsigned = encodeStruct(FOOTER, fields);
  return encodeStruct(FOOTER, { ...fields, checksum: checksum.hash(unsigned.subarray(0, CHECKED_BYTES)) });
}

/**
 * Decodes and checks the footer of a file that is `fileLength` bytes long: magic, checksum, version,
 * features, and that the sections fill the file without gap or overlap.
 *
 * @throws {CairnError} `CORRUPTION` or `UNSUPPORTED_FORMAT`.
 */
export function decodeFooter(
  bytes: Uint8Array,
  fileLength: number,
  file: string,
  checksum: Checksum,
): Footer {
  const region: Region = { file, section: 'footer', offset: fileLength - FOOTER.length };
  if (fileLength < HEADER.length + FOOTER.length) {
    throw corruption(
      { file, section: 'footer', offset: 0 },
      'the file is shorter than its header and footer',
      { expected: `at least ${HEADER.length + FOOTER.length} bytes`, actual: `${fileLength}` },
    );
  }
  // Checked before the sizes, which are impossible at the end of a truncated file.
  const magic = bytes.subarray(CHECKED_BYTES + 8);
  if (compareBytes(magic, MAGIC) !== 0) {
    throw corruption(region, 'the footer has no magic', {
      at: CHECKED_BYTES + 8,
      expected: toHex(MAGIC),
      actual: toHex(magic),
    });
  }
  const footer = FOOTER.decode(bytes, region);
  const actual = checksum.hash(bytes.subarray(0, CHECKED_BYTES));
  if (actual !== footer.checksum) {
    throw corruption(region, 'the footer checksum differs', {
      at: CHECKED_BYTES,
      expected: hex64(footer.checksum),
      actual: hex64(actual),
    });
  }
  checkVersion(file, footer.version);
  const unknown = (footer.requiredFeatures & ~KNOWN_REQUIRED_FEATURES) >>> 0;
  if (unknown !== 0) {
    throw new CairnError(
      'UNSUPPORTED_FORMAT',
      `${file} needs features that this version of cairnkv does not know (bits 0x${hex32(unknown)}); ` +
        'upgrade cairnkv to read it',
      {
        file,
        found: `0x${hex32(footer.requiredFeatures)}`,
        supported: `0x${hex32(KNOWN_REQUIRED_FEATURES)}`,
      },
    );
  }
  if (footer.fileLength !== fileLength) {
    throw corruption(region, 'the file was cut or extended', {
      at: 72,
      expected: `${footer.fileLength} bytes`,
      actual: `${fileLength}`,
    });
  }
  // An optional feature may add a section, skipped here, between the hash index and the sparse index.
  const hashEnd = footer.hashOffset + footer.hashLength;
  const fits =
    footer.hashOffset >= HEADER.length &&
    (footer.optionalFeatures === 0 ? footer.indexOffset === hashEnd : footer.indexOffset >= hashEnd) &&
    footer.propertiesOffset === footer.indexOffset + footer.indexLength &&
    footer.propertiesOffset + footer.propertiesLength === fileLength - FOOTER.length &&
    footer.hashLength <= MAX_SECTION_BYTES &&
    fileLength - footer.indexOffset <= MAX_SECTION_BYTES &&
    footer.reserved16 === 0 &&
    footer.reserved32 === 0;
  if (!fits) throw corruption(region, 'the sections do not fill the file');
  const { entries, blocks, dataBytes, hashSlots, hashLength } = footer;
  const counts = blocks >= 1 && entries >= blocks && dataBytes >= entries && dataBytes <= MAX_DATA_BYTES;
  if (!counts) throw corruption(region, 'the counts do not fit each other', { at: 80 });
  const slots =
    hashSlots === 0
      ? hashLength === 0 && footer.hashChecksum === CHECKSUM_OF_NOTHING
      : hashSlots <= MAX_HOME_SLOTS && hashLength % 4 === 0 && hashLength > hashSlots * 4;
  if (!slots) throw corruption(region, 'the length of the hash index does not fit its slots', { at: 8 });
  return footer;
}

/** @throws {CairnError} `CORRUPTION` unless `bytes` hash to `expected`. */
export function checkSection(bytes: Uint8Array, expected: bigint, region: Region, checksum: Checksum): void {
  const actual = checksum.hash(bytes);
  if (actual !== expected) {
    throw corruption(region, 'a checksum differs', { expected: hex64(expected), actual: hex64(actual) });
  }
}

/** @throws {CairnError} `UNSUPPORTED_FORMAT` if it is another version. */
export function checkVersion(file: string, version: number): void {
  if (version === FORMAT_VERSION) return;
  throw new CairnError(
    'UNSUPPORTED_FORMAT',
    `${file} has format version ${version}; this version of cairnkv reads version ${FORMAT_VERSION}. ` +
      'Upgrade cairnkv to read it',
    { file, found: `version ${version}`, supported: `version ${FORMAT_VERSION}` },
  );
}

/** Eight hex digits, for messages. */
export function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
