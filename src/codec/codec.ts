/**
 * Turns values into bytes and back. A codec is named in the store it wrote, so that a reader can tell
 * whether it was given the right one.
 *
 * `encode` may return a view of memory that it reuses for the next call: the caller copies at once.
 * `decode` receives a view that is valid only during the call and must not be written: what it returns
 * may not alias the view, except for a codec that says so (`binary`).
 */
export interface Codec<T> {
  /** Written into the store; 1 to 64 characters. The built-in names cannot be taken. */
  readonly name: string;
  /** @throws {CairnError} `INVALID_ARGUMENT` when the value cannot be kept exactly. */
  encode(value: T): Uint8Array;
  /** @throws when the bytes are not something that `encode` makes. */
  decode(bytes: Uint8Array): T;
}
