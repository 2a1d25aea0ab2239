import { decodeUtf8 } from '../bytes/utf8.ts';
import { CairnError } from '../errors.ts';

/**
 * A record of a log: its bucket and offset, its timestamp, its key, if it has one, and its value.
 *
 * The bytes that it returns are views of the record's own memory: you may keep them and write to them; writes
 * show in later calls of the same record, and nowhere else. Records passed by `forEach` are valid until the
 * visit ends, and their bytes must not be written to.
 */
export class LogRecord {
  /** The bucket, from 0. */
  readonly bucket: number;
  /** Records of the bucket before this one. */
  readonly offset: number;
  /** Milliseconds since 1970, UTC: the timestamp passed to `send`, or the time of that call. */
  readonly timestamp: number;
  readonly #bytes: Uint8Array;
  /** Less than 0 for a record without a key. */
  readonly #keyStart: number;
  readonly #valueStart: number;

  /** @internal Called by readers: the key is `bytes[keyStart…valueStart)`, the value the rest. */
  constructor(
    bucket: number,
    offset: number,
    timestamp: number,
    bytes: Uint8Array,
    keyStart: number,
    valueStart: number,
  ) {
    this.bucket = bucket;
    this.offset = offset;
    this.timestamp = timestamp;
    this.#bytes = bytes;
    this.#keyStart = keyStart;
    this.#valueStart = valueStart;
  }

  /** The bytes of the key; null for a record without a key, which differs from an empty key. */
  key(): Uint8Array | null {
    return this.#keyStart < 0 ? null : this.#bytes.subarray(this.#keyStart, this.#valueStart);
  }

  /**
   * The key as text; null for a record without a key.
   *
   * @throws {CairnError} `UNSUPPORTED` for a key that is not UTF-8.
   */
  keyString(): string | null {
    return this.#keyStart < 0 ? null : this.#text('key', this.#keyStart, this.#valueStart);
  }

  /** The bytes of the value. */
  value(): Uint8Array {
    return this.#bytes.subarray(this.#valueStart);
  }

  /** The value as text. @throws {CairnError} `UNSUPPORTED` for a value that is not UTF-8. */
  valueString(): string {
    return this.#text('value', this.#valueStart, this.#bytes.length);
  }

  #text(what: 'key' | 'value', start: number, end: number): string {
    try {
      return decodeUtf8(this.#bytes, start, end);
    } catch (error) {
      throw new CairnError(
        'UNSUPPORTED',
        `the ${what} of the record ${this.bucket}/${this.offset} is not UTF-8; take its bytes with ${what}()`,
        { cause: error },
      );
    }
  }
}
