import { DURATION_FIELDS, nativeTemporal, type TemporalClasses, temporalKind } from '../codec/temporal.ts';
import { invalidArgument } from '../errors.ts';

/** The tags of `json-text.ts` for Temporal objects, by class. */
const TAGS: Readonly<Record<string, string>> = {
  Instant: '$instant',
  PlainDateTime: '$plainDateTime',
  PlainDate: '$plainDate',
  Duration: '$duration',
};

/**
 * Returns the JSON text of a Temporal object, tagged or bare; `undefined` for other objects and classes
 * without a tag.
 */
export function formatTemporal(value: object, tagged: boolean): string | undefined {
  const kind = temporalKind(value);
  const tag = kind === undefined ? undefined : TAGS[kind];
  if (tag === undefined) return undefined;
  if (!tagged) return String(value);
  const fields = tag === '$duration' ? unbalancedFields(value as DurationFields) : undefined;
  return `{"${tag}":${fields === undefined ? `"${value}"` : JSON.stringify(fields)}}`;
}

type DurationFields = { readonly [Name in (typeof DURATION_FIELDS)[number]]: number };

/**
 * The fields of a duration that its ISO 8601 text would alter: the text has one number for seconds and all
 * smaller units.
 */
function unbalancedFields(duration: DurationFields): Partial<DurationFields> | undefined {
  const { milliseconds, microseconds, nanoseconds } = duration;
  if (Math.max(Math.abs(milliseconds), Math.abs(microseconds), Math.abs(nanoseconds)) < 1000)
    return undefined;
  return Object.fromEntries(
    DURATION_FIELDS.filter((name) => duration[name] !== 0).map((name) => [name, duration[name]]),
  );
}

/** The content that a tag requires, for messages; `undefined` for tags not of Temporal. */
export function temporalPromise(tag: string): string | undefined {
  return PROMISES[tag];
}

const PROMISES: Readonly<Record<string, string>> = {
  $instant: 'an instant in UTC or with an offset, such as "2026-11-21T08:00:00Z"',
  $plainDateTime: 'a date and time without an offset, such as "2026-11-21T08:00:00"',
  $plainDate: 'a date, such as "2026-11-21"',
  $duration: 'a duration, such as "P5D", or an object of its fields',
};

// Stricter than Temporal, which accepts and drops more: the time of a date, an offset, a 60th second, half an
// hour.
const DATE = String.raw`(?:\d{4}|[+-]\d{6})-\d\d-\d\d`;
const TIME = String.raw`T\d\d:\d\d(?::[0-5]\d(?:\.\d{1,9})?)?`;
const INSTANT = new RegExp(`^${DATE}${TIME}(?:Z|[+-]\\d\\d:\\d\\d)$`);
const CALENDAR = String.raw`(?:\[u-ca=[a-z0-9-]+\])?`;
const DATE_TIME = new RegExp(`^${DATE}${TIME}${CALENDAR}$`);
const PLAIN_DATE = new RegExp(`^${DATE}${CALENDAR}$`);
const DURATION = /^[+-]?P(?:\d+[YMWD])*(?:T(?:\d+[HM])*(?:\d+(?:\.\d{1,9})?S)?)?$/;

/**
 * Returns the Temporal object for a tag and its content; `undefined` if the content is not valid for the tag.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` (argument `temporal`) if there is no Temporal to create it with.
 */
export function parseTemporal(tag: string, content: unknown, temporal: TemporalClasses | undefined): unknown {
  const { Instant, PlainDateTime, PlainDate, Duration } = temporalOr(temporal);
  try {
    if (typeof content !== 'string') return tag === '$duration' ? durationOf(content, Duration) : undefined;
    if (tag === '$instant' && INSTANT.test(content)) return Instant.from(content);
    if (tag === '$plainDateTime' && DATE_TIME.test(content)) return PlainDateTime.from(content);
    if (tag === '$plainDate' && PLAIN_DATE.test(content)) return PlainDate.from(content);
    if (tag === '$duration' && DURATION.test(content)) return Duration.from(content);
  } catch (error) {
    // A RangeError means an impossible date, such as February 30th.
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

function durationOf(fields: unknown, Duration: TemporalClasses['Duration']): unknown {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return undefined;
  const known: readonly string[] = DURATION_FIELDS;
  const entries = Object.entries(fields);
  if (entries.length === 0) return undefined;
  for (const [name, field] of entries) {
    if (!known.includes(name) || !Number.isInteger(field)) return undefined;
  }
  return Duration.from(fields as Parameters<typeof Duration.from>[0]);
}

/**
 * Returns `given`, or else the platform's own Temporal.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` if it has none.
 */
export function temporalOr(given: TemporalClasses | undefined): TemporalClasses {
  const temporal = given ?? nativeTemporal();
  if (temporal !== undefined) return temporal;
  throw invalidArgument(
    'temporal',
    "Temporal values can't be read, because this platform has no Temporal: pass that of a polyfill, such as 'temporal-polyfill', as `temporal`",
  );
}
