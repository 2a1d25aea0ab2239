import type { Checksum } from '../bytes/checksum.ts';
import { CairnError } from '../errors.ts';
import { checkHeader } from '../format/header.ts';
import { decodeFooter, FOOTER, HEADER, MAGIC } from '../format/layout.ts';
import type { CompressionName } from '../format/properties.ts';
import { decodeProperties } from '../format/properties.ts';
import type { ByteSource } from '../io/byte-source.ts';
import type { PartitionRecord } from './partition-record.ts';
import { decodeTail } from './partition-tail.ts';

/** A file that may be a partition. */
export interface SingleFile {
  /** For messages. */
  readonly uri: string;
  /** Within its directory. */
  readonly name: string;
  readonly source: ByteSource;
}

/** Bytes at the end of a partition far away that are read in the hope that its tail is among them. */
const MAX_GUESSED_TAIL = 1 << 17;

/** What a partition file says of itself. */
export interface PartitionDescription {
  readonly record: PartitionRecord;
  readonly keyEncoding: string;
  readonly valueEncoding: string;
  readonly compression: CompressionName;
  /** The bytes of its tail, for `PartitionFile.acceptTail`. */
  readonly tail: Uint8Array;
}

/**
 * Reads what a partition file says of itself: two reads, or three if the tail is long. The source stays open.
 *
 * @throws {CairnError} `NOT_A_STORE`, `CORRUPTION`, `UNSUPPORTED_FORMAT`, `IO`.
 */
export async function describePartition(
  { uri, name, source }: SingleFile,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<PartitionDescription> {
  const header = new Uint8Array(Math.min(HEADER.length, source.size));
  await source.read(0, header, signal);
  if (header.length < HEADER.length || MAGIC.some((byte, i) => byte !== header[i]))
    throw new CairnError('NOT_A_STORE', `${uri} is not a store but a file that is no cairn partition`, {
      uri,
    });
  checkHeader(header, source.name, checksum);
  // From far away, the whole tail is likely to come along.
  const end = new Uint8Array(
    Math.min(source.remote === true ? MAX_GUESSED_TAIL : FOOTER.length, source.size),
  );
  await source.read(source.size - end.length, end, signal);
  const footer = decodeFooter(end.subarray(-FOOTER.length), source.size, source.name, checksum);
  const length = source.size - footer.indexOffset;
  let bytes = end.slice(end.length - length);
  if (length > end.length) {
    bytes = new Uint8Array(length);
    await source.read(footer.indexOffset, bytes, signal);
  }
  const tail = decodeTail(bytes, source, checksum, false);
  const counts = tail.footer;
  const properties = decodeProperties(tail.properties, tail.propertiesRegion);
  const record: PartitionRecord = {
    name,
    bytes: source.size,
    compression: properties.compression,
    count: counts.entries,
    dataBytes: counts.dataBytes,
    hashBytes: footer.hashLength,
    tailBytes: bytes.length,
    tailChecksum: checksum.hash(bytes),
    contentSum: properties.contentSum,
    firstKey: properties.firstKey,
    lastKey: properties.lastKey,
  };
  const { keyEncoding, valueEncoding, compression } = properties;
  return { record, keyEncoding, valueEncoding, compression, tail: bytes };
}
