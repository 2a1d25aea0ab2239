import { Temporal } from 'temporal-polyfill';
import { expect, it } from 'vitest';
import { dateOfDays, daysOf, divideDown } from '../../../src/table/schema/civil-date.ts';

it('days and dates agree with Temporal over all that it can hold', () => {
  const first = -100_000_001;
  const last = 100_000_000;
  const epoch = new Temporal.PlainDate(1970, 1, 1);
  for (let days = first; days <= last; days = days === last ? last + 1 : Math.min(last, days + 98_765)) {
    const { year, month, day } = dateOfDays(days);
    expect(daysOf({ year, month, day })).toBe(days);
    if (days % 7 !== 0) continue;
    expect(String(epoch.add({ days }))).toBe(String(new Temporal.PlainDate(year, month, day)));
  }
  for (let days = -1500; days < 1500; days++) expect(daysOf(dateOfDays(days))).toBe(days);
});

it('division rounds down', () => {
  expect(divideDown(-1n, 10n)).toEqual({ quotient: -1n, rest: 9n });
  expect(divideDown(-10n, 10n)).toEqual({ quotient: -1n, rest: 0n });
  expect(divideDown(19n, 10n)).toEqual({ quotient: 1n, rest: 9n });
});
