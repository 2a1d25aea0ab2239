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
