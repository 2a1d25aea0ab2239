/** Whether this machine is little-endian. */
export const LITTLE_ENDIAN: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Returns `length` u32 of little-endian memory: a view on little-endian machines, a converted copy on others.
 */
export function littleEndianWords(buffer: ArrayBufferLike, byteOffset: number, length: number): Uint32Array {
  if (LITTLE_ENDIAN) return new Uint32Array(buffer, byteOffset, length);
  const view = new DataView(buffer, byteOffset, length * 4);
  return Uint32Array.from({ length }, (_, i) => view.getUint32(i * 4, true));
}

/** Returns u32 as little-endian bytes: a view on little-endian machines, a converted copy on others. */
export function littleEndianBytes(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  if (LITTLE_ENDIAN) return bytes;
  const out = new Uint8Array(words.byteLength);
  const view = new DataView(out.buffer);
  for (let i = 0; i < words.length; i++) view.setUint32(i * 4, words[i], true);
  return out;
}
