/**
 * The compressions besides `none`. Repeats part of format's `CompressionName`, because format and compression do not import
 * each other; the partition writer compiles only while every name here is one there.
 */
export type CompressorName = 'deflate' | 'zstd';

/** Compresses one block at a time, synchronously. */
export interface Compressor {
  readonly name: CompressorName;
  /** The bytes may be a view that the next call overwrites. */
  compress(bytes: Uint8Array): Uint8Array;
}

/** Decompresses one block at a time, synchronously. */
export interface Decompressor {
  /**
   * Exactly `length` bytes. Input that would give more is refused before that much is allocated.
   *
   * @throws when the input is broken or gives another number of bytes.
   */
  decompress(bytes: Uint8Array, length: number): Uint8Array;
}
