import { type CairnError, type CairnErrorCode, isCairnError } from '../../errors.ts';

/** @throws {Error} unless `holds`. */
export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}

/**
 * Compares simple values, bytes, arrays and plain objects by what is in them.
 *
 * @throws {Error} unless they are equal.
 */
export function equal(found: unknown, wanted: unknown): void {
  if (!areEqual(found, wanted)) throw new Error(`found ${show(found)} instead of ${show(wanted)}`);
}

function areEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return (
      a instanceof Uint8Array &&
      b instanceof Uint8Array &&
      a.length === b.length &&
      a.every((byte, i) => byte === b[i])
    );
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && areEqual(left[name], right[name]))
  );
}

/** Runs something that must fail, at once or later, with one of these codes; returns the error. */
export async function failure(
  call: Promise<unknown> | (() => unknown),
  ...codes: CairnErrorCode[]
): Promise<CairnError> {
  const error = await rejection(call);
  return checked(error, codes);
}

/** Runs something that must throw at once, not by way of a promise. */
export function failureNow(call: () => unknown, ...codes: CairnErrorCode[]): CairnError {
  let outcome: unknown;
  try {
    outcome = call();
  } catch (error) {
    return checked(error, codes);
  }
  if (outcome instanceof Promise) outcome.catch(() => undefined);
  throw new Error(`expected ${codes.join(' or ')} at once, but it returned ${show(outcome)}`);
}

/** Runs something that must fail; returns with what. */
export async function rejection(call: Promise<unknown> | (() => unknown)): Promise<unknown> {
  let outcome: unknown;
  try {
    outcome = await (typeof call === 'function' ? call() : call);
  } catch (error) {
    return error;
  }
  throw new Error(`expected a failure, but it succeeded with ${show(outcome)}`);
}

function checked(error: unknown, codes: readonly CairnErrorCode[]): CairnError {
  if (isCairnError(error, ...codes)) return error;
  const name = isCairnError(error) ? error.code : 'an error that is no CairnError';
  throw new Error(`expected ${codes.join(' or ')}, got ${name}: ${show(error)}`, { cause: error });
}

function show(value: unknown): string {
  if (value instanceof Error) return value.message;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return JSON.stringify(value) ?? String(value);
}
