import assert from 'node:assert/strict';
import { test } from 'vitest';

/** What a case of a suite for tape is given: the part of tape's interface that abstract-level's suite uses. */
export interface TapeCase {
  plan(count: number): void;
  end(): void;
  pass(message?: string): void;
  fail(message?: unknown): void;
  ok(value: unknown, message?: string): void;
  is(actual: unknown, expected: unknown, message?: string): void;
  isNot(actual: unknown, expected: unknown, message?: string): void;
  same(actual: unknown, expected: unknown, message?: string): void;
  throws(run: () => unknown, expected: (error: unknown) => boolean, message?: string): void;
  doesNotThrow(run: () => unknown, message?: string): void;
}

/** The body of a case. */
export type Run = (t: TapeCase) => unknown;

/** Takes the place of tape's `test`: each case is one of Vitest. */
export function tape(name: string, run: Run): void {
  test(name, () => runCase(run));
}

/**
 * Runs a case as tape does: one that returns a promise ends with it, others end with `t.end()`, or once as many assertions have
 * been made as were planned. The first assertion that failed fails the case, and so do more or fewer than planned,
 * assertions after the end, and a second end.
 */
export async function runCase(run: Run): Promise<void> {
  const failures: unknown[] = [];
  let planned: number | undefined;
  let made = 0;
  let ended = false;
  let resolve: () => void = () => undefined;
  const finished = new Promise<void>((done) => {
    resolve = done;
  });
  // The messages of assertions are left out: Node's show both values instead.
  const check = (assertion: () => void): void => {
    made++;
    if (ended) failures.push(new Error('an assertion was made after the end'));
    try {
      assertion();
    } catch (error) {
      failures.push(error);
    }
    if (made === planned) resolve();
  };
  const result = run({
    plan: (count) => {
      planned = count;
    },
    end: () => {
      if (ended) failures.push(new Error('end() was called twice'));
      ended = true;
      resolve();
    },
    pass: () => check(() => undefined),
    fail: (message) => check(() => assert.fail(String(message))),
    ok: (value) => check(() => assert.ok(value)),
    is: (actual, expected) => check(() => assert.strictEqual(actual, expected)),
    isNot: (actual, expected) => check(() => assert.notStrictEqual(actual, expected)),
    same: (actual, expected) => check(() => assert.deepStrictEqual(actual, expected)),
    throws: (call, expected) => check(() => assert.throws(call, expected)),
    doesNotThrow: (call) => check(() => assert.doesNotThrow(call)),
  });
  await (result instanceof Promise ? result : finished);
  // An assertion too many is made right away, if it is.
  await new Promise(setImmediate);
  ended = true;
  if (failures.length > 0) throw failures[0];
  assert.ok(planned === undefined || made === planned, `${made} assertions, not ${planned} as planned`);
}
