/** Memory of a number or a reference, and of what each object has besides its members, roughly. */
const WORD_BYTES = 8;
const OBJECT_BYTES = 32;

/** Returns roughly how much memory a value takes, in bytes. */
export function roughBytes(value: unknown): number {
  if (typeof value === 'string') return OBJECT_BYTES + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 2 * WORD_BYTES;
  if (ArrayBuffer.isView(value)) return 3 * OBJECT_BYTES + value.byteLength;
  let bytes = OBJECT_BYTES;
  if (value instanceof Map || value instanceof Set) {
    for (const member of value) bytes += roughBytes(member);
    return bytes;
  }
  for (const member of Object.values(value)) bytes += WORD_BYTES + roughBytes(member);
  return bytes;
}
