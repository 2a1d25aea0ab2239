/** Turns values into bytes and back, exactly. */
export interface ValueCodec<V> extends ValueDecoder<V> {
  /**
   * Encodes `value`. Returns a view valid until the next call, or the value itself if it is bytes. Reuses its
   * memory from call to call.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` (argument `value`), with a path such as `value.a[2]` in its
   * message, if the value cannot be kept exactly; always for `undefined`.
   */
  encode(value: V): Uint8Array;
}

/**
 * Turns bytes into values. Readers load only this, because a whole `ValueCodec` is several times as large.
 */
export interface ValueDecoder<V> {
  /** A built-in name, or that of a user-defined codec. */
  readonly name: string;
  /** Whether values are the stored bytes: a reader may then copy or lend these without `decode`. */
  readonly isBinary: boolean;
  /**
   * Decodes the value in `bytes[start…end)`. It belongs to the caller: bytes in it are copies with their own
   * buffers.
   *
   * @throws some `Error` for bytes that `encode` does not write; {CairnError} `INVALID_ARGUMENT` for a mistake of a
   * user-defined codec.
   */
  decode(bytes: Uint8Array, start: number, end: number): V;
}
