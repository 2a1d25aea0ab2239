/**
 * Turns values into bytes and back. A store keeps the name of the codec that wrote it, so that a reader can
 * check that it was opened with the right one.
 *
 * `encode` may return a view of memory that it reuses for the next call: the caller copies it at once.
 * `decode` receives a view that is valid only during the call and must not be written to; its result must not
 * share memory with the view, except for a codec that says so (`binary`).
 */
export interface Codec<T> {
  /** Kept in the store; 1 to 64 characters, and not a built-in name. */
  readonly name: string;
  /** @throws {CairnError} `INVALID_ARGUMENT` if the value cannot be kept exactly. */
  encode(value: T): Uint8Array;
  /**
   * @throws if `encode` does not write such bytes. Bytes are checked before they are decoded: what this throws is reported as
   * a mistake of the codec (`INVALID_ARGUMENT`), not as damage.
   */
  decode(bytes: Uint8Array): T;
}
