import { hex64 } from '../bytes/checksum.ts';
import { toHex } from '../bytes/hex.ts';
import type { FieldPlace } from '../bytes/struct.ts';
import type { InspectedFields } from './report.ts';

/** A field of a fixed layout and its content, whether or not that is valid. */
export interface FieldDump extends FieldPlace {
  readonly bytes: Uint8Array;
  readonly value: bigint;
}

/** Returns the fields that `bytes` holds in full. Unlike the layout's own decoder, it refuses nothing. */
export function dumpFields(fields: readonly FieldPlace[], bytes: Uint8Array): FieldDump[] {
  return fields
    .filter(({ offset, length }) => offset + length <= bytes.length)
    .map((field) => {
      const own = bytes.subarray(field.offset, field.offset + field.length);
      return { ...field, bytes: own, value: littleEndian(own) };
    });
}

/** The value of a field, or undefined if the layout was cut short before it. */
export function fieldValue(fields: readonly FieldDump[], name: string): bigint | undefined {
  return fields.find((field) => field.name === name)?.value;
}

/**
 * Shows checksums in hex, as errors do, and magics as their bytes; sizes, counts, versions and bits as
 * numbers.
 */
export function showField({ name, type, bytes, value }: FieldDump): string | number {
  if (name === 'magic') return toHex(bytes);
  if (type === 'u64') return hex64(value);
  if (name === 'checksum') return value.toString(16).padStart(8, '0');
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}

/** {@link showField} of all fields by name. */
export function fieldsByName(fields: readonly FieldDump[]): InspectedFields {
  return Object.fromEntries(fields.map((field) => [field.name, showField(field)]));
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return value;
}
