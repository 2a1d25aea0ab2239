import type { Temporal } from 'temporal-spec';
import { loadTemporal, type TemporalClasses, temporalKind } from '../codec/temporal.ts';
import { describe } from '../codec/type-names.ts';
import { type CairnError, invalidArgument } from '../errors.ts';

/** How long a value lasts: milliseconds, a duration of Temporal, or an ISO duration such as `P30D`. */
export type Ttl = number | string | Temporal.Duration;

/** When a value expires that is set at a time, both in milliseconds since 1970. */
export type Expiry = (nowMs: number) => number;

/** The last time that a Date can be, in milliseconds since 1970. */
export const MAX_TIME_MS: number = 8.64e15;

/**
 * Returns what computes the expiration. Years and months are those of the calendar in UTC, days have 24
 * hours.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`; `UNSUPPORTED` if a duration needs a package
 *   that is missing. The returned function throws `INVALID_ARGUMENT` beyond the last time that there is.
 */
export async function expiryOf(ttl: unknown): Promise<Expiry> {
  if (typeof ttl === 'number') {
    if (ttl < 0) throw negative();
    if (!Number.isFinite(ttl)) throw malformed(ttl);
    return (nowMs) => within(nowMs + Math.ceil(ttl));
  }
  const temporal = await loadTemporal();
  const duration = durationOf(ttl, temporal);
  if (duration.sign < 0) throw negative();
  return (nowMs) => within(nowMs + millisecondsOf(duration, nowMs, temporal));
}

function durationOf(ttl: unknown, { Duration }: TemporalClasses): Temporal.Duration {
  const isDuration = typeof ttl === 'object' && ttl !== null && temporalKind(ttl) === 'Duration';
  if (typeof ttl !== 'string' && !isDuration) throw malformed(ttl);
  try {
    // That of another implementation of Temporal is read by its text.
    return Duration.from(String(ttl));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw malformed(ttl);
  }
}

function millisecondsOf(
  duration: Temporal.Duration,
  nowMs: number,
  { PlainDateTime }: TemporalClasses,
): number {
  try {
    const relativeTo = PlainDateTime.from(new Date(nowMs).toISOString().slice(0, -1));
    return Math.ceil(duration.total({ unit: 'milliseconds', relativeTo }));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw tooLong();
  }
}

function within(timeMs: number): number {
  if (timeMs <= MAX_TIME_MS) return timeMs;
  throw tooLong();
}

function negative(): CairnError {
  return invalidArgument('ttl', 'ttl cannot be negative');
}

function tooLong(): CairnError {
  return invalidArgument('ttl', 'ttl is too long: the value would expire after the last date that there is');
}

function malformed(ttl: unknown): CairnError {
  return invalidArgument(
    'ttl',
    `ttl must be milliseconds or an ISO duration such as P30D or PT15M, not ${describe(ttl)}`,
  );
}
