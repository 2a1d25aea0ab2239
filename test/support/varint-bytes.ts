import { varintLength, writeVarint } from '../../src/bytes/varint.ts';

/** A number as LEB128. */
export function varintBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(varintLength(value));
  writeVarint(bytes, 0, value);
  return bytes;
}
