import { compareBytes } from '../bytes/compare.ts';
import { corruption, type Region } from '../bytes/corruption.ts';
import { MsgpackDecoder } from '../bytes/msgpack-decoder.ts';
import { MAX_DATA_BYTES } from './limits.ts';

/** How blocks may be compressed. The names are on disk. */
export type CompressionName = 'none' | 'deflate' | 'zstd';

/**
 * How a partition describes itself: a msgpack map with these keys, in this order.
 *
 * Spec: FORMAT.md §6
 */
export interface Properties {
  readonly keyEncoding: string;
  readonly valueEncoding: string;
  readonly compression: CompressionName;
  /** The most bytes of a block with more than one entry, uncompressed. */
  readonly blockBytes: number;
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
  /** Sum over the entries of the XXH64 of their bytes, modulo 2^64: 8 bytes, little-endian. */
  readonly contentSum: bigint;
}

/**
 * Decodes a section whose checksum has been checked. Ignores unknown keys, and checks type and range of the
 * others. The returned keys are copies.
 *
 * @throws {CairnError} `CORRUPTION`.
 */
export function decodeProperties(bytes: Uint8Array, region: Region): Properties {
  let fields: Record<string, unknown>;
  try {
    fields = Object(new MsgpackDecoder().decode(bytes, 0, bytes.length)) as Record<string, unknown>;
  } catch (error) {
    throw corruption(region, 'the properties are not valid msgpack', { cause: error });
  }
  const own = (name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);
  const wrong = (name: string, expected: string): Error =>
    corruption(region, `the property ${name} is wrong`, { expected, actual: typeof own(name) });
  const text = (name: string): string => {
    const value = own(name);
    if (typeof value !== 'string' || value.length === 0) throw wrong(name, 'a string');
    return value;
  };
  const integer = (name: string, least: number, most: number): number => {
    // An integer written with 64 bits is decoded as a bigint.
    const found = own(name);
    const value = (typeof found === 'bigint' ? Number(found) : found) as number;
    if (!Number.isInteger(value) || value < least || value > most) {
      throw wrong(name, `an integer from ${least} to ${most}`);
    }
    return value;
  };
  const binary = (name: string, least: number, most: number): Uint8Array => {
    const value = own(name);
    if (!(value instanceof Uint8Array) || value.length < least || value.length > most) {
      throw wrong(name, `${least} to ${most} bytes`);
    }
    return value;
  };

  const compression = text('compression');
  if (compression !== 'none' && compression !== 'deflate' && compression !== 'zstd') {
    throw wrong('compression', 'none, deflate or zstd');
  }
  const sum = binary('contentSum', 8, 8);
  const properties: Properties = {
    keyEncoding: text('keyEncoding'),
    valueEncoding: text('valueEncoding'),
    compression,
    blockBytes: integer('blockBytes', 1, MAX_DATA_BYTES),
    firstKey: binary('firstKey', 1, 0xffff),
    lastKey: binary('lastKey', 1, 0xffff),
    contentSum: new DataView(sum.buffer).getBigUint64(0, true),
  };
  if (compareBytes(properties.firstKey, properties.lastKey) > 0)
    throw wrong('lastKey', 'a key after firstKey');
  return properties;
}
