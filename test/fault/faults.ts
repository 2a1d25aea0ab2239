import { expect } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import { type FaultPlan, FaultyStorage } from '../support/faulty-storage.ts';

/** The ways in which the N-th operation may fail. */
export const KINDS: readonly { readonly name: string; readonly forever: boolean; readonly after: boolean }[] =
  [
    { name: 'once', forever: false, after: false },
    { name: 'for ever', forever: true, after: false },
    { name: 'once, although it had its effect', forever: false, after: true },
    { name: 'for ever, although each had its effect', forever: true, after: true },
  ];

/** What came of an attempt: its result, or the error that it failed with. */
export type Outcome<T> = { readonly done: T } | { readonly error: unknown };

export async function outcomeOf<T>(attempt: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { done: await attempt() };
  } catch (error) {
    return { error };
  }
}

/** Runs a scenario with every single operation failing in turn, until there is none left to fail. */
export async function everyFault<T>(
  kind: Pick<FaultPlan, 'forever' | 'after' | 'only'>,
  scenario: {
    readonly prepare?: () => Promise<void>;
    readonly attempt: (storage: FaultyStorage) => Promise<T>;
    readonly check: (outcome: Outcome<T>, storage: FaultyStorage) => Promise<void>;
  },
): Promise<void> {
  for (let at = 1; ; at++) {
    if (at > 1000) throw new Error('the scenario has no end');
    const storage = new FaultyStorage().register();
    await scenario.prepare?.();
    storage.arm({ at, ...kind });
    const outcome = await outcomeOf(() => scenario.attempt(storage));
    const { fired } = storage;
    const log = storage.log.slice(-6).join(', ');
    // What the attempt left running ends under the plan, not in the check.
    await new Promise(setImmediate);
    storage.arm();
    try {
      if ('error' in outcome && !isCairnError(outcome.error)) throw outcome.error;
      if (!fired) expect(outcome).toHaveProperty('done');
      await scenario.check(outcome, storage);
    } catch (error) {
      throw new Error(`when operation ${at} failed (… ${log}): ${(error as Error).message}`, {
        cause: error,
      });
    }
    if (fired) continue;
    expect(at, 'operations that can fail').toBeGreaterThan(1);
    return;
  }
}
