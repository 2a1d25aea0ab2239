import { expect, it } from 'vitest';
import { Deadline } from '../../src/io/deadline.ts';
import { NETWORK_HOST } from '../../src/io/network-host.ts';
import { rejection } from '../support/failures.ts';
import { ManualClock } from '../support/manual-clock.ts';

const NEVER = new Promise<never>(() => undefined);
const late = (waitedMs: number, expired: boolean): unknown => ({ waitedMs, expired });

it('lets a wait end at its own limit, or at the deadline if that comes first', async () => {
  const clock = new ManualClock();
  const deadline = new Deadline(clock);
  expect(deadline.leftMs).toBe(Number.POSITIVE_INFINITY);
  deadline.start(1_000);
  const first = rejection(deadline.waitWithin(NEVER, 600, late));
  await clock.pass(600);
  expect(await first).toEqual({ waitedMs: 600, expired: false });
  expect(deadline.leftMs).toBe(400);
  const second = rejection(deadline.waitWithin(NEVER, 600, late));
  await clock.pass(400);
  expect(await second).toEqual({ waitedMs: 400, expired: true });
  expect(deadline.leftMs).toBe(0);
  deadline.start(50);
  expect(deadline.leftMs).toBe(50);
});

it('returns what the promise is fulfilled with, and stops its timer', async () => {
  const clock = new ManualClock();
  const deadline = new Deadline(clock);
  expect(await deadline.waitWithin(Promise.resolve(7), 600, late)).toBe(7);
  const error = new Error('broken');
  expect(await rejection(deadline.waitWithin(Promise.reject(error), 600, late))).toBe(error);
  expect(clock.running).toBe(0);
});

it('fails the present wait and all later ones once it is interrupted', async () => {
  const clock = new ManualClock();
  const deadline = new Deadline(clock);
  const paused = rejection(deadline.pause(1_000));
  deadline.interrupt('stop');
  deadline.interrupt('too late to matter');
  expect(await paused).toBe('stop');
  expect(clock.running).toBe(0);
  expect(await rejection(deadline.wait(NEVER))).toBe('stop');
});

it('has nothing left once it expired, though the timer ran early by the clock', async () => {
  const clock = new ManualClock();
  const early = { ...NETWORK_HOST, elapsed: () => clock.elapsed(), after: clock.after.bind(clock) };
  const deadline = new Deadline(early);
  deadline.start(1_000);
  const waiting = rejection(deadline.waitWithin(NEVER, 5_000, late));
  early.elapsed = () => 999.5;
  clock.advance(1_000);
  expect(await waiting).toEqual({ waitedMs: 1_000, expired: true });
  expect(deadline.leftMs).toBe(0);
});
