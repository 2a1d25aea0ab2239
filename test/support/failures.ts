import { type CairnError, type CairnErrorCode, isCairnError } from '../../src/errors.ts';

/** Runs something that must fail, at once or later, with one of these codes; returns the error. */
export async function failure(
  call: Promise<unknown> | (() => unknown),
  ...codes: CairnErrorCode[]
): Promise<CairnError> {
  let outcome: unknown;
  try {
    outcome = await (typeof call === 'function' ? call() : call);
  } catch (error) {
    return checked(error, codes);
  }
  throw new Error(`expected ${codes.join(' or ')}, but it succeeded with ${show(outcome)}`);
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

/** What an abort must reject with: the signal's own reason, whatever that is. */
export async function rejection(call: Promise<unknown> | (() => unknown)): Promise<unknown> {
  let outcome: unknown;
  try {
    outcome = await (typeof call === 'function' ? call() : call);
  } catch (error) {
    return error;
  }
  throw new Error(`expected a rejection, but it succeeded with ${show(outcome)}`);
}

function checked(error: unknown, codes: readonly CairnErrorCode[]): CairnError {
  if (isCairnError(error, ...codes)) {
    if (error.message.length < 10) throw new Error(`the message says too little: ${error.message}`);
    return error;
  }
  const name = isCairnError(error) ? error.code : 'an untyped error';
  throw new Error(`expected ${codes.join(' or ')}, got ${name}: ${show(error)}`, { cause: error });
}

function show(value: unknown): string {
  if (value instanceof Error) return value.stack ?? value.message;
  return typeof value === 'object' && value !== null
    ? (value.constructor?.name ?? 'an object')
    : String(value);
}
