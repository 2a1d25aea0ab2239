import { encode } from '@msgpack/msgpack';
import type { Properties } from './properties.ts';

/** The most bytes that properties take besides the two keys and the names of the encodings. */
export const MAX_PROPERTIES_BYTES: number = 256;

/** Returns the section's bytes. Equal properties have equal bytes. */
export function encodeProperties(properties: Properties): Uint8Array {
  const sum = new Uint8Array(8);
  new DataView(sum.buffer).setBigUint64(0, properties.contentSum, true);
  return encode({
    keyEncoding: properties.keyEncoding,
    valueEncoding: properties.valueEncoding,
    compression: properties.compression,
    blockBytes: properties.blockBytes,
    firstKey: properties.firstKey,
    lastKey: properties.lastKey,
    contentSum: sum,
  });
}
