import type { Checksum } from '../bytes/checksum.ts';
import { corruption, type Region } from '../bytes/corruption.ts';
import { checkSection, decodeFooter, FOOTER, type Footer } from '../format/layout.ts';
import { SparseIndex } from '../format/sparse-index.ts';
import type { ByteSource } from '../io/byte-source.ts';

/** A partition's tail, checked and decoded. */
export class PartitionTail {
  readonly footer: Footer;
  readonly index: SparseIndex;
  /** Checked, and to be decoded by `decodeProperties`: a look-up can do without. */
  readonly properties: Uint8Array;
  readonly propertiesRegion: Region;

  constructor(footer: Footer, index: SparseIndex, properties: Uint8Array, propertiesRegion: Region) {
    this.footer = footer;
    this.index = index;
    this.properties = properties;
    this.propertiesRegion = propertiesRegion;
  }
}

/**
 * Decodes and checks sparse index, properties and footer: the end of a file of `source.size` bytes. `checked` says
 * that the bytes as a whole have been found right, so that the sections' checksums would add nothing.
 */
export function decodeTail(
  bytes: Uint8Array,
  source: ByteSource,
  checksum: Checksum,
  checked: boolean,
): PartitionTail {
  const { name: file, size } = source;
  const start = size - bytes.length;
  const footer = decodeFooter(bytes.subarray(bytes.length - FOOTER.length), size, file, checksum);
  if (footer.indexOffset < start) {
    throw corruption(
      { file, section: 'footer', offset: size - FOOTER.length },
      'the sparse index begins too early',
      { at: 24 },
    );
  }
  const section = (name: string, offset: number, length: number, expected: bigint): [Uint8Array, Region] => {
    const region: Region = { file, section: name, offset };
    const part = bytes.subarray(offset - start, offset - start + length);
    if (!checked) checkSection(part, expected, region, checksum);
    return [part, region];
  };
  const { propertiesOffset, propertiesLength, indexOffset, indexLength } = footer;
  const [properties, propertiesRegion] = section(
    'properties',
    propertiesOffset,
    propertiesLength,
    footer.propertiesChecksum,
  );
  const [indexBytes, indexRegion] = section('sparse index', indexOffset, indexLength, footer.indexChecksum);
  const index = new SparseIndex(
    indexBytes,
    {
      blocks: footer.blocks,
      entries: footer.entries,
      dataBytes: footer.dataBytes,
      blocksEnd: footer.hashOffset,
    },
    indexRegion,
  );
  return new PartitionTail(footer, index, properties, propertiesRegion);
}
