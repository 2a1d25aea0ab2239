import { toHex } from '../bytes/hex.ts';
import type { TemporalClasses } from '../codec/temporal.ts';
import { repeatedName } from './repeated-members.ts';
import { formatTemporal, parseTemporal, temporalPromise } from './temporal-text.ts';

/**
 * Returns JSON text for any key or value. Types that JSON lacks are written as an object with one tagged
 * property:
 *
 * | value | text |
 * |---|---|
 * | bytes | `{"$bytes":"00ff"}` |
 * | bigint | `{"$bigint":"12345678901234567890"}` |
 * | Date | `{"$date":"2026-11-20T00:00:00.000Z"}` |
 * | NaN, Infinity, −Infinity, −0 | `{"$number":"NaN"}`, … |
 * | Temporal.Instant | `{"$instant":"2026-11-20T00:00:00Z"}` |
 * | Temporal.PlainDateTime | `{"$plainDateTime":"2026-11-20T00:00:00"}` |
 * | Temporal.PlainDate | `{"$plainDate":"2026-11-20"}` |
 * | Temporal.Duration | `{"$duration":"P5D"}`, or its fields if the text would alter them: `{"$duration":{"milliseconds":1500}}` |
 * | an object whose only key is such a tag | the tag with another `$` in front: `{"$$bytes":…}` |
 *
 * Everything else is plain JSON. {@link parseTaggedJson} reads it back exactly.
 *
 * @example
 * ```ts
 * import { formatTaggedJson, parseTaggedJson } from 'cairnkv/text';
 *
 * const text = formatTaggedJson({ id: 2n ** 64n, raw: Uint8Array.of(1) });
 * console.log(text); // {"id":{"$bigint":"18446744073709551616"},"raw":{"$bytes":"01"}}
 * console.log(parseTaggedJson(text)); // { id: 18446744073709551616n, raw: Uint8Array(1) [ 1 ] }
 * ```
 */
export function formatTaggedJson(value: unknown): string {
  return format(value, true);
}

/** Returns a value of a store with this encoding as JSON text that keeps everything. */
export function formatJsonValue(value: unknown, valueEncoding: string): string {
  // A value of the encoding json may be an object that looks like a tag: it is no tag there.
  return valueEncoding === 'json' ? JSON.stringify(value) : formatTaggedJson(value);
}

/**
 * Returns JSON text for people: like {@link formatTaggedJson}, but bigints are digits, dates are text, and
 * NaN, the infinities, −0 and Temporal objects are bare words. Not every result can be read back.
 */
export function formatReadableJson(value: unknown): string {
  return format(value, false);
}

function format(value: unknown, tagged: boolean): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      if (Number.isFinite(value) && !Object.is(value, -0)) return String(value);
      return formatOddNumber(value, tagged);
    case 'bigint':
      return tagged ? `{"$bigint":"${value}"}` : String(value);
    case 'object':
      return value === null ? 'null' : formatObject(value, tagged);
    default:
      return String(value);
  }
}

function formatOddNumber(value: number, tagged: boolean): string {
  const text = oddName(value);
  return tagged ? `{"$number":"${text}"}` : text;
}

function oddName(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function formatObject(value: object, tagged: boolean): string {
  if (Array.isArray(value)) return `[${value.map((item) => format(item, tagged)).join(',')}]`;
  if (value instanceof Uint8Array) return `{"$bytes":"${toHex(value)}"}`;
  if (value instanceof Date) {
    const text = JSON.stringify(value.toISOString());
    return tagged ? `{"$date":${text}}` : text;
  }
  const temporal = formatTemporal(value, tagged);
  if (temporal !== undefined) return temporal;
  const keys = Object.keys(value);
  let text = '{';
  for (const key of keys) {
    const name = keys.length === 1 && ESCAPED_TAG.test(key) ? `$${key}` : key;
    const member = (value as Record<string, unknown>)[key];
    text += `${text.length > 1 ? ',' : ''}${JSON.stringify(name)}:${format(member, tagged)}`;
  }
  return `${text}}`;
}

/** A tag with any number of `$` in front: more than one means an object's own key. */
const ESCAPED_TAG = /^\$+(?:bytes|bigint|date|number|instant|plainDateTime|plainDate|duration)$/;

/**
 * Reads the text of {@link formatTaggedJson}, and any other JSON.
 *
 * @param temporal creates the Temporal objects. Default: the platform's own.
 * @throws {SyntaxError} for text that is not JSON. @throws {TypeError} for a tag with the wrong content.
 * @throws {RangeError} for a number or object that would be altered (see {@link parseJsonExactly}), or too deep
 * a nesting.
 * @throws {CairnError} `INVALID_ARGUMENT` for a Temporal value if the platform has no Temporal and none was
 * passed.
 */
export function parseTaggedJson(text: string, temporal?: TemporalClasses): unknown {
  const value = parseJsonExactly(text);
  return mayBeTagged(text) ? restoreTagged(value, temporal) : value;
}

/** Whether the JSON of this text may contain tagged objects for {@link restoreTagged}. */
export function mayBeTagged(text: string): boolean {
  return text.includes('"$') || text.includes('\\u0024');
}

/** Deeper than any value may be. Deeper nesting is refused, before it uses up the stack. */
export const MAX_DEPTH = 1000;

/** Replaces tagged objects in parsed JSON by what they stand for; changes the value passed to it. */
export function restoreTagged(value: unknown, temporal: TemporalClasses | undefined, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) throw new RangeError(`more than ${MAX_DEPTH} arrays and objects deep`);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = restoreTagged(value[i], temporal, depth + 1);
    return value;
  }
  const object = value as Record<string, unknown>;
  const keys = Object.keys(object);
  if (keys.length === 1 && ESCAPED_TAG.test(keys[0])) {
    const [key] = keys;
    if (!key.startsWith('$$')) return untag(key, object[key], temporal);
    return { [key.slice(1)]: restoreTagged(object[key], temporal, depth + 1) };
  }
  for (const key of keys) {
    const member = object[key];
    const restored = restoreTagged(member, temporal, depth + 1);
    // Not assigned, because the key may be __proto__.
    if (restored !== member) {
      Object.defineProperty(object, key, {
        value: restored,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  }
  return object;
}

function untag(tag: string, content: unknown, temporal: TemporalClasses | undefined): unknown {
  const promise = temporalPromise(tag);
  if (promise !== undefined) {
    const value = parseTemporal(tag, content, temporal);
    if (value !== undefined) return value;
  } else if (typeof content === 'string') {
    if (tag === '$bytes') {
      const bytes = bytesOfHex(content);
      if (bytes !== undefined) return bytes;
    } else if (tag === '$bigint') {
      if (/^-?\d+$/.test(content)) return BigInt(content);
    } else if (tag === '$date') {
      const date = new Date(content);
      if (!Number.isNaN(date.getTime())) return date;
    } else {
      const number = ODD_NUMBERS.get(content);
      if (number !== undefined) return number;
    }
  }
  throw new TypeError(
    `${JSON.stringify(tag)} must hold ${promise ?? PROMISES[tag]}; as a key of your own write "$${tag}"`,
  );
}

const ODD_NUMBERS: ReadonlyMap<string, number> = new Map(
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0].map((number) => [
    oddName(number),
    number,
  ]),
);

const PROMISES: Readonly<Record<string, string>> = {
  $bytes: 'pairs of hex digits',
  $bigint: 'decimal digits',
  $date: 'an ISO 8601 date',
  $number: '"NaN", "Infinity", "-Infinity" or "-0"',
};

/** Returns the bytes of an even number of hex digits in either case; `undefined` for any other text. */
export function bytesOfHex(digits: string): Uint8Array | undefined {
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** The problem of a text for which {@link parseTaggedJson} or {@link parseJsonExactly} threw an error. */
export function jsonProblem(error: unknown): string {
  const { message } = error as Error;
  if (!(error instanceof SyntaxError)) return message;
  // Newer engines say so themselves.
  return message.includes('not valid JSON') ? message : `not valid JSON: ${message}`;
}

/**
 * Parses like `JSON.parse`, but refuses what that would alter: an integer such as 12345678901234567890 or 1e999
 * (rounding a fraction is allowed), and an object with a member twice.
 *
 * @throws {SyntaxError} for text that is not JSON. @throws {RangeError} for such a number or object.
 */
export function parseJsonExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const name = repeatedName(text, value);
  if (name !== undefined) throw new RangeError(memberTwice(name));
  if (mayAlterNumbers(text)) refuseAltered(text);
  return value;
}

/** Every integer of at most this many digits is exact as a double. */
const SAFE_DIGITS = 15;
const LARGE_EXPONENT = /\d[eE]\+?\d{3}/;

/**
 * Whether text has digits or an exponent that a double may be unable to hold. Costs about 1 ns a character.
 */
export function mayAlterNumbers(text: string): boolean {
  // A longer run of digits cannot lie between two samples.
  for (let i = SAFE_DIGITS; i < text.length; i += SAFE_DIGITS + 1) {
    if (!isDigit(text.charCodeAt(i))) continue;
    let start = i;
    while (start > 0 && isDigit(text.charCodeAt(start - 1))) start--;
    let end = i + 1;
    while (end < text.length && isDigit(text.charCodeAt(end))) end++;
    if (end - start > SAFE_DIGITS) return true;
  }
  return LARGE_EXPONENT.test(text);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** The problem of an object with a duplicate member. */
export function memberTwice(name: string): string {
  return `the object has the member ${JSON.stringify(name)} twice`;
}

/**
 * Calls `onMember` with the name of each member of the outermost object in valid JSON, and where its value lies
 * in the text. Costs about 5 ns a character.
 */
export function eachMember(text: string, onMember: (name: string, start: number, end: number) => void): void {
  let depth = 0;
  let count = 0;
  let textStart = 0;
  let textEnd = 0;
  let name = '';
  let valueStart = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      textStart = i;
      for (i++; text.charCodeAt(i) !== QUOTE; i++) if (text.charCodeAt(i) === BACKSLASH) i++;
      textEnd = i + 1;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      depth++;
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      depth--;
      if (depth === 0 && count > 0) onMember(name, valueStart, i);
    } else if (code === COMMA && depth === 1 && count > 0) {
      onMember(name, valueStart, i);
    } else if (code === COLON && depth === 1) {
      count++;
      valueStart = i + 1;
      name = JSON.parse(text.substring(textStart, textEnd)) as string;
    }
  }
}

const NUMBER = /-?\d[\d.eE+-]*/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Relies on `text` being valid JSON: outside of strings, only numbers begin with a minus or digit.
 *
 * @throws {RangeError} for a number that a double would alter, as {@link parseExactNumber} does.
 */
export function refuseAltered(text: string): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      for (i++; text.charCodeAt(i) !== QUOTE; i++) if (text.charCodeAt(i) === BACKSLASH) i++;
    } else if (code === 0x2d || isDigit(code)) {
      NUMBER.lastIndex = i;
      const [digits] = NUMBER.exec(text) as RegExpExecArray;
      parseExactNumber(digits);
      i += digits.length - 1;
    }
  }
}

/**
 * Returns the number that the digits of a JSON number mean.
 *
 * @throws {RangeError} if a double would alter it beyond rounding a fraction.
 */
export function parseExactNumber(digits: string): number {
  const number = Number(digits);
  // JavaScript itself writes a large integer with as few significant digits as identify it, followed by
  // zeros.
  const kept = /^-?\d+$/.test(digits)
    ? String(number) === digits || (Number.isFinite(number) && BigInt(digits) === BigInt(number))
    : Number.isFinite(number);
  if (kept) return number;
  const shown = digits.length > 40 ? `${digits.slice(0, 40)}…` : digits;
  throw new RangeError(`the number ${shown} would be altered; write it as a string`);
}
