import { expect, it } from 'vitest';
import { Deadline } from '../../src/io/deadline.ts';
import { type RetryLimits, RetryPolicy } from '../../src/io/retry-policy.ts';
import { rejection } from '../support/failures.ts';
import { ManualClock } from '../support/manual-clock.ts';

const LIMITS: RetryLimits = { maxAttempts: 5, backoffMs: 200, maxBackoffMs: 500, maxRetryAfterMs: 3_000 };

function policyWith(limits: Partial<RetryLimits> = {}): {
  clock: ManualClock;
  deadline: Deadline;
  policy: RetryPolicy;
} {
  const clock = new ManualClock();
  clock.chance = 0.5;
  const deadline = new Deadline(clock);
  return { clock, deadline, policy: new RetryPolicy(clock, deadline, { ...LIMITS, ...limits }) };
}

/** Whether there is to be another attempt, after a pause that must last exactly this long. */
async function next(
  { clock, policy }: { clock: ManualClock; policy: RetryPolicy },
  pauseMs: number,
  retryAfterMs?: number,
): Promise<boolean> {
  const waiting = policy.next(retryAfterMs);
  await clock.pass(pauseMs);
  return waiting;
}

it('allows as many attempts as it is told, after pauses that double up to a limit', async () => {
  const one = policyWith();
  for (const pauseMs of [100, 200, 250, 250]) expect(await next(one, pauseMs)).toBe(true);
  expect(await one.policy.next()).toBe(false);
  expect(one.clock.running).toBe(0);
  expect(await policyWith({ maxAttempts: 1 }).policy.next()).toBe(false);
});

it('heeds what the server asks for, within reason', async () => {
  const one = policyWith();
  expect(await next(one, 2_000, 2_000)).toBe(true);
  expect(await next(one, 3_000, 1e6)).toBe(true);
  // Less than the pause at random.
  expect(await next(one, 250, 10)).toBe(true);
});

it('begins no attempt after the deadline', async () => {
  const one = policyWith();
  one.deadline.start(150);
  expect(await next(one, 100)).toBe(true);
  expect(await one.policy.next()).toBe(false);
  const other = policyWith();
  other.deadline.start(1_000);
  expect(await other.policy.next(1_000)).toBe(false);
});

it('begins anew once the operation has progressed', async () => {
  const one = policyWith({ maxAttempts: 3 });
  for (let i = 0; i < 3; i++) {
    expect(await next(one, 100)).toBe(true);
    expect(await next(one, 200)).toBe(true);
    one.policy.renew();
  }
});

it('ends with what interrupts its deadline', async () => {
  const { deadline, policy, clock } = policyWith();
  const waiting = rejection(policy.next());
  deadline.interrupt('stop');
  expect(await waiting).toBe('stop');
  expect(clock.running).toBe(0);
});
