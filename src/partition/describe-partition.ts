import type { Checksum } from '../bytes/checksum.ts';
import { checkHeader, decodeFooter, FOOTER, HEADER, MAGIC } from '../format/layout.ts';
import { decodeProperties } from '../format/properties.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { contentId, type Manifest, type PartitionRecord } from '../store/manifest/manifest.ts';
import { notComplete } from '../store/manifest/store-directory.ts';
import { decodeTail } from './partition-file.ts';

/** A file that may be a partition. */
export interface SingleFile {
  /** For messages. */
  readonly uri: string;
  /** Within its directory. */
  readonly name: string;
  readonly source: ByteSource;
}

/** What is opened of a store. */
export interface OpenedFiles {
  readonly manifest: Manifest;
  readonly sources: readonly ByteSource[];
  /** The tail of a partition that stands for itself: it has been read. */
  readonly tail?: Uint8Array;
}

/** Bytes at the end of a partition far away that are read in the hope that its tail is among them. */
const MOST_GUESSED_TAIL = 1 << 17;

/**
 * A manifest for a partition file that stands for itself, made from what it says of itself; the source is closed when
 * there is none.
 *
 * @throws {CairnError} `NOT_A_STORE`, `CORRUPTION`, `UNSUPPORTED_FORMAT`, `IO`.
 */
export async function openPartition(
  file: SingleFile,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<OpenedFiles> {
  try {
    return { ...(await describePartition(file, checksum, signal)), sources: [file.source] };
  } catch (error) {
    await file.source.close();
    throw error;
  }
}

/**
 * A manifest for what a partition file says of itself, and the file's tail. The source stays open.
 *
 * @throws {CairnError} `NOT_A_STORE`, `CORRUPTION`, `UNSUPPORTED_FORMAT`, `IO`.
 */
export async function describePartition(
  { uri, name, source }: SingleFile,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<{ manifest: Manifest; tail: Uint8Array }> {
  const header = new Uint8Array(Math.min(HEADER.length, source.size));
  await source.read(0, header, signal);
  if (header.length < HEADER.length || MAGIC.some((byte, i) => byte !== header[i]))
    throw notComplete({ uri }, 'file');
  checkHeader(header, source.name, checksum);
  // From far away, the whole tail is likely to come along.
  const end = new Uint8Array(
    Math.min(source.remote === true ? MOST_GUESSED_TAIL : FOOTER.length, source.size),
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
  const properties = decodeProperties(tail.properties, tail.propertiesPlace);
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
  const manifest: Omit<Manifest, 'id'> = {
    keyEncoding: properties.keyEncoding,
    valueEncoding: properties.valueEncoding,
    compression: properties.compression,
    metadata: {},
    partitions: [record],
  };
  return { manifest: { ...manifest, id: contentId(manifest, checksum) }, tail: bytes };
}
