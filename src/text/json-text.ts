import { toHex } from '../bytes/hex.ts';
import type { TemporalClasses } from '../codec/temporal.ts';
import { formatTemporal, parseTemporal, temporalPromise } from './temporal-text.ts';

/**
 * JSON text for everything that keys and values can be. What JSON lacks is an object with one tagged property:
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
 * | Temporal.Duration | `{"$duration":"P5D"}`, or its fields where the text would alter them: `{"$duration":{"milliseconds":1500}}` |
 * | an object whose only key is such a tag | the tag gets one more `$` in front: `{"$$bytes":…}` |
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

/**
 * JSON text for people: as {@link formatTaggedJson}, but bigints are digits, dates text, and NaN, its like and the
 * objects of Temporal bare words. It can't be read back in every case.
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

/** A tag, or a tag with dollars before it, which is what an object's own key looks like in text. */
const ESCAPED_TAG = /^\$+(?:bytes|bigint|date|number|instant|plainDateTime|plainDate|duration)$/;

/**
 * Reads what {@link formatTaggedJson} wrote, and any JSON.
 *
 * @param temporal makes the objects of Temporal; the platform's own unless given.
 * @throws {SyntaxError} what is not JSON. @throws {TypeError} a tag with something else in it than it promises.
 * @throws {RangeError} a number that would be altered (see {@link parseJsonExactly}), or a nesting too deep.
 * @throws {CairnError} `INVALID_ARGUMENT` for a value of Temporal, when there is none here and none was given.
 */
export function parseTaggedJson(text: string, temporal?: TemporalClasses): unknown {
  const value = parseJsonExactly(text);
  return mayBeTagged(text) ? restoreTagged(value, temporal) : value;
}

/** Whether {@link restoreTagged} may have something to do in the JSON of this text. */
export function mayBeTagged(text: string): boolean {
  return text.includes('"$') || text.includes('\\u0024');
}

/** As deep as any value may be, and more: what is deeper is refused before the stack is used up. */
export const MAX_DEPTH = 1000;

/** Puts what tagged objects in parsed JSON stand for in their place; changes the value it is given. */
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
    // Defined, not assigned: the key may be __proto__.
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

/** The bytes of an even number of hex digits, in upper or lower case; `undefined` for anything else. */
export function bytesOfHex(digits: string): Uint8Array | undefined {
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** What is wrong with a text that {@link parseTaggedJson} or {@link parseJsonExactly} threw an error for. */
export function jsonProblem(error: unknown): string {
  const { message } = error as Error;
  if (!(error instanceof SyntaxError)) return message;
  // Newer messages say so themselves.
  return message.includes('not valid JSON') ? message : `not valid JSON: ${message}`;
}

/**
 * `JSON.parse`, but a number that a double would alter beyond rounding a fraction is refused: an integer such as
 * 12345678901234567890, or 1e999.
 *
 * @throws {SyntaxError} what is not JSON. @throws {RangeError} such a number.
 */
export function parseJsonExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (mayAlterNumbers(text)) refuseAltered(text);
  return value;
}

/** Every integer of up to so many digits is a double. */
const SAFE_DIGITS = 15;
const LARGE_EXPONENT = /\d[eE]\+?\d{3}/;

/** Whether text has digits, or an exponent, that a double may be unable to hold. About 1 ns a character. */
export function mayAlterNumbers(text: string): boolean {
  // So many digits in a row can't pass between two looks.
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

/**
 * The name of a member that the object in a JSON text has twice, if any: `JSON.parse` keeps the last of them alone. Not
 * looked for in the objects within. About 5 ns a character.
 *
 * @param object what the text was parsed to.
 * @param names those that are looked for; all by default.
 */
export function repeatedMember(text: string, object: object, names?: readonly string[]): string | undefined {
  if (countMembers(text) === Object.keys(object).length) return undefined;
  const seen = new Set<string>();
  let repeated: string | undefined;
  countMembers(text, (quoted) => {
    const name = JSON.parse(quoted) as string;
    if (seen.has(name) && names?.includes(name) !== false) repeated ??= name;
    seen.add(name);
  });
  return repeated;
}

/** What is wrong with an object that has a member twice. */
export function memberTwice(name: string): string {
  return `the object has the member ${JSON.stringify(name)} twice`;
}

/** How many members the outermost object of a valid JSON text has; `onName` is called with each name, in quotes. */
function countMembers(text: string, onName?: (quoted: string) => void): number {
  let depth = 0;
  let count = 0;
  let textStart = 0;
  let textEnd = 0;
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
    } else if (code === COLON && depth === 1) {
      count++;
      onName?.(text.substring(textStart, textEnd));
    }
  }
  return count;
}

const NUMBER = /-?\d[\d.eE+-]*/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** `text` is valid JSON: numbers begin with a minus or digit outside of strings, and nothing else does. */
function refuseAltered(text: string): void {
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
 * The number that the digits of a JSON number mean.
 *
 * @throws {RangeError} when a double would alter it beyond rounding a fraction.
 */
export function parseExactNumber(digits: string): number {
  const number = Number(digits);
  // JavaScript itself writes a large integer with the fewest digits that mean it, and zeros.
  const kept = /^-?\d+$/.test(digits)
    ? String(number) === digits || (Number.isFinite(number) && BigInt(digits) === BigInt(number))
    : Number.isFinite(number);
  if (kept) return number;
  const shown = digits.length > 40 ? `${digits.slice(0, 40)}…` : digits;
  throw new RangeError(`the number ${shown} would be altered; write it as a string`);
}
