import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { DURATION_FIELDS } from '../../src/codec/temporal.ts';

/**
 * A value in which objects of Temporal, whose content no comparison sees, are replaced by their class and fields; arrays
 * are looked into.
 */
export function temporalFacts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(temporalFacts);
  if (typeof value !== 'object' || value === null) return value;
  const kind = Object.prototype.toString.call(value);
  if (value instanceof Temporal.Instant) return { kind, fields: value.epochNanoseconds };
  if (value instanceof Temporal.Duration) return { kind, fields: DURATION_FIELDS.map((name) => value[name]) };
  if (value instanceof Temporal.PlainDate || value instanceof Temporal.PlainDateTime) {
    return { kind, fields: value.toString({ calendarName: 'always' }) };
  }
  return value;
}

/** Nanoseconds from 1970 to the last instant, and back to the first. */
export const LAST_INSTANT: bigint = 864n * 10n ** 19n;
const instant = fc
  .oneof(
    fc.bigInt({ min: -LAST_INSTANT, max: LAST_INSTANT }),
    fc.bigInt({ min: -(10n ** 10n), max: 10n ** 10n }),
    fc.constantFrom(0n, -1n, 1n, 999_999_999n, -999_999_999n, -(10n ** 9n), LAST_INSTANT, -LAST_INSTANT),
  )
  .map((nanoseconds) => new Temporal.Instant(nanoseconds));
const dateTime = instant.map((one) => one.toZonedDateTimeISO('UTC').toPlainDateTime());
const date = dateTime.map((one) => one.toPlainDate());
const duration = fc
  .tuple(
    fc.constantFrom(1, -1),
    fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(), fc.nat(2000)), {
      minLength: 10,
      maxLength: 10,
    }),
  )
  .map(([sign, fields]) => new Temporal.Duration(...fields.map((field) => (field === 0 ? 0 : sign * field))));

/** Values of Temporal that typed values may be. */
export const temporalValue: fc.Arbitrary<unknown> = fc.oneof(instant, dateTime, date, duration);
