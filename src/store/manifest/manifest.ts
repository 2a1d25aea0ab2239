import { type Checksum, hex64 } from '../../bytes/checksum.ts';
import { toHex } from '../../bytes/hex.ts';
import type { JsonValue } from '../../codec/values/json-value.ts';
import { CairnError } from '../../errors.ts';
import { FORMAT_VERSION } from '../../format/layout.ts';
import type { CompressionName } from '../../format/properties.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';

/** The file whose presence makes a store complete. */
export const MANIFEST_NAME: string = 'MANIFEST.json';

/** The directory of the partitions. */
export const DATA_DIRECTORY: string = 'data';

/** Everything that a store says of itself. Its partitions ascend and don't overlap. */
export interface Manifest {
  readonly id: string;
  readonly keyEncoding: string;
  readonly valueEncoding: string;
  readonly compression: CompressionName;
  readonly metadata: { readonly [key: string]: JsonValue };
  readonly partitions: readonly PartitionRecord[];
}

/**
 * The id of a store's content: the same entries under the same encodings give the same id, however they are
 * split into partitions and blocks, compressed and named.
 */
export function contentId(manifest: Omit<Manifest, 'id'>, checksum: Checksum): string {
  let sum = 0n;
  let count = 0;
  for (const partition of manifest.partitions) {
    sum += partition.contentSum;
    count += partition.count;
  }
  const text = [hex64(BigInt.asUintN(64, sum)), count, manifest.keyEncoding, manifest.valueEncoding].join(
    '\n',
  );
  return hex64(checksum.hash(new TextEncoder().encode(text)));
}

/** Returns the manifest with the id of its content. */
export function withId(content: Omit<Manifest, 'id'>, checksum: Checksum): Manifest {
  return { ...content, id: contentId(content, checksum) };
}

/** Whether two records are of files with the same bytes; their names may differ. */
export function isSamePartition(a: PartitionRecord, b: PartitionRecord): boolean {
  return (
    a.tailChecksum === b.tailChecksum &&
    a.contentSum === b.contentSum &&
    a.bytes === b.bytes &&
    a.count === b.count
  );
}

// The last line of the file is its checksum, over all bytes before that line.
export const TRAILER: RegExp = /^ {2}"checksum": "([0-9a-f]{16})"\n\}\n$/;

export const TRAILER_BYTES: number = 2 + '"checksum": "'.length + 16 + '"\n}\n'.length;

/** A manifest of a million partitions takes 350 MiB; more than this is not one of ours. */
export const MAX_MANIFEST_BYTES: number = 2 ** 30;

/**
 * The manifest file's bytes. Equal manifests give equal bytes.
 *
 * @throws {CairnError} `TOO_LARGE` for one that nobody could read.
 */
export function encodeManifest(manifest: Manifest, checksum: Checksum): Uint8Array {
  const document = {
    format: 'cairn',
    version: FORMAT_VERSION,
    requiredFeatures: [],
    id: manifest.id,
    count: manifest.partitions.reduce((sum, partition) => sum + partition.count, 0),
    bytes: manifest.partitions.reduce((sum, partition) => sum + partition.bytes, 0),
    keyEncoding: manifest.keyEncoding,
    valueEncoding: manifest.valueEncoding,
    compression: manifest.compression,
    metadata: manifest.metadata,
    partitions: manifest.partitions.map(recordDocument),
  };
  const textOf = (value: object): string => {
    try {
      return JSON.stringify(value, null, 2);
    } catch (cause) {
      // All of it is JSON: it is longer than a string can be.
      throw tooLarge(manifest, cause);
    }
  };
  const text = new TextEncoder();
  const body = text.encode(`${textOf(document).slice(0, -2)},\n`);
  if (body.length + TRAILER_BYTES > MAX_MANIFEST_BYTES) throw tooLarge(manifest);
  const trailer = text.encode(`  "checksum": "${hex64(checksum.hash(body))}"\n}\n`);
  const bytes = new Uint8Array(body.length + trailer.length);
  bytes.set(body);
  bytes.set(trailer, body.length);
  return bytes;
}

/** Returns what a manifest says of a partition, as JSON. */
export function recordDocument(
  record: PartitionRecord,
): Readonly<Record<keyof PartitionRecord, string | number>> {
  return {
    name: record.name,
    bytes: record.bytes,
    compression: record.compression,
    count: record.count,
    dataBytes: record.dataBytes,
    hashBytes: record.hashBytes,
    tailBytes: record.tailBytes,
    tailChecksum: hex64(record.tailChecksum),
    contentSum: hex64(record.contentSum),
    firstKey: toHex(record.firstKey),
    lastKey: toHex(record.lastKey),
  };
}

function tooLarge({ partitions }: Manifest, cause?: unknown): CairnError {
  return new CairnError(
    'TOO_LARGE',
    `the manifest would be too large to be read, with ${partitions.length} partitions: write with a larger ` +
      'partitionBytes, or with less metadata',
    { limit: MAX_MANIFEST_BYTES, cause },
  );
}
