/** Turns values into bytes and back, exactly. */
export interface ValueCodec<V> extends ValueDecoder<V> {
  /**
   * The bytes of `value`: a view valid until the next call, or the value itself when that is bytes. Reuses its
   * memory from call to call.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` (argument `value`), with a path such as `value.a[2]` in its
   * message, when the value cannot be kept exactly; for `undefined` always.
   */
  encode(value: V): Uint8Array;
}

/** Turns bytes into values: all that a reader needs of a `ValueCodec`, which is several times as large. */
export interface ValueDecoder<V> {
  /** A built-in name, or that of a codec of the user's own. */
  readonly name: string;
  /** Whether values are their bytes: a reader may then copy or lend these without `decode`. */
  readonly givesBytes: boolean;
  /**
   * The value in `bytes[start…end)`, which belongs to the caller: bytes in it are copies with buffers of their own.
   *
   * @throws an `Error` of some kind for bytes that `encode` does not make.
   */
  decode(bytes: Uint8Array, start: number, end: number): V;
}
