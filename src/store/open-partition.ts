import type { Checksum } from '../bytes/checksum.ts';
import { CairnError } from '../errors.ts';
import { checkHeader, decodeFooter, FOOTER, HEADER, MAGIC } from '../format/layout.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { contentId, type Manifest, type PartitionRecord } from './manifest.ts';
import { decodeTail } from './partition-file.ts';
import { notComplete } from './store-path.ts';

/** A file that may be a partition. */
export interface SingleFile {
  /** For messages. */
  readonly uri: string;
  /** Within its directory. */
  readonly name: string;
  readonly source: ByteSource;
}

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
): Promise<Manifest> {
  try {
    return await describePartition(file, checksum, signal);
  } catch (error) {
    await file.source.close();
    throw error;
  }
}

async function describePartition(
  { uri, name, source }: SingleFile,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<Manifest> {
  const header = new Uint8Array(Math.min(HEADER.length, source.size));
  await source.read(0, header, signal);
  if (header.length < HEADER.length || MAGIC.some((byte, i) => byte !== header[i]))
    throw notComplete({ uri }, 'file');
  checkHeader(header, source.name, checksum);
  const end = new Uint8Array(Math.min(FOOTER.length, source.size));
  await source.read(source.size - end.length, end, signal);
  const footer = decodeFooter(end, source.size, source.name, checksum);
  if (footer.indexOffset < HEADER.length) throw new CairnError('NOT_A_STORE', `${source.name} has no blocks`);
  const bytes = new Uint8Array(source.size - footer.indexOffset);
  await source.read(footer.indexOffset, bytes, signal);
  const { properties, footer: counts } = decodeTail(bytes, source, checksum, false);
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
  return { ...manifest, id: contentId(manifest, checksum) };
}
