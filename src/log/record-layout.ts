import { corruption } from '../bytes/corruption.ts';
import { encodeUtf8At, utf8Length } from '../bytes/utf8.ts';
import { writeVarint } from '../bytes/varint.ts';
import { DETACHED, isDetached } from '../codec/detached.ts';
import { describe, isBytes } from '../codec/type-names.ts';
import { type CairnError, invalidArgument } from '../errors.ts';
import { LogRecord } from './log-record.ts';
import { bucketInKey, offsetInKey, RECORD_KEY_BYTES } from './record-key.ts';

const HAS_KEY = 1;
const TIMESTAMP_AT = 1;
const KEY_LENGTH_AT = 9;
/** A key length is below 2^32, which takes 5 bytes as a varint. */
const MAX_KEY_LENGTH_BYTES = 5;

/** The years 0 to 9999, which RFC 3339 can express. */
const FIRST_TIMESTAMP = -62_167_219_200_000;
const LAST_TIMESTAMP = 253_402_300_799_999;

const INITIAL_BYTES = 4096;
/** The most memory kept between calls: a single long record should not hold on to more. */
const KEPT_BYTES = 1 << 20;

/**
 * Encodes records as values of a store, reusing its memory. Integers are little-endian.
 *
 * ```
 *  0       1               9                  9 + l       9 + l + n
 * +-------+---------------+------------------+-----------+------------------+
 * | flags | timestamp     | n: l bytes       | key       | value            |
 * |       | ms since 1970 | varint (LEB128,  | n bytes   | to the end       |
 * |       | signed 64 bit | shortest form)   |           |                  |
 * +-------+---------------+------------------+-----------+------------------+
 * ```
 *
 * Bit 0 of the flags is set if there is a key; without one, the value begins at 9. All other bits are 0. The
 * key of the entry, bucket and offset, is in record-key.ts.
 */
export class RecordEncoder {
  /** Where the key of the last record lies in what {@link encode} returned; below 0 for one without a key. */
  keyStart = -1;
  keyEnd = -1;
  #bytes: Uint8Array = new Uint8Array(INITIAL_BYTES);

  /**
   * Returns the bytes of a record: a view that is valid until the next call.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` for a key or value that is neither text nor bytes, for an
   * unpaired surrogate, and for a time that is not an integer or outside the years 0 to 9999.
   */
  encode(key: unknown, value: unknown, timestamp: number): Uint8Array {
    if (!isTimestamp(timestamp)) throw refuseTimestamp(timestamp);
    const keyLength = key === null || key === undefined ? -1 : byteLength(key, 'key');
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = new Uint8Array(INITIAL_BYTES);
    this.#reserve(KEY_LENGTH_AT + MAX_KEY_LENGTH_BYTES + keyLength + 1, 0);
    const bytes = this.#bytes;
    let at = KEY_LENGTH_AT;
    bytes[0] = 0;
    writeTimestamp(bytes, timestamp);
    this.keyStart = -1;
    if (keyLength >= 0) {
      bytes[0] = HAS_KEY;
      at = writeVarint(bytes, at, keyLength);
      this.keyStart = at;
      if (typeof key === 'string') encodeUtf8At(key, bytes, at);
      else bytes.set(key as Uint8Array, at);
      at += keyLength;
    }
    this.keyEnd = at;
    return this.#withValue(value, at);
  }

  #withValue(value: unknown, at: number): Uint8Array {
    if (typeof value !== 'string') {
      if (!isBytes(value)) throw refuseType(value, 'value');
      if (isDetached(value)) throw invalidArgument('value', `value ${DETACHED}`);
      this.#reserve(at + value.length, at);
      this.#bytes.set(value, at);
      return this.#bytes.subarray(0, at + value.length);
    }
    this.#reserve(at + value.length, at);
    let length = encodeUtf8At(value, this.#bytes, at);
    if (at + length > this.#bytes.length) {
      this.#reserve(at + length, at);
      length = encodeUtf8At(value, this.#bytes, at);
    }
    if (length < 0) throw refuseSurrogate('value');
    return this.#bytes.subarray(0, at + length);
  }

  /** Makes room for `bytes` bytes, keeping the first `used`. */
  #reserve(bytes: number, used: number): void {
    if (bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(bytes, Math.min(2 * bytes, KEPT_BYTES)));
    grown.set(this.#bytes.subarray(0, used));
    this.#bytes = grown;
  }
}

/** Returns the UTF-8 of a key, or a copy of its bytes. @throws {CairnError} `INVALID_ARGUMENT`. */
export function keyBytesOf(key: string | Uint8Array): Uint8Array {
  const bytes = new Uint8Array(byteLength(key, 'key'));
  if (typeof key === 'string') encodeUtf8At(key, bytes, 0);
  else bytes.set(key);
  return bytes;
}

function byteLength(text: unknown, argument: string): number {
  if (typeof text !== 'string') {
    if (isBytes(text)) {
      if (isDetached(text)) throw invalidArgument(argument, `${argument} ${DETACHED}`);
      return text.length;
    }
    throw refuseType(text, argument);
  }
  const length = utf8Length(text);
  if (length < 0) throw refuseSurrogate(argument);
  return length;
}

function writeTimestamp(bytes: Uint8Array, timestamp: number): void {
  const high = Math.floor(timestamp / 0x1_0000_0000);
  const low = timestamp - high * 0x1_0000_0000;
  for (let i = 0; i < 4; i++) {
    bytes[TIMESTAMP_AT + i] = low >>> (8 * i);
    bytes[TIMESTAMP_AT + 4 + i] = high >> (8 * i);
  }
}

function isTimestamp(timestamp: number): boolean {
  return Number.isSafeInteger(timestamp) && timestamp >= FIRST_TIMESTAMP && timestamp <= LAST_TIMESTAMP;
}

function refuseTimestamp(timestamp: unknown): CairnError {
  return invalidArgument(
    'timestamp',
    `timestamp must be an integer of milliseconds since 1970, in the years 0 to 9999, not ${describe(timestamp)}`,
  );
}

function refuseType(value: unknown, argument: string): CairnError {
  return invalidArgument(argument, `${argument} must be text or a Uint8Array, not ${describe(value)}`);
}

function refuseSurrogate(argument: string): CairnError {
  return invalidArgument(
    argument,
    `${argument} holds an unpaired surrogate, which UTF-8 cannot keep: repair the text (String.prototype.toWellFormed)`,
  );
}

/** Decodes the entries of one log's store as records, and checks every field. */
export class RecordDecoder {
  readonly #uri: string;
  readonly #buckets: number;

  constructor(uri: string, buckets: number) {
    this.#uri = uri;
    this.#buckets = buckets;
  }

  /** Decodes an entry to a record that views the entry's memory. @throws {CairnError} `CORRUPTION`. */
  decode(key: Uint8Array, value: Uint8Array): LogRecord {
    if (key.length !== RECORD_KEY_BYTES) throw this.#wrongKey(key);
    const bucket = bucketInKey(key);
    const offset = offsetInKey(key);
    if (bucket >= this.#buckets || offset < 0) throw this.#wrongKey(key);
    if (value.length < KEY_LENGTH_AT)
      throw this.damaged(bucket, offset, value.length, 'the record ends too early');
    const flags = value[0];
    if (flags > HAS_KEY)
      throw this.damaged(bucket, offset, 0, 'the flags of the record are unknown', '0 or 1', `${flags}`);
    const timestamp = timestampIn(value);
    if (!isTimestamp(timestamp))
      throw this.damaged(bucket, offset, TIMESTAMP_AT, 'the time of the record is impossible');
    if (flags !== HAS_KEY) return new LogRecord(bucket, offset, timestamp, value, -1, KEY_LENGTH_AT);

    let at = KEY_LENGTH_AT;
    let length = 0;
    let byte: number;
    do {
      byte = at < value.length ? value[at] : -1;
      // Refuses the end of the record, a sixth byte, and a last byte of 0, which would not be the shortest
      // form.
      if (byte < 0 || at === KEY_LENGTH_AT + MAX_KEY_LENGTH_BYTES || (byte === 0 && at > KEY_LENGTH_AT))
        throw this.damaged(bucket, offset, KEY_LENGTH_AT, "the length of the record's key is invalid");
      length += (byte & 0x7f) * 128 ** (at - KEY_LENGTH_AT);
      at++;
    } while (byte > 0x7f);
    if (length > value.length - at)
      throw this.damaged(
        bucket,
        offset,
        KEY_LENGTH_AT,
        "the record's key ends beyond the record",
        `at most ${value.length - at} bytes`,
        `${length}`,
      );
    return new LogRecord(bucket, offset, timestamp, value, at, at + length);
  }

  /** The error for a record with damage `at` bytes from its start. */
  damaged(
    bucket: number,
    offset: number,
    at: number,
    what: string,
    expected?: string,
    actual?: string,
  ): CairnError {
    const region = { file: this.#uri, section: `record ${bucket}/${offset}`, offset: 0 };
    return corruption(region, what, { at, expected, actual });
  }

  #wrongKey(key: Uint8Array): CairnError {
    return corruption(
      { file: this.#uri, section: 'record key', offset: 0 },
      'a key is not the key of a record',
      {
        expected: `a bucket below ${this.#buckets} and an offset`,
        actual: Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).join(''),
      },
    );
  }
}

function timestampIn(value: Uint8Array): number {
  const at = TIMESTAMP_AT;
  const low = (value[at] | (value[at + 1] << 8) | (value[at + 2] << 16) | (value[at + 3] << 24)) >>> 0;
  const high = value[at + 4] | (value[at + 5] << 8) | (value[at + 6] << 16) | (value[at + 7] << 24);
  return high * 0x1_0000_0000 + low;
}
