/** Days and times of the proleptic Gregorian calendar as plain numbers, exact over all that Temporal can hold. */

/** Milliseconds of a day. */
export const DAY_MS: number = 86_400_000;

/** Nanoseconds of a day, of a second and of a millisecond. */
export const DAY_NS: bigint = 86_400_000_000_000n;
export const MILLISECOND_NS: bigint = 1_000_000n;

/** A date by its fields. */
export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Returns the days from 1970-01-01 to a date. Eras of 400 years, which begin in March, all have the same length. */
export function daysOf({ year, month, day }: CivilDate): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Returns the date that many days after 1970-01-01. */
export function dateOfDays(days: number): CivilDate {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** A bigint divided, rounded down, and the rest, which is never below zero. */
export function divideDown(value: bigint, by: bigint): { readonly quotient: bigint; readonly rest: bigint } {
  const quotient = value / by;
  const rest = value - quotient * by;
  return rest < 0n ? { quotient: quotient - 1n, rest: rest + by } : { quotient, rest };
}
