/** Turns keys into bytes, whose unsigned order is the order of the store, and back. */
export interface KeyCodec<K> {
  /** A built-in name, or that of a codec of the user's own. */
  readonly name: string;
  /**
   * Encodes `key` at `target[0…]` and returns its length in bytes; allocates nothing (a codec of the user's
   * own may). `target` holds at least 65,536 bytes. An empty key gives 0. A length over `MAX_KEY_BYTES` says
   * that the key is too long, and `target` is undefined then.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` (argument `key`) for a wrong type, or what cannot be kept exactly.
   */
  encodeInto(key: K, target: Uint8Array): number;
  /**
   * The bytes with which exactly the keys with this prefix begin, as {@link KeyCodec.encodeInto} gives them:
   * characters, bytes, or a tuple's first elements, each of them whole.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` (argument `prefix`) as `encodeInto` does, and where keys have none.
   */
  encodePrefixInto(prefix: K, target: Uint8Array): number;
  /**
   * The key in `bytes[start…end)`, which belongs to the caller: bytes are copied. Costs what text or the
   * tuple's elements cost to make.
   *
   * @throws a `TypeError` or `RangeError` for bytes that `encodeInto` does not make; what a codec of the
   * user's own throws passes through.
   */
  decode(bytes: Uint8Array, start: number, end: number): K;
}
