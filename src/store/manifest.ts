import { type Checksum, hex64 } from '../bytes/checksum.ts';
import { compareKeys } from '../bytes/compare.ts';
import { corruption, type Place } from '../bytes/corruption.ts';
import { fromHex, toHex } from '../bytes/hex.ts';
import { MAX_VALUE_DEPTH } from '../bytes/value-depth.ts';
import type { JsonValue } from '../codec/json.ts';
import { CairnError } from '../errors.ts';
import { FOOTER, FORMAT_VERSION, HEADER } from '../format/layout.ts';
import { MOST_DATA_BYTES, MOST_SECTION_BYTES } from '../format/limits.ts';
import type { CompressionName } from '../format/properties.ts';

/** The file whose presence makes a store complete. */
export const MANIFEST_NAME: string = 'MANIFEST.json';
/** The directory of the partitions. */
export const DATA_DIRECTORY: string = 'data';

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

// The last line of the file is its checksum, over all bytes before that line.
const TRAILER = /^ {2}"checksum": "([0-9a-f]{16})"\n\}\n$/;
const TRAILER_BYTES = 2 + '"checksum": "'.length + 16 + '"\n}\n'.length;

/** The manifest file's bytes. Equal manifests give equal bytes. */
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
    partitions: manifest.partitions.map((partition) => ({
      name: partition.name,
      bytes: partition.bytes,
      compression: partition.compression,
      count: partition.count,
      dataBytes: partition.dataBytes,
      hashBytes: partition.hashBytes,
      tailBytes: partition.tailBytes,
      tailChecksum: hex64(partition.tailChecksum),
      contentSum: hex64(partition.contentSum),
      firstKey: toHex(partition.firstKey),
      lastKey: toHex(partition.lastKey),
    })),
  };
  const text = new TextEncoder();
  const body = text.encode(`${JSON.stringify(document, null, 2).slice(0, -2)},\n`);
  const trailer = text.encode(`  "checksum": "${hex64(checksum.hash(body))}"\n}\n`);
  const bytes = new Uint8Array(body.length + trailer.length);
  bytes.set(body);
  bytes.set(trailer, body.length);
  return bytes;
}

/**
 * Checks and decodes a manifest file.
 *
 * @throws {CairnError} `CORRUPTION`, `UNSUPPORTED_FORMAT`.
 */
export function decodeManifest(bytes: Uint8Array, file: string, checksum: Checksum): Manifest {
  const place: Place = { file, section: 'manifest', offset: 0 };
  const bodyLength = bytes.length - TRAILER_BYTES;
  const trailer = bodyLength < 0 ? null : TRAILER.exec(latin1(bytes.subarray(bodyLength)));
  if (trailer === null)
    throw corruption(place, Math.max(0, bodyLength), 'the manifest does not end in its checksum');
  const actual = hex64(checksum.hash(bytes.subarray(0, bodyLength)));
  if (actual !== trailer[1]) throw corruption(place, 0, 'the manifest checksum differs', trailer[1], actual);
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw corruption(place, 0, 'the manifest is not valid JSON', undefined, undefined, error);
  }
  return new ManifestChecker(place).manifest(document, checksum);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

// A name goes into a path: no separators, no dots alone, nothing a file system could take for something else.
const PARTITION_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,248}\.cairn$/;

/** Metadata is as deep as any value may be, and within the manifest. */
const MOST_LEVELS = MAX_VALUE_DEPTH + 1;

/** Characters of the features' names in a message. */
const MOST_NAMED = 200;

/** Whether more arrays and objects stand in each other than in any manifest: who walks through such runs out of stack. */
export function isTooDeep(document: unknown, levels: number = MOST_LEVELS): boolean {
  if (typeof document !== 'object' || document === null) return false;
  if (levels === 0) return true;
  for (const inner of Object.values(document)) if (isTooDeep(inner, levels - 1)) return true;
  return false;
}

type Fields = Readonly<Record<string, unknown>>;

/** A member that the object itself has: names such as `__proto__` are nothing special. */
function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** Turns parsed JSON into a manifest, refusing whatever a reader could be misled by. */
class ManifestChecker {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  manifest(document: unknown, checksum: Checksum): Manifest {
    if (isTooDeep(document)) throw this.#wrong('the manifest', `${MOST_LEVELS} levels`);
    const fields = this.#object(document, 'the manifest');
    if (own(fields, 'format') !== 'cairn') throw this.#wrong('format', '"cairn"');
    this.#version(fields);
    const list = own(fields, 'partitions');
    if (!Array.isArray(list)) throw this.#wrong('partitions', 'an array');
    const partitions = list.map((item, index) => this.#partition(item, `partitions[${index}]`));
    for (let i = 1; i < partitions.length; i++) {
      if (compareKeys(partitions[i - 1].lastKey, partitions[i].firstKey) >= 0) {
        throw this.#wrong(`partitions[${i}]`, 'keys after those of the partition before');
      }
    }
    const manifest: Manifest = {
      id: this.#text(fields, 'id'),
      keyEncoding: this.#text(fields, 'keyEncoding'),
      valueEncoding: this.#text(fields, 'valueEncoding'),
      compression: this.#compression(fields, 'compression'),
      metadata: this.#object(own(fields, 'metadata'), 'metadata') as Manifest['metadata'],
      partitions,
    };
    if (contentId(manifest, checksum) !== manifest.id) throw this.#wrong('id', contentId(manifest, checksum));
    const count = partitions.reduce((sum, partition) => sum + partition.count, 0);
    const bytes = partitions.reduce((sum, partition) => sum + partition.bytes, 0);
    if (own(fields, 'count') !== count) throw this.#wrong('count', `${count}`);
    if (own(fields, 'bytes') !== bytes) throw this.#wrong('bytes', `${bytes}`);
    return manifest;
  }

  #version(fields: Fields): void {
    const version = own(fields, 'version');
    const list = own(fields, 'requiredFeatures');
    if (version === FORMAT_VERSION && Array.isArray(list) && list.length === 0) return;
    if (typeof version !== 'number') throw this.#wrong('version', `${FORMAT_VERSION}`);
    if (!Array.isArray(list) || list.some((name) => typeof name !== 'string'))
      throw this.#wrong('requiredFeatures', 'strings');
    const features = list.join(', ').slice(0, MOST_NAMED);
    throw new CairnError(
      'UNSUPPORTED_FORMAT',
      `${this.#place.file} has format version ${version} with features [${features}]; this version of ` +
        `cairnkv reads version ${FORMAT_VERSION}. Upgrade cairnkv to read it`,
      {
        file: this.#place.file,
        found: `version ${version} [${features}]`,
        supported: `version ${FORMAT_VERSION} []`,
      },
    );
  }

  #partition(item: unknown, name: string): PartitionRecord {
    const fields = this.#object(item, name);
    const file = this.#text(fields, 'name');
    if (!PARTITION_NAME.test(file)) throw this.#wrong(`${name}.name`, 'a plain file name');
    const partition: PartitionRecord = {
      name: file,
      bytes: this.#integer(fields, name, 'bytes', Number.MAX_SAFE_INTEGER),
      compression: this.#compression(fields, `${name}.compression`),
      count: this.#integer(fields, name, 'count', MOST_DATA_BYTES),
      dataBytes: this.#integer(fields, name, 'dataBytes', MOST_DATA_BYTES),
      hashBytes: this.#integer(fields, name, 'hashBytes', MOST_SECTION_BYTES),
      tailBytes: this.#integer(fields, name, 'tailBytes', MOST_SECTION_BYTES),
      tailChecksum: this.#hash(fields, name, 'tailChecksum'),
      contentSum: this.#hash(fields, name, 'contentSum'),
      firstKey: this.#key(fields, name, 'firstKey'),
      lastKey: this.#key(fields, name, 'lastKey'),
    };
    const { bytes, tailBytes, hashBytes, count, dataBytes, firstKey, lastKey } = partition;
    if (tailBytes < FOOTER.length || HEADER.length + hashBytes + tailBytes > bytes) {
      throw this.#wrong(`${name}.tailBytes`, 'a tail within the file');
    }
    if (count < 1 || count > dataBytes) throw this.#wrong(`${name}.count`, 'a count that fits the data');
    if (compareKeys(firstKey, lastKey) > 0) throw this.#wrong(`${name}.lastKey`, 'a key after firstKey');
    return partition;
  }

  #object(value: unknown, name: string): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.#wrong(name, 'an object');
    return value as Fields;
  }

  #text(fields: Fields, name: string): string {
    const value = own(fields, name);
    if (typeof value !== 'string' || value.length === 0) throw this.#wrong(name, 'a string');
    return value;
  }

  #compression(fields: Fields, path: string): CompressionName {
    const value = own(fields, 'compression');
    if (value !== 'none' && value !== 'deflate' && value !== 'zstd')
      throw this.#wrong(path, 'none, deflate or zstd');
    return value;
  }

  #integer(fields: Fields, owner: string, name: string, most: number): number {
    const value = own(fields, name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > most) {
      throw this.#wrong(`${owner}.${name}`, `an integer from 0 to ${most}`);
    }
    return value;
  }

  #hash(fields: Fields, owner: string, name: string): bigint {
    const value = own(fields, name);
    if (typeof value !== 'string' || !/^[0-9a-f]{16}$/.test(value)) {
      throw this.#wrong(`${owner}.${name}`, '16 hex digits');
    }
    return BigInt(`0x${value}`);
  }

  #key(fields: Fields, owner: string, name: string): Uint8Array {
    const value = own(fields, name);
    const key = typeof value === 'string' ? fromHex(value) : undefined;
    if (key === undefined || key.length === 0 || key.length > 0xffff) {
      throw this.#wrong(`${owner}.${name}`, '2 to 131,070 hex digits');
    }
    return key;
  }

  #wrong(name: string, expected: string): CairnError {
    return corruption(this.#place, 0, `${name} is wrong`, expected, 'something else');
  }
}
