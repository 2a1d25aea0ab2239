import { decodeUtf8 } from '../bytes/utf8.ts';
import {
  bytesOfHex,
  formatTaggedJson,
  parseJsonExactly,
  parseTaggedJson,
  restoreTagged,
} from './json-text.ts';

/** The encodings of keys that text can be made of, and the other way round. Bytes stand for a codec of the user's own. */
export type TextKeyEncoding = 'utf8' | 'binary' | 'tuple';
/** The encodings of values that text can be made of, and the other way round. */
export type TextValueEncoding = 'utf8' | 'binary' | 'json' | 'msgpack';

/** How entries look in a text format: which encodings their store has. */
export interface TextEncodings {
  readonly keyEncoding: TextKeyEncoding;
  readonly valueEncoding: TextValueEncoding;
}

type Encoding = TextKeyEncoding | TextValueEncoding;

/** What a piece of text says in a field of that encoding. @throws {Error} */
export function parserOfText(encoding: Encoding): (text: string) => unknown {
  if (encoding === 'json') return parseJsonExactly;
  if (encoding === 'tuple' || encoding === 'msgpack') return parseTaggedJson;
  return (text) => text;
}

/** What bytes say in a field of that encoding; bytes themselves are a view. @throws {Error} */
export function parserOfBytes(
  encoding: Encoding,
): (bytes: Uint8Array, start: number, end: number) => unknown {
  if (encoding === 'binary') return (bytes, start, end) => bytes.subarray(start, end);
  const parse = parserOfText(encoding);
  return (bytes, start, end) => parse(decodeUtf8(bytes, start, end));
}

/** The text of a field that isn't bytes. */
export function textOf(encoding: Encoding): (field: unknown) => string {
  if (encoding === 'json') return (field) => JSON.stringify(field);
  if (encoding === 'tuple' || encoding === 'msgpack') return formatTaggedJson;
  return (field) => field as string;
}

/** The bytes of a field, where its text is UTF-8. Bytes are the field itself. */
export function bytesOf(encoding: Encoding): (field: unknown) => Uint8Array {
  return encoding === 'binary' ? (field) => field as Uint8Array : encoded(textOf(encoding));
}

/** The UTF-8 of what a function gives. */
export function encoded(text: (field: unknown) => string): (field: unknown) => Uint8Array {
  return (field) => utf8Encoder.encode(text(field));
}

/** What a member of a parsed JSON object says in a field of that encoding. @throws {Error} */
export function parserOfMember(encoding: Encoding): (member: unknown) => unknown {
  if (encoding === 'tuple' || encoding === 'msgpack') return (member) => restoreTagged(member);
  if (encoding === 'binary') return bytesOfMember;
  return (member) => member;
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
  if (encoding === 'json' || encoding === 'utf8') return (field) => JSON.stringify(field);
  return formatTaggedJson;
}
