import type { Temporal } from 'temporal-spec';
import { bigIntToBytes } from '../../bytes/bigint-to-bytes.ts';
import { bigIntFromBytes } from '../../bytes/msgpack-bigint.ts';
import { decodeUtf8 } from '../../bytes/utf8.ts';
import { type CairnError, invalidArgument, isCairnError, reasonOf } from '../../errors.ts';
import { checkExact, type ExactRules, ILL_FORMED } from '../lossless.ts';
import { loadTemporal, type TemporalClasses, temporalKind } from '../temporal.ts';
import { TextScratch } from '../text-scratch.ts';
import { isBytes, isDate } from '../type-names.ts';
import type { JsonValue } from './json-value.ts';
import { JSON_RULES } from './json-value.ts';
import * as payload from './typed-temporal.ts';
import type { ValueCodec } from './value-codec.ts';

/**
 * A value of a store with the encoding `typed`: it is read with the type that it was written with.
 *
 * Temporal objects of every implementation can be written. Those that are read are instances of the
 * platform's own Temporal, or else of `temporal-polyfill`.
 *
 * @example
 * ```ts
 * import { createStore, openStore } from 'cairnkv';
 * import { Temporal } from 'temporal-polyfill';
 *
 * await createStore('memory:jobs', { valueEncoding: 'typed' })
 *   .put('retention', Temporal.Duration.from('P5D'))
 *   .put('version', '1.2.3')
 *   .close();
 * const jobs = await openStore('memory:jobs', { valueEncoding: 'typed' });
 * console.log(String(jobs.getSync('retention')), jobs.getSync('version')); // P5D 1.2.3
 * ```
 */
export type TypedValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Temporal.Instant
  | Temporal.PlainDateTime
  | Temporal.PlainDate
  | Temporal.Duration
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

const TAG_NULL = 0x00;
const TAG_FALSE = 0x01;
const TAG_TRUE = 0x02;
const TAG_NUMBER = 0x03;
const TAG_BIGINT = 0x04;
const TAG_STRING = 0x05;
const TAG_INSTANT = 0x06;
const TAG_DATE_TIME = 0x07;
const TAG_DATE = 0x08;
const TAG_DURATION = 0x09;
const TAG_JSON = 0x0a;

const RULES: ExactRules = { ...JSON_RULES, format: 'JSON, as which a typed value keeps objects and arrays,' };

/**
 * Values with their types: no type is guessed from text, neither when written nor when read.
 *
 * ```text
 * 00                                  null
 * 01                                  false
 * 02                                  true
 * 03  F × 8                           number: a double; NaN as 7FF8000000000000
 * 04  B…                              bigint: two's complement in as few bytes as hold the sign
 * 05  S…                              string: UTF-8
 * 06  E × 8, N × 4                    Instant: seconds since 1970 (UTC), rounded down; nanoseconds of the second
 * 07  Y × 4, M, D, h, m, s, N × 4     PlainDateTime: year, month, day, hour, minute, second, its nanoseconds
 * 08  Y × 4, M, D                     PlainDate
 * 09  K × 2, F × 8 × fields           Duration: which fields are not 0 (bit 0: years), and these as doubles, in the
 *                                     order years, months, weeks, days, hours, minutes, seconds, milli-, micro-
 *                                     and nanoseconds
 * 0A  J…                              object or array: JSON in UTF-8, as JSON.stringify writes it
 * ```
 *
 * Integers are big-endian, E and Y signed, N from 0 to 999,999,999. Dates are of the ISO calendar, which has
 * a year 0. There is one way to write each value; the decoder refuses every other.
 *
 * Objects and arrays must be values that JSON keeps exactly ({@link checkExact}). A Date is refused, because
 * it would not be read as one, and so are the other classes of Temporal. Strings must be well-formed.
 */
export class TypedCodec implements ValueCodec<TypedValue> {
  readonly name: string = 'typed';
  readonly isBinary: boolean = false;
  readonly #temporal: TemporalClasses;
  readonly #text: TextScratch = new TextScratch();
  /** Holds encoded values of bounded length. */
  readonly #bytes: Uint8Array = new Uint8Array(1 + payload.DURATION_BYTES);
  readonly #view: DataView = new DataView(this.#bytes.buffer);
  /** The bytes last read from, and a view of their memory. */
  #source: Uint8Array = this.#bytes;
  #sourceView: DataView = this.#view;

  /** @param temporal creates the Temporal objects that are read. */
  constructor(temporal: TemporalClasses) {
    this.#temporal = temporal;
  }

  encode(value: TypedValue): Uint8Array {
    switch (typeof value) {
      case 'string': {
        const bytes = this.#text.encodeTagged(TAG_STRING, value);
        if (bytes === undefined) throw invalidArgument('value', `value ${ILL_FORMED}`);
        return bytes;
      }
      case 'number':
        writeNumber(value, this.#view, 1);
        return this.#tagged(TAG_NUMBER, 9);
      case 'boolean':
        return this.#tagged(value ? TAG_TRUE : TAG_FALSE, 1);
      case 'bigint': {
        const bytes = bigIntToBytes(value, 1);
        bytes[0] = TAG_BIGINT;
        return bytes;
      }
      case 'object':
        if (value === null) return this.#tagged(TAG_NULL, 1);
        return this.#encodeObject(value);
      default:
        checkExact(value, RULES);
        throw new Error('undefined, functions and symbols are refused');
    }
  }

  decode(bytes: Uint8Array, start: number, end: number): TypedValue {
    const from = start + 1;
    switch (start < end ? bytes[start] : undefined) {
      case TAG_STRING:
        return decodeUtf8(bytes, from, end);
      case TAG_NUMBER:
        return readNumber(this.#viewOf(bytes, from, end, 8), from);
      case TAG_JSON:
        return readJson(decodeUtf8(bytes, from, end));
      case TAG_BIGINT:
        return bigIntFromBytes(bytes.subarray(from, end));
      case TAG_INSTANT:
        return payload.readInstant(
          this.#viewOf(bytes, from, end, payload.INSTANT_BYTES),
          from,
          this.#temporal,
        );
      case TAG_DATE_TIME:
        return payload.readDateTime(
          this.#viewOf(bytes, from, end, payload.DATE_TIME_BYTES),
          from,
          this.#temporal,
        );
      case TAG_DATE:
        return payload.readDate(this.#viewOf(bytes, from, end, payload.DATE_BYTES), from, this.#temporal);
      case TAG_DURATION:
        return payload.readDuration(this.#viewOf(bytes, from, end, end - from), from, end, this.#temporal);
      case TAG_NULL:
        return this.#nothingBehind(from, end, null);
      case TAG_FALSE:
        return this.#nothingBehind(from, end, false);
      case TAG_TRUE:
        return this.#nothingBehind(from, end, true);
      default:
        throw new RangeError(start < end ? `typed: there is no tag ${bytes[start]}` : 'typed: no tag');
    }
  }

  #tagged(tag: number, length: number): Uint8Array {
    this.#bytes[0] = tag;
    return this.#bytes.subarray(0, length);
  }

  #encodeObject(value: object): Uint8Array {
    const kind = temporalKind(value);
    if (kind !== undefined) return this.#encodeTemporal(value, kind);
    if (isDate(value)) throw notKept('a Date', DATE_ADVICE);
    if (isBytes(value)) throw notKept('bytes', "use valueEncoding 'binary' or 'msgpack'");
    checkExact(value, RULES);
    // Unpaired surrogates are escaped.
    return this.#text.encodeTagged(TAG_JSON, JSON.stringify(value)) as Uint8Array;
  }

  #encodeTemporal(value: object, kind: string): Uint8Array {
    const wanted: unknown = (this.#temporal as Readonly<Record<string, unknown>>)[kind];
    try {
      // An object of another implementation is not trusted: its fields must agree with its text, which is had
      // before memory is written that code of the object could overwrite.
      const text = typeof wanted === 'function' && value instanceof wanted ? undefined : String(value);
      const bytes = this.#writeTemporal(value, kind);
      if (bytes !== undefined && text !== undefined && String(this.decode(bytes, 0, bytes.length)) !== text) {
        throw new RangeError('its fields and its text differ');
      }
      if (bytes !== undefined) return bytes;
    } catch (error) {
      if (isCairnError(error)) throw error;
      const reason = reasonOf(error);
      throw invalidArgument('value', `value is not a whole Temporal.${kind}: ${reason}`, error);
    }
    throw notKept(`a Temporal.${kind}`, TEMPORAL_ADVICE[kind] ?? 'store its text: value.toString()');
  }

  #writeTemporal(value: object, kind: string): Uint8Array | undefined {
    const view = this.#view;
    switch (kind) {
      case 'Instant':
        return this.#tagged(TAG_INSTANT, payload.writeInstant(value as Temporal.Instant, view, 1));
      case 'PlainDateTime':
        return this.#tagged(TAG_DATE_TIME, payload.writeDateTime(value as Temporal.PlainDateTime, view, 1));
      case 'PlainDate':
        return this.#tagged(TAG_DATE, payload.writeDate(value as Temporal.PlainDate, view, 1));
      case 'Duration':
        return this.#tagged(TAG_DURATION, payload.writeDuration(value as Temporal.Duration, view, 1));
      default:
        return undefined;
    }
  }

  #nothingBehind<T>(from: number, end: number, value: T): T {
    if (from === end) return value;
    throw new RangeError(`typed: ${end - from} bytes after the value`);
  }

  /** A view of all of `bytes`, if exactly `length` bytes remain. */
  #viewOf(bytes: Uint8Array, from: number, end: number, length: number): DataView {
    if (end - from !== length)
      throw new RangeError(`typed: ${end - from} bytes where there must be ${length}`);
    if (bytes !== this.#source) {
      this.#source = bytes;
      this.#sourceView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#sourceView;
  }
}

const DATE_ADVICE =
  "store a Temporal.Instant: Temporal.Instant.fromEpochMilliseconds(value.getTime()), or use valueEncoding 'msgpack', which keeps it";

const TEMPORAL_ADVICE: Readonly<Record<string, string>> = {
  ZonedDateTime: 'store value.toInstant(), or its text: value.toString()',
};

function notKept(what: string, advice: string): CairnError {
  return invalidArgument('value', `value is ${what}, which a typed value cannot be: ${advice}`);
}

const NAN_HIGH = 0x7ff8_0000;

function writeNumber(value: number, target: DataView, at: number): void {
  if (Number.isNaN(value)) {
    // One of the many NaNs: the language does not specify which one `setFloat64` writes.
    target.setUint32(at, NAN_HIGH);
    target.setUint32(at + 4, 0);
  } else {
    target.setFloat64(at, value);
  }
}

function readNumber(bytes: DataView, at: number): number {
  const value = bytes.getFloat64(at);
  if (!Number.isNaN(value) || (bytes.getUint32(at) === NAN_HIGH && bytes.getUint32(at + 4) === 0))
    return value;
  throw new RangeError('typed: a NaN other than 7FF8000000000000');
}

function readJson(text: string): JsonValue[] | { [key: string]: JsonValue } {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new TypeError('typed: JSON of no object or array');
  // Order of keys, digits, escapes, white space: JSON.stringify has one way to write each.
  if (JSON.stringify(value) !== text) throw new TypeError('typed: JSON that JSON.stringify does not write');
  return value as JsonValue[] | { [key: string]: JsonValue };
}

/** Creates a codec for typed values, with the platform's Temporal or the polyfill's. */
export async function loadTypedCodec(): Promise<TypedCodec> {
  return new TypedCodec(await loadTemporal());
}
