import type { Temporal } from 'temporal-spec';
import { packageNotLoaded } from '../missing-package.ts';

/** The classes of Temporal that typed values may belong to; every implementation's `Temporal` has them. */
export type TemporalClasses = Pick<typeof Temporal, 'Instant' | 'PlainDateTime' | 'PlainDate' | 'Duration'>;

/** The platform's own Temporal, if it has one. */
export function nativeTemporal(): TemporalClasses | undefined {
  return (globalThis as { readonly Temporal?: TemporalClasses }).Temporal;
}

/**
 * Returns the platform's own Temporal, or else that of `temporal-polyfill`, which is imported when first
 * needed.
 */
export async function loadTemporal(): Promise<TemporalClasses> {
  return nativeTemporal() ?? (await import('temporal-polyfill').catch(packageNotLoaded)).Temporal;
}

/**
 * Returns the name of an object's class of Temporal in any implementation, such as `'Instant'` for a
 * `Temporal.Instant`; `undefined` for everything else. Subclasses do not count, because they would not be
 * read back as such.
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
