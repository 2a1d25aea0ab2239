import type { CompressionName } from '../format/properties.ts';

/** What the manifest says of one partition. */
export interface PartitionRecord {
  /** The file's name within the data directory. */
  readonly name: string;
  /** Bytes of the file. */
  readonly bytes: number;
  /** How its blocks may be compressed: a merged store can have partitions of different kinds. */
  readonly compression: CompressionName;
  /** Entries. */
  readonly count: number;
  /** Bytes of the blocks, uncompressed. */
  readonly dataBytes: number;
  /** Bytes of the hash index; 0 when there is none. */
  readonly hashBytes: number;
  /** Bytes of sparse index, properties and footer together: the end of the file. */
  readonly tailBytes: number;
  /** XXH64 of those: through the checksums in them it binds the blocks and the hash index, too. */
  readonly tailChecksum: bigint;
  /** Sum of the entries' XXH64, modulo 2^64. */
  readonly contentSum: bigint;
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
}
