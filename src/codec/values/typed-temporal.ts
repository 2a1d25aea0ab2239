import type { Temporal } from 'temporal-spec';
import { invalidArgument } from '../../errors.ts';
import { DURATION_FIELDS, type TemporalClasses } from '../temporal.ts';

// The payloads of typed values that are Temporal objects; the layout is in `typed.ts`. All fields are read before
// the first is written: a getter of the caller's may encode another value into the same memory.

export const INSTANT_BYTES = 12;
export const DATE_BYTES = 6;
export const DATE_TIME_BYTES = 13;
/** The longest duration: it has ten fields. */
export const DURATION_BYTES = 82;

const NANOSECONDS = 1_000_000_000n;
const MAX_NANOSECONDS = 999_999_999;

/** Writes `S × 8, N × 4`: seconds since 1970, rounded down, and nanoseconds of the second. */
export function writeInstant(instant: Temporal.Instant, target: DataView, at: number): number {
  const nanoseconds = instant.epochNanoseconds;
  let seconds = nanoseconds / NANOSECONDS;
  let rest = Number(nanoseconds - seconds * NANOSECONDS);
  if (rest < 0) {
    seconds -= 1n;
    rest += 1_000_000_000;
  }
  target.setBigInt64(at, seconds);
  target.setUint32(at + 8, rest);
  return at + INSTANT_BYTES;
}

export function readInstant(bytes: DataView, at: number, { Instant }: TemporalClasses): Temporal.Instant {
  return new Instant(bytes.getBigInt64(at) * NANOSECONDS + BigInt(readNanoseconds(bytes, at + 8)));
}

/** Writes `Y × 4, M, D`. */
export function writeDate(
  date: Temporal.PlainDate | Temporal.PlainDateTime,
  target: DataView,
  at: number,
): number {
  if (date.calendarId !== 'iso8601') {
    throw invalidArgument(
      'value',
      `value has the calendar ${date.calendarId}, which a typed value does not keep: store value.withCalendar('iso8601')`,
    );
  }
  const { year, month, day } = date;
  target.setInt32(at, year);
  target.setUint8(at + 4, month);
  target.setUint8(at + 5, day);
  return at + DATE_BYTES;
}

export function readDate(bytes: DataView, at: number, { PlainDate }: TemporalClasses): Temporal.PlainDate {
  return new PlainDate(bytes.getInt32(at), bytes.getUint8(at + 4), bytes.getUint8(at + 5));
}

/** Writes `Y × 4, M, D, h, m, s, N × 4`. */
export function writeDateTime(dateTime: Temporal.PlainDateTime, target: DataView, at: number): number {
  const { hour, minute, second, millisecond, microsecond, nanosecond } = dateTime;
  writeDate(dateTime, target, at);
  target.setUint8(at + 6, hour);
  target.setUint8(at + 7, minute);
  target.setUint8(at + 8, second);
  target.setUint32(at + 9, millisecond * 1_000_000 + microsecond * 1000 + nanosecond);
  return at + DATE_TIME_BYTES;
}

export function readDateTime(
  bytes: DataView,
  at: number,
  { PlainDateTime }: TemporalClasses,
): Temporal.PlainDateTime {
  const nanoseconds = readNanoseconds(bytes, at + 9);
  return new PlainDateTime(
    bytes.getInt32(at),
    bytes.getUint8(at + 4),
    bytes.getUint8(at + 5),
    bytes.getUint8(at + 6),
    bytes.getUint8(at + 7),
    bytes.getUint8(at + 8),
    Math.floor(nanoseconds / 1_000_000),
    Math.floor(nanoseconds / 1000) % 1000,
    nanoseconds % 1000,
  );
}

function readNanoseconds(bytes: DataView, at: number): number {
  const nanoseconds = bytes.getUint32(at);
  if (nanoseconds <= MAX_NANOSECONDS) return nanoseconds;
  throw new RangeError(`typed: ${nanoseconds} nanoseconds of a second`);
}

/**
 * Writes `B × 2`, a bit for each field that is not 0, the lowest for years, and `F × 8` for each of these
 * fields.
 */
export function writeDuration(duration: Temporal.Duration, target: DataView, at: number): number {
  const fields = DURATION_FIELDS.map((name) => duration[name]);
  let mask = 0;
  let end = at + 2;
  for (const [index, field] of fields.entries()) {
    if (field === 0) continue;
    mask |= 1 << index;
    target.setFloat64(end, field);
    end += 8;
  }
  target.setUint16(at, mask);
  return end;
}

/** Reads the duration that fills `bytes[at…end)`. */
export function readDuration(
  bytes: DataView,
  at: number,
  end: number,
  { Duration }: TemporalClasses,
): Temporal.Duration {
  if (end - at < 2) throw new RangeError('typed: a duration cut short');
  const mask = bytes.getUint16(at);
  const fields: number[] = [];
  let next = at + 2;
  for (let index = 0; index < DURATION_FIELDS.length; index++) {
    if ((mask & (1 << index)) === 0) {
      fields.push(0);
      continue;
    }
    if (next + 8 > end) throw new RangeError('typed: a duration cut short');
    const field = bytes.getFloat64(next);
    if (field === 0) throw new RangeError('typed: a duration with a field that is written though it is 0');
    fields.push(field);
    next += 8;
  }
  if (mask >= 1 << DURATION_FIELDS.length || next !== end) {
    throw new RangeError('typed: a duration with more than its fields');
  }
  return new Duration(...fields);
}
