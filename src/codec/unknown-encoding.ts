import { isCairnError } from '../errors.ts';
import type { Codec } from './codec.ts';
import { isKeyEncodingName, isValueEncodingName } from './encoding-names.ts';

/** Whether something was not opened because its keys or values have a custom codec. */
export function isUnknownEncoding(error: unknown): boolean {
  if (!isCairnError(error, 'INVALID_ARGUMENT')) return false;
  return error.argument === 'keyEncoding' || error.argument === 'valueEncoding';
}

/** Returns the options with which keys and values of custom codecs are bytes. */
export function bytesFor({
  keyEncoding,
  valueEncoding,
}: {
  readonly keyEncoding: string;
  readonly valueEncoding: string;
}): {
  readonly keyEncoding?: Codec<Uint8Array>;
  readonly valueEncoding?: Codec<Uint8Array>;
} {
  return {
    ...(isKeyEncodingName(keyEncoding) ? {} : { keyEncoding: asBytes(keyEncoding) }),
    ...(isValueEncodingName(valueEncoding) ? {} : { valueEncoding: asBytes(valueEncoding) }),
  };
}

function asBytes(name: string): Codec<Uint8Array> {
  return { name, encode: (bytes) => bytes, decode: (bytes) => bytes.slice() };
}
