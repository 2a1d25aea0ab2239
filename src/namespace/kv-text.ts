import { isWellFormed } from '../bytes/utf8.ts';
import { checkExact } from '../codec/lossless.ts';
import { loadTemporal, type TemporalClasses, temporalKind } from '../codec/temporal.ts';
import { describe } from '../codec/type-names.ts';
import { JSON_RULES } from '../codec/values/json-value.ts';
import { CairnError, invalidArgument } from '../errors.ts';
import { checkKvType, type KvText, type KvType } from './kv-type.ts';

/** The text of a value has at most so many bytes. */
const MAX_TEXT_BYTES = 16 * 2 ** 20;

const NUMBER = /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const DATE = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\d$/;
const DATE_TIME =
  /^(?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d(?::\d\d(?::\d\d(?:\.\d{1,9})?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)$/;
const DURATION = /^[+-]?P(?=[\dT])(?:\d+[YMWD])*(?:T(?:\d+(?:[.,]\d+)?[HMS])+)?$/;

/**
 * Returns the type and the text of a value that a program sets. A string has the type STRING unless another
 * is asked for: then it is read as text of that type. What would not be read back as the same value is
 * refused.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `TOO_LARGE`; `UNSUPPORTED` if dates need a
 *   package that is missing.
 */
export async function kvTextOf(value: unknown, type?: KvType): Promise<KvText> {
  if (type !== undefined) checkKvType(type);
  if (typeof value === 'string') return checkSize(await textOfType(value, type ?? 'STRING'));
  const found = textOfValue(value);
  if (type === undefined || type === found.type) return checkSize(found);
  if (type === 'JSON' && (found.type === 'NUMBER' || found.type === 'BOOLEAN') && typeof value !== 'bigint')
    return checkSize({ type, text: found.text });
  throw invalidArgument(
    'type',
    `value is a ${found.type}, not a ${type}; to have text read as a ${type}, pass a string`,
  );
}

/**
 * Returns the type and the text of what a person or a request writes as a value: the rule that the command
 * and the server share.
 *
 * With a type, it is text of that type; quotes around a NUMBER, BOOLEAN, DATETIME, DATE or DURATION are
 * left out. Without one: JSON, where a quoted string is a STRING, and null, objects and arrays are JSON;
 * else a bare date, date-time with an offset, or ISO duration is a DATE, DATETIME or DURATION; else the
 * text is a STRING, unchanged.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT` for nothing but white space, for what begins
 *   with `{`, `[` or `"` and is not JSON, and for what is not of the type asked for; `TOO_LARGE`,
 *   `UNSUPPORTED`.
 *
 * @example
 * ```ts
 * import { parseKvText } from 'cairnkv/namespace';
 *
 * console.log(await parseKvText('1.50')); // { type: 'NUMBER', text: '1.50' }
 * console.log(await parseKvText('PT15M')); // { type: 'DURATION', text: 'PT15M' }
 * console.log(await parseKvText('"PT15M"')); // { type: 'STRING', text: 'PT15M' }
 * ```
 */
export async function parseKvText(text: string, type?: KvType): Promise<KvText> {
  if (typeof text !== 'string') throw invalidArgument('text', `text must be a string, not ${describe(text)}`);
  if (type !== undefined) return checkSize(await textOfType(text, checkKvType(type)));
  return checkSize(await textOfAnyType(text));
}

async function textOfAnyType(text: string): Promise<KvText> {
  const bare = trim(text);
  if (bare === '') throw invalidArgument('value', 'the value is empty; write "" for an empty string');
  let value: unknown;
  try {
    value = JSON.parse(bare);
  } catch (error) {
    return textOfNoJson(text, bare, (error as Error).message);
  }
  if (typeof value === 'string') return wellFormed({ type: 'STRING', text: value });
  if (typeof value === 'number') return { type: 'NUMBER', text: numberText(bare) };
  if (typeof value === 'boolean') return { type: 'BOOLEAN', text: bare };
  return wellFormed({ type: 'JSON', text: bare });
}

async function textOfNoJson(text: string, bare: string, reason: string): Promise<KvText> {
  if (/^[{["]/.test(bare)) {
    throw invalidArgument(
      'value',
      `the value begins as JSON does, and is not JSON: ${reason}. Correct it, or say that its type is STRING`,
    );
  }
  for (const type of ['DATE', 'DATETIME', 'DURATION'] as const) {
    if (PATTERNS[type].test(bare) && (await isTemporal(type, bare))) return { type, text: bare };
  }
  return wellFormed({ type: 'STRING', text });
}

const PATTERNS: Readonly<Record<'DATE' | 'DATETIME' | 'DURATION', RegExp>> = {
  DATE,
  DATETIME: DATE_TIME,
  DURATION,
};

const EXAMPLES: Readonly<Record<'DATE' | 'DATETIME' | 'DURATION', string>> = {
  DATE: 'a date such as 2021-09-01',
  DATETIME: 'a date and time with an offset such as 2021-09-01T01:02:03Z',
  DURATION: 'an ISO duration such as PT15M or P30D',
};

/** Reads text as a value of a type. */
async function textOfType(text: string, type: KvType): Promise<KvText> {
  if (type === 'STRING') return wellFormed({ type, text });
  const bare = trim(text);
  if (type === 'JSON') {
    try {
      JSON.parse(bare);
    } catch (error) {
      throw invalidArgument('value', `the value is not JSON: ${(error as Error).message}`);
    }
    return wellFormed({ type, text: bare });
  }
  const unquoted = /^"[^"\\]*"$/.test(bare) ? bare.slice(1, -1) : bare;
  if (type === 'NUMBER') return { type, text: numberText(unquoted) };
  if (type === 'BOOLEAN') {
    if (unquoted === 'true' || unquoted === 'false') return { type, text: unquoted };
    throw invalidArgument('value', `a BOOLEAN is true or false, not ${shown(unquoted)}`);
  }
  if (PATTERNS[type].test(unquoted) && (await isTemporal(type, unquoted))) return { type, text: unquoted };
  throw invalidArgument('value', `a ${type} is ${EXAMPLES[type]}, not ${shown(unquoted)}`);
}

/** @throws {CairnError} `INVALID_ARGUMENT` if it is no number, or a decimal beyond what a number can hold. */
function numberText(text: string): string {
  const match = NUMBER.exec(text);
  if (match === null) throw invalidArgument('value', `a NUMBER is one as JSON has it, not ${shown(text)}`);
  const [, fraction, exponent] = match;
  const isInteger = fraction === undefined && exponent === undefined;
  if (isInteger || Number.isFinite(Number(text))) return text;
  throw invalidArgument(
    'value',
    `the number ${shown(text)} is too large: write an integer without an exponent`,
  );
}

function textOfValue(value: unknown): KvText {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return { type: 'NUMBER', text: Object.is(value, -0) ? '-0' : String(value) };
    throw invalidArgument('value', `value is ${value}, which is no NUMBER`);
  }
  if (typeof value === 'bigint') return { type: 'NUMBER', text: String(value) };
  if (typeof value === 'boolean') return { type: 'BOOLEAN', text: String(value) };
  if (typeof value === 'object' && value !== null) {
    const dated = textOfDate(value);
    if (dated !== undefined) return dated;
  }
  checkExact(value, JSON_RULES);
  return { type: 'JSON', text: JSON.stringify(value) };
}

/** Undefined if the object is neither a Date nor of Temporal. */
function textOfDate(value: object): KvText | undefined {
  if (Object.prototype.toString.call(value) === '[object Date]') {
    if (Number.isNaN((value as Date).getTime())) throw invalidArgument('value', 'value is an invalid Date');
    return { type: 'DATETIME', text: (value as Date).toISOString() };
  }
  const kind = temporalKind(value);
  if (kind === undefined) return undefined;
  if (kind === 'Instant') return { type: 'DATETIME', text: String(value) };
  if (kind === 'Duration') return { type: 'DURATION', text: String(value) };
  if (kind === 'PlainDate') {
    const { calendarId } = value as { readonly calendarId: string };
    if (calendarId === 'iso8601') return { type: 'DATE', text: String(value) };
    throw invalidArgument(
      'value',
      `value has the calendar ${calendarId}, which a DATE does not keep: set value.withCalendar('iso8601')`,
    );
  }
  const instead = kind === 'ZonedDateTime' ? 'value.toInstant()' : 'value.toString(), a STRING';
  throw invalidArgument('value', `value is a Temporal.${kind}, for which there is no type: set ${instead}`);
}

async function isTemporal(type: 'DATE' | 'DATETIME' | 'DURATION', text: string): Promise<boolean> {
  const temporal = await loadTemporal();
  try {
    temporalValue(type, text, temporal);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The value of a DATE, DATETIME or DURATION. @throws {RangeError} if the text is none. */
export function temporalValue(
  type: 'DATE' | 'DATETIME' | 'DURATION',
  text: string,
  { Instant, PlainDate, Duration }: TemporalClasses,
): InstanceType<TemporalClasses['Instant' | 'PlainDate' | 'Duration']> {
  if (type === 'DATETIME') return Instant.from(text);
  return type === 'DATE' ? PlainDate.from(text) : Duration.from(text);
}

function wellFormed(found: KvText): KvText {
  if (isWellFormed(found.text)) return found;
  throw invalidArgument(
    'value',
    'the value has an unpaired surrogate, which cannot be stored: replace it (String.prototype.toWellFormed)',
  );
}

function checkSize(found: KvText): KvText {
  // In UTF-8 a unit of UTF-16 takes at most three bytes.
  if (found.text.length * 3 <= MAX_TEXT_BYTES) return found;
  const valueBytes = new TextEncoder().encode(found.text).length;
  if (valueBytes <= MAX_TEXT_BYTES) return found;
  throw new CairnError(
    'TOO_LARGE',
    `the value has ${valueBytes} bytes, and at most ${MAX_TEXT_BYTES} can be stored: keep it elsewhere, and its place here`,
    { valueBytes, limit: MAX_TEXT_BYTES },
  );
}

/** Leaves out the white space of JSON at both ends. */
function trim(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d && code !== 0x0b && code !== 0x0c);
}

const SHOWN_CHARACTERS = 60;

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}
