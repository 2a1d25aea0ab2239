import { decodeUtf8 } from '../bytes/utf8.ts';
import type { KeyEncodingName, ValueEncodingName } from '../codec/encoding-names.ts';
import type { TemporalClasses } from '../codec/temporal.ts';
import {
  bytesOfHex,
  formatReadableJson,
  formatTaggedJson,
  parseJsonExactly,
  parseTaggedJson,
  restoreTagged,
} from './json-text.ts';
import { parseBigInt, parseNumber } from './number-text.ts';
import { temporalOr } from './temporal-text.ts';

/** The encodings of keys that text can be made of, and the other way round. Bytes stand for a codec of the user's own. */
export type TextKeyEncoding = KeyEncodingName;
/** The encodings of values that text can be made of, and the other way round. */
export type TextValueEncoding = ValueEncodingName;

/** How entries look in a text format: which encodings their store has. */
export interface TextEncodings {
  readonly keyEncoding: TextKeyEncoding;
  readonly valueEncoding: TextValueEncoding;
  /** Makes the objects of Temporal among `typed` values that are read; the platform's own unless given. */
  readonly temporal?: TemporalClasses | undefined;
}

type Encoding = TextKeyEncoding | TextValueEncoding;

/**
 * What a piece of text says in a field of that encoding.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` if it takes a `temporal`. What it returns throws an {Error}.
 */
export function parserOfText(
  encoding: Encoding,
  temporal: TemporalClasses | undefined,
): (text: string) => unknown {
  switch (encoding) {
    case 'json':
      return parseJsonExactly;
    case 'tuple':
    case 'msgpack':
      return (text) => parseTaggedJson(text);
    case 'typed': {
      const known = temporalOr(temporal);
      return (text) => parseTaggedJson(text, known);
    }
    case 'number':
      return parseNumber;
    case 'bigint':
      return parseBigInt;
    default:
      return (text) => text;
  }
}

/** {@link parserOfText} for bytes; bytes themselves are a view. @throws {CairnError} as it does. */
export function parserOfBytes(
  encoding: Encoding,
  temporal: TemporalClasses | undefined,
): (bytes: Uint8Array, start: number, end: number) => unknown {
  if (encoding === 'binary') return (bytes, start, end) => bytes.subarray(start, end);
  const parse = parserOfText(encoding, temporal);
  return (bytes, start, end) => parse(decodeUtf8(bytes, start, end));
}

/** The text of a field that isn't bytes. */
export function textOf(encoding: Encoding): (field: unknown) => string {
  switch (encoding) {
    case 'json':
      return (field) => JSON.stringify(field);
    case 'tuple':
    case 'msgpack':
    case 'typed':
      return formatTaggedJson;
    case 'number':
    case 'bigint':
      return formatReadableJson;
    default:
      return (field) => field as string;
  }
}

/** The bytes of a field, where its text is UTF-8. Bytes are the field itself. */
export function bytesOf(encoding: Encoding): (field: unknown) => Uint8Array {
  return encoding === 'binary' ? (field) => field as Uint8Array : encoded(textOf(encoding));
}

/** The UTF-8 of what a function gives. */
export function encoded(text: (field: unknown) => string): (field: unknown) => Uint8Array {
  return (field) => utf8Encoder.encode(text(field));
}

/** What a member of a parsed JSON object says in a field of that encoding. Throws, as what it returns, what {@link parserOfText} does. */
export function parserOfMember(
  encoding: Encoding,
  temporal: TemporalClasses | undefined,
): (member: unknown) => unknown {
  switch (encoding) {
    case 'tuple':
    case 'msgpack':
    case 'number':
      return (member) => restoreTagged(member, undefined);
    case 'typed': {
      const known = temporalOr(temporal);
      return (member) => restoreTagged(member, known);
    }
    case 'bigint':
      return bigIntOfMember;
    case 'binary':
      return bytesOfMember;
    default:
      return (member) => member;
  }
}

/** A number or text of digits will do where all are bigints. */
function bigIntOfMember(member: unknown): unknown {
  if (typeof member === 'string') return parseBigInt(member);
  if (Number.isInteger(member)) return BigInt(member as number);
  return restoreTagged(member, undefined);
}

const utf8Encoder = new TextEncoder();

function bytesOfMember(member: unknown): Uint8Array {
  if (typeof member === 'string') return utf8Encoder.encode(member);
  if (typeof member === 'object' && member !== null && Object.keys(member).length === 1) {
    const { $bytes } = member as { $bytes?: unknown };
    const bytes = typeof $bytes === 'string' ? bytesOfHex($bytes) : undefined;
    if (bytes !== undefined) return bytes;
  }
  throw new TypeError('bytes must be text, or {"$bytes":"…"} with pairs of hex digits');
}

/** The JSON text of a field. */
export function jsonOf(encoding: Encoding): (field: unknown) => string {
  if (encoding === 'json' || encoding === 'utf8' || encoding === 'uuid')
    return (field) => JSON.stringify(field);
  return formatTaggedJson;
}
