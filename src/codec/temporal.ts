import type { Temporal } from 'temporal-polyfill';
import { packageNotLoaded } from '../missing-package.ts';

/** The classes of Temporal that typed values may be of. Every implementation's `Temporal` has them. */
export type TemporalClasses = Pick<typeof Temporal, 'Instant' | 'PlainDateTime' | 'PlainDate' | 'Duration'>;

/** The platform's own Temporal, if it has one. */
export function nativeTemporal(): TemporalClasses | undefined {
  return (globalThis as { readonly Temporal?: TemporalClasses }).Temporal;
}

/** The platform's own Temporal, else that of `temporal-polyfill`, which is imported when first needed. */
export async function loadTemporal(): Promise<TemporalClasses> {
  return nativeTemporal() ?? (await import('temporal-polyfill').catch(packageNotLoaded)).Temporal;
}

/**
 * Which class of Temporal an object is of, whatever the implementation: `'Instant'` for a `Temporal.Instant`, and so
 * on; `undefined` for everything else. Subclasses are something else, because they would not come back.
 */
export function temporalKind(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype !== 'object' || prototype === null) return undefined;
  if (!Object.hasOwn(prototype, Symbol.toStringTag)) return undefined;
  const tag: unknown = (prototype as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return typeof tag === 'string' && tag.startsWith(PREFIX) ? tag.slice(PREFIX.length) : undefined;
}

const PREFIX = 'Temporal.';

/** The fields of a duration, in the order of the constructor's arguments. */
export const DURATION_FIELDS = [
  'years',
  'months',
  'weeks',
  'days',
  'hours',
  'minutes',
  'seconds',
  'milliseconds',
  'microseconds',
  'nanoseconds',
] as const;
