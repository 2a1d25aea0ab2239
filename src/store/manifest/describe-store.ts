import { corruption, type Region } from '../../bytes/corruption.ts';
import type { KeyCodec } from '../../codec/keys/key-codec.ts';
import type { JsonValue } from '../../codec/values/json-value.ts';
import { isCairnError } from '../../errors.ts';
import type { CompressionName } from '../../format/properties.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import type { Manifest } from './manifest.ts';

/** What is known of a complete store without reading its entries. */
export interface StoreInfo<K = unknown> {
  readonly uri: string;
  /** 16 hex digits that depend on the entries and the encodings alone: equal content, equal id. */
  readonly id: string;
  /** Entries. */
  readonly count: number;
  /** Bytes of all partition files. */
  readonly bytes: number;
  /** `undefined` in an empty store. */
  readonly firstKey: K | undefined;
  readonly lastKey: K | undefined;
  readonly keyEncoding: string;
  readonly valueEncoding: string;
  readonly compression: CompressionName;
  /** What the writer was given. */
  readonly metadata: { readonly [key: string]: JsonValue };
  /** In key order. */
  readonly partitions: readonly PartitionInfo<K>[];
}

/** One file of a store. */
export interface PartitionInfo<K = unknown> {
  /** The file's name in the store's `data` directory. */
  readonly name: string;
  readonly bytes: number;
  readonly count: number;
  readonly firstKey: K;
  readonly lastKey: K;
}

/**
 * Returns a function that decodes the keys in a manifest or in a partition's properties, which are `region`.
 *
 * That function throws `CORRUPTION` for bytes that are not a key of that encoding, and `INVALID_ARGUMENT` for a mistake of a
 * user-defined codec.
 */
export function describedKeys<K>(keys: KeyCodec<K>, region: Region): (key: Uint8Array) => K {
  return (key) => {
    try {
      return keys.decode(key, 0, key.length);
    } catch (error) {
      // A mistake of a user-defined codec.
      if (isCairnError(error, 'INVALID_ARGUMENT')) throw error;
      throw corruption(region, 'a key is wrong', {
        expected: keys.name,
        actual: 'something else',
        cause: error,
      });
    }
  };
}

/** The public description of a manifest. `decodeKey` makes what the caller sees of a key. */
export function describeStore<K>(
  uri: string,
  manifest: Manifest,
  decodeKey: (key: Uint8Array) => K,
): StoreInfo<K> {
  const { partitions } = manifest;
  const first = partitions[0] as PartitionRecord | undefined;
  const last = partitions.at(-1);
  return {
    uri,
    id: manifest.id,
    count: partitions.reduce((sum, partition) => sum + partition.count, 0),
    bytes: partitions.reduce((sum, partition) => sum + partition.bytes, 0),
    firstKey: first && decodeKey(first.firstKey),
    lastKey: last && decodeKey(last.lastKey),
    keyEncoding: manifest.keyEncoding,
    valueEncoding: manifest.valueEncoding,
    compression: manifest.compression,
    metadata: manifest.metadata,
    partitions: partitions.map(({ name, bytes, count, firstKey, lastKey }) => ({
      name,
      bytes,
      count,
      firstKey: decodeKey(firstKey),
      lastKey: decodeKey(lastKey),
    })),
  };
}
