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

/** The key encodings that text formats can read and write; `binary` serves for user-defined codecs. */
export type TextKeyEncoding = KeyEncodingName;
/** The value encodings that text formats can read and write. */
export type TextValueEncoding = ValueEncodingName;

/** The encodings of a store whose entries are read or written as text. */
export interface TextEncodings {
  readonly keyEncoding: TextKeyEncoding;
  readonly valueEncoding: TextValueEncoding;
  /** Creates the Temporal objects among `typed` values that are read. Default: the platform's own. */
  readonly temporal?: TemporalClasses | undefined;
}

type Encoding = TextKeyEncoding | TextValueEncoding;

/**
 * Creates a function that reads a field of that encoding from text; it throws an {@link Error} for invalid
 * text.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` if the encoding needs a `temporal` and there is none.
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

/** {@link parserOfText} for bytes; binary fields are views of them. @throws {CairnError} as that does. */
export function parserOfBytes(
  encoding: Encoding,
  temporal: TemporalClasses | undefined,
): (bytes: Uint8Array, start: number, end: number) => unknown {
  if (encoding === 'binary') return (bytes, start, end) => bytes.subarray(start, end);
  const parse = parserOfText(encoding, temporal);
  return (bytes, start, end) => parse(decodeUtf8(bytes, start, end));
}

/** Creates a function that writes a field that is not bytes as text. */
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

/** Creates a function that writes a field as the UTF-8 of its text; a binary field is returned unchanged. */
export function bytesOf(encoding: Encoding): (field: unknown) => Uint8Array {
  return encoding === 'binary' ? (field) => field as Uint8Array : encoded(textOf(encoding));
}

/** Creates a function that returns the UTF-8 of what `text` returns. */
export function encoded(text: (field: unknown) => string): (field: unknown) => Uint8Array {
  return (field) => utf8Encoder.encode(text(field));
}

/** {@link parserOfText} for a member of a parsed JSON object. Both functions throw as those of that do. */
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

/** Accepts a number that is exact, or text of digits, for a bigint. */
function bigIntOfMember(member: unknown): unknown {
  if (typeof member === 'string') return parseBigInt(member);
  if (Number.isSafeInteger(member)) return BigInt(member as number);
  if (Number.isInteger(member))
    throw new RangeError(`the number ${member} may be altered; write all its digits`);
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

/** Creates a function that writes a field as JSON text. */
export function jsonOf(encoding: Encoding): (field: unknown) => string {
  if (encoding === 'json' || encoding === 'utf8' || encoding === 'uuid')
    return (field) => JSON.stringify(field);
  return formatTaggedJson;
}
