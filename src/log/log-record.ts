import { decodeUtf8 } from '../bytes/utf8.ts';
import { CairnError } from '../errors.ts';

/**
 * A record of a log: where it stands, when it was produced, its key, if it has one, and its value.
 *
 * Bytes that it gives are views of the record's own memory: keep them and write to them as you like; what is written
 * shows in what the same record gives next, and nowhere else. Records that `forEach` lends are good until the visit
 * ends, and their bytes are not to be written.
 */
export class LogRecord {
  /** The bucket, from 0. */
  readonly bucket: number;
  /** Records of the bucket before this one. */
  readonly offset: number;
  /** Milliseconds since 1970, UTC: the time given to `send`, or that of the call. */
  readonly timestamp: number;
  readonly #bytes: Uint8Array;
  /** Less than 0 for a record without a key. */
  readonly #keyStart: number;
  readonly #valueStart: number;

  /** Made by a reader: the key is `bytes[keyStart…valueStart)`, the value the rest. */
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

  /** The bytes of the key; null for a record without one, which is not the same as one with an empty key. */
  key(): Uint8Array | null {
    return this.#keyStart < 0 ? null : this.#bytes.subarray(this.#keyStart, this.#valueStart);
  }

  /** The key as text; null for a record without one. @throws {CairnError} `UNSUPPORTED` for a key that is not UTF-8. */
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
