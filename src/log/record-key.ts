/**
 * The key of a record in its store. Records sort by bucket, and in each bucket by offset.
 *
 * ```
 *  0          4                   12
 * +----------+-------------------+
 * | bucket   | offset            |   both unsigned and big-endian, so that bytes order as numbers do
 * +----------+-------------------+
 * ```
 */
export const RECORD_KEY_BYTES = 12;

/** Offsets are below this, so that they are exact as numbers. */
const OFFSET_LIMIT = Number.MAX_SAFE_INTEGER;

/** Writes the key of a record at `target[0…12)`. */
export function writeRecordKey(target: Uint8Array, bucket: number, offset: number): void {
  const high = Math.floor(offset / 0x1_0000_0000);
  writeUint32(target, 0, bucket);
  writeUint32(target, 4, high);
  writeUint32(target, 8, offset - high * 0x1_0000_0000);
}

/** Returns the key of a record, in new memory. */
export function recordKey(bucket: number, offset: number): Uint8Array {
  const key = new Uint8Array(RECORD_KEY_BYTES);
  writeRecordKey(key, bucket, offset);
  return key;
}

/** The bucket in a record's key. */
export function bucketInKey(key: Uint8Array): number {
  return uint32At(key, 0);
}

/** The offset in a record's key; −1 if no log can have it. */
export function offsetInKey(key: Uint8Array): number {
  const offset = uint32At(key, 4) * 0x1_0000_0000 + uint32At(key, 8);
  return offset < OFFSET_LIMIT ? offset : -1;
}

function writeUint32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

function uint32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}
