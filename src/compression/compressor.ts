/**
 * The compressions besides `none`. Repeats part of format's `CompressionName`, because format and compression
 * do not import each other; the partition writer compiles only while every name here is one there.
 */
export type CompressorName = 'deflate' | 'zstd';

/** Compresses one block at a time, synchronously. */
export interface Compressor {
  readonly name: CompressorName;
  /** Returns the compressed bytes, possibly a view that the next call overwrites. */
  compress(bytes: Uint8Array): Uint8Array;
}

/** Decompresses one block at a time, synchronously. */
export interface Decompressor {
  /**
   * Returns exactly `length` bytes. Input that would decompress to more is refused before that much is
   * allocated.
   *
   * @throws if the input is damaged or decompresses to another number of bytes.
   */
  decompress(bytes: Uint8Array, length: number): Uint8Array;
}
