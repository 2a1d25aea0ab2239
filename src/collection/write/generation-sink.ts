import type { KeyBuffer } from '../../bytes/key-buffer.ts';
import { type Generation, VALUE_MARK } from '../version/version-state.ts';

/** Takes the entries of one generation in key order: the caller puts a key into {@link key}, and adds what it has. */
export interface GenerationSink {
  /** Where the next key goes. It may be another buffer after each call. */
  readonly key: KeyBuffer;
  /**
   * Adds an entry, or without a value a tombstone, and copies both. Returns a promise when the caller should wait; it never
   * rejects unhandled, because a failure also fails the next call.
   *
   * @throws {CairnError} `TOO_LARGE`, `IO`.
   */
  add(value: Uint8Array | undefined): Promise<void> | undefined;
  /** Ends the generation, and makes it durable where it is a file's. Undefined if nothing was added. @throws {CairnError} `IO`. */
  finish(): Promise<Generation | undefined>;
}

/** Puts the mark before values of marked generations. Keeps its memory from value to value. */
export class ValueMarker {
  #bytes = new Uint8Array(256);

  /** Returns the bytes that are stored: good until the next call. */
  mark(value: Uint8Array | undefined): Uint8Array {
    if (value === undefined) return this.#bytes.subarray(0, 0);
    if (value.length >= this.#bytes.length) this.#bytes = new Uint8Array(value.length * 2);
    this.#bytes[0] = VALUE_MARK;
    this.#bytes.set(value, 1);
    return this.#bytes.subarray(0, value.length + 1);
  }
}
