import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { expiryOf } from '../../src/namespace/ttl.ts';
import { failure, failureNow } from '../support/failures.ts';

const NOW_MS = Date.UTC(2024, 0, 31);
const DAY_MS = 86_400_000;

describe('a ttl', () => {
  it.each([
    [0, 0],
    [1500, 1500],
    [0.5, 1],
    ['PT0S', 0],
    ['PT5M', 300_000],
    ['P30D', 30 * DAY_MS],
    ['P1W', 7 * DAY_MS],
    ['P1M', 29 * DAY_MS],
    ['P1Y', 366 * DAY_MS],
    ['PT0.0001S', 1],
    [Temporal.Duration.from({ minutes: 5 }), 300_000],
  ])('of %s ends in time', async (ttl, afterMs) => {
    expect((await expiryOf(ttl))(NOW_MS) - NOW_MS).toBe(afterMs);
  });

  it.each([[-1], ['-PT1S'], [Temporal.Duration.from({ days: -1 })]])('of %s is negative', async (ttl) => {
    expect((await failure(expiryOf(ttl), 'INVALID_ARGUMENT')).message).toBe('ttl cannot be negative');
  });

  it.each([
    ['5 minutes'],
    [''],
    ['P'],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [null],
    [{}],
    [true],
    [Object.create(null)],
  ])('is none: %s', async (ttl) => {
    await failure(expiryOf(ttl), 'INVALID_ARGUMENT');
  });

  it.each([['P1000000Y'], [1e300], ['PT9007199254740991S']])('of %s is too long', async (ttl) => {
    const expiry = await expiryOf(ttl);
    expect(failureNow(() => expiry(NOW_MS), 'INVALID_ARGUMENT').message).toContain('too long');
  });
});
