/** Returns decompressed bytes if their number is right. @throws {RangeError} otherwise. */
export function expectLength(data: Uint8Array, length: number): Uint8Array {
  if (data.length !== length) throw new RangeError(`the block holds ${data.length} bytes, not ${length}`);
  return data;
}
