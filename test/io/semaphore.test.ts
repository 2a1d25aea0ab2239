import { expect, it } from 'vitest';
import { Semaphore } from '../../src/io/semaphore.ts';
import { rejection } from '../support/failures.ts';
import { turn } from '../support/turn.ts';

it('grants its permits, and then one for each that is released, in order', async () => {
  const semaphore = new Semaphore(2);
  const permits = Array.from({ length: 5 }, () => semaphore.request());
  const granted = (): boolean[] => permits.map(({ isGranted }) => isGranted);
  expect(granted()).toEqual([true, true, false, false, false]);
  // One that gives up waiting takes no turn away.
  permits[2].release();
  permits[0].release();
  permits[0].release();
  await permits[3].granted;
  expect(granted()).toEqual([true, true, false, true, false]);
  permits[1].release();
  permits[3].release();
  permits[4].release();
  expect([semaphore.request(), semaphore.request()].every(({ isGranted }) => isGranted)).toBe(true);
  expect(semaphore.request().isGranted).toBe(false);
});

it('runs what holds a permit, and releases it when that fails', async () => {
  const semaphore = new Semaphore(1);
  const error = new Error('no');
  expect(await rejection(semaphore.run(() => Promise.reject(error)))).toBe(error);
  expect(await semaphore.run(async () => 'yes')).toBe('yes');
});

it('runs each item, begins none after a failure, and waits for those that were begun', async () => {
  const semaphore = new Semaphore(2);
  const begun: number[] = [];
  let ended = 0;
  const running = semaphore.runEach([0, 1, 2, 3, 4], async (item) => {
    begun.push(item);
    if (item === 0) throw new Error('first');
    await turn();
    ended++;
  });
  expect(((await rejection(running)) as Error).message).toBe('first');
  expect({ begun, ended }).toEqual({ begun: [0, 1], ended: 1 });
  await semaphore.runEach([5, 6, 7], async (item) => void begun.push(item));
  expect(begun).toEqual([0, 1, 5, 6, 7]);
});
