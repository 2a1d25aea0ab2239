/** Turns keys into bytes and back. The unsigned order of the bytes is the order of the store. */
export interface KeyCodec<K> {
  /** A built-in name, or that of a user-defined codec. */
  readonly name: string;
  /**
   * Encodes `key` at `target[0…]` and returns its length in bytes, 0 for an empty key. Allocates nothing (a
   * user-defined codec may). `target` has at least 65,536 bytes. A length over `MAX_KEY_BYTES` means that the
   * key is too long; the content of `target` is then undefined.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` (argument `key`) for a wrong type or a key that cannot be kept
   * exactly.
   */
  encodeInto(key: K, target: Uint8Array): number;
  /**
   * Encodes the bytes with which exactly the keys with this prefix begin, as {@link KeyCodec.encodeInto}
   * does: a prefix is characters, bytes, or the first elements of a tuple, each of them whole.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` (argument `prefix`) as `encodeInto` does, and if such keys have
   * no prefixes.
   */
  encodePrefixInto(prefix: K, target: Uint8Array): number;
  /**
   * Decodes the key in `bytes[start…end)`. The result belongs to the caller: bytes are copied. Allocates the
   * text or the tuple's elements.
   *
   * @throws a `TypeError` or `RangeError` for bytes that `encodeInto` does not write; {CairnError}
   * `INVALID_ARGUMENT` for a mistake of a user-defined codec.
   */
  decode(bytes: Uint8Array, start: number, end: number): K;
}
