/** Decompressed bytes, if they are as many as they should be. @throws {RangeError} */
export function expectLength(data: Uint8Array, length: number): Uint8Array {
  if (data.length !== length) throw new RangeError(`the block gave ${data.length} bytes, not ${length}`);
  return data;
}
