import type { Temporal } from 'temporal-spec';
import { isWellFormed } from '../bytes/utf8.ts';
import { checkOptions } from '../check-options.ts';
import { loadTemporal } from '../codec/temporal.ts';
import { describe } from '../codec/type-names.ts';
import { type CairnError, invalidArgument } from '../errors.ts';
import type { KvType } from './kv-type.ts';
import { MAX_TIME_MS, type Ttl } from './ttl.ts';

/** How a root of namespaces is opened. */
export interface OpenNamespacesOptions {
  /** Refuses everything that writes; default: false. Where the storage cannot be written, it is so anyway. */
  readonly readOnly?: boolean | undefined;
  /**
   * Returns the time in milliseconds since 1970, by which values expire and dates are set; default:
   * `Date.now`.
   */
  readonly clock?: (() => number) | undefined;
  /**
   * How many revisions of a key are kept, the newest included; default: 10. Older ones are removed when the
   * key is set.
   */
  readonly keepVersions?: number | undefined;
  /**
   * What other processes have written is seen after at most this many milliseconds; default: 1000. With 0
   * each reading looks for it, at the cost of a look into a directory, or of a request.
   */
  readonly refreshMs?: number | undefined;
  /** Ends the opening. */
  readonly signal?: AbortSignal | undefined;
}

/** How a value is set. */
export interface SetOptions {
  /**
   * The type; default: that of the value, which is STRING for a string. With a type, a string is read as
   * text of it: `'1.50'` as a NUMBER, `'[1]'` as JSON.
   */
  readonly type?: KvType | undefined;
  /** How long the value lasts; default: without end, also where the value before had an end. */
  readonly ttl?: Ttl | undefined;
  /** What the value is for, as people read it; default: none, also where the value before had one. */
  readonly description?: string | undefined;
  /** Whether a value that is there may be replaced; default: true. An expired one is not there. */
  readonly overwrite?: boolean | undefined;
  /** Sets the value only if the key is at this revision; 0: only if it is not there. */
  readonly ifRevision?: number | undefined;
}

/** A key of `setMany`, its value, and how it is set. */
export interface KvSetting extends SetOptions {
  readonly key: string;
  readonly value: unknown;
}

/** How a value is read. */
export interface GetOptions {
  /** Whether a key that is not there, or has expired, is an error; default: false. */
  readonly errorOnMissing?: boolean | undefined;
}

/** How an entry is read. */
export interface EntryOptions {
  /** Whether an expired entry is returned, with `isExpired`; default: false. */
  readonly includeExpired?: boolean | undefined;
}

/** Which keys are listed. */
export interface KeysOptions {
  /** Only keys that begin like this. */
  readonly prefix?: string | undefined;
}

/** Which entries are listed. */
export interface ListOptions extends KeysOptions {
  /** Only keys after this one, which need not be there. */
  readonly after?: string | undefined;
  /** At most this many; default: all. */
  readonly limit?: number | undefined;
  /** Whether expired entries are listed, with `isExpired`; default: false. */
  readonly includeExpired?: boolean | undefined;
}

/** How a key is deleted. */
export interface DeleteOptions extends GetOptions {
  /** Deletes the key only if it is at this revision. */
  readonly ifRevision?: number | undefined;
}

/**
 * What is purged. Without `before` and `keepVersions` whole keys, with all their revisions; with one of
 * them, older revisions of keys, and never the newest one.
 */
export interface PurgeOptions {
  /**
   * Whether only what cannot be read any more is purged: expired keys, and what is left of deleted ones.
   * Default: true for whole keys, false for revisions.
   */
  readonly expiredOnly?: boolean | undefined;
  /** Only keys that match: `*` is any text, `?` one character. */
  readonly keyPattern?: string | undefined;
  /** Purges revisions that were set before this time: an instant, a Date, or ISO text with an offset. */
  readonly before?: Temporal.Instant | Date | string | undefined;
  /** Purges all but this many revisions of each key, the newest. */
  readonly keepVersions?: number | undefined;
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function flag(name: string, given: unknown, byDefault: boolean): boolean {
  const value = given === undefined ? byDefault : given;
  if (typeof value === 'boolean') return value;
  throw invalidArgument(name, `${name} must be true or false, not ${describe(value)}`);
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function count(name: string, value: unknown, least: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  const what = least === 0 ? 'a non-negative integer' : 'a positive integer';
  throw invalidArgument(name, `${name} must be ${what}, not ${describe(value)}`);
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function optionalText(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && isWellFormed(value)) return value;
  throw invalidArgument(name, `${name} must be a string without unpaired surrogates, not ${describe(value)}`);
}

/** {@link OpenNamespacesOptions} with the defaults filled in. @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkOpenOptions(options: OpenNamespacesOptions): {
  readonly readOnly: boolean;
  readonly clock: () => number;
  readonly keepVersions: number;
  readonly refreshMs: number;
  readonly signal: AbortSignal | undefined;
} {
  const known = ['readOnly', 'clock', 'keepVersions', 'refreshMs', 'signal'];
  const {
    readOnly,
    clock = Date.now,
    keepVersions = 10,
    refreshMs = 1000,
    signal,
  } = checkOptions(options, known);
  if (typeof clock !== 'function')
    throw invalidArgument('clock', 'clock must be a function such as Date.now');
  signal?.throwIfAborted();
  return {
    readOnly: flag('readOnly', readOnly, false),
    clock: () => timeBy(clock),
    keepVersions: count('keepVersions', keepVersions, 1),
    refreshMs: count('refreshMs', refreshMs, 0),
    signal,
  };
}

/**
 * The time by a program's clock, in whole milliseconds. @throws {CairnError} `INVALID_ARGUMENT` if it is
 * not a time.
 */
function timeBy(clock: () => number): number {
  const timeMs: unknown = clock();
  // The range of dates.
  if (typeof timeMs === 'number' && Math.abs(timeMs) <= MAX_TIME_MS) return Math.floor(timeMs);
  throw invalidArgument('clock', `clock must return milliseconds since 1970, not ${describe(timeMs)}`);
}

const SET_OPTIONS = ['type', 'ttl', 'description', 'overwrite', 'ifRevision'];

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkSetOptions(options: SetOptions): SetOptions & { readonly overwrite: boolean } {
  const own = checkOptions(options, SET_OPTIONS);
  if (own.ifRevision !== undefined) count('ifRevision', own.ifRevision, 0);
  optionalText('description', own.description);
  return { ...own, overwrite: flag('overwrite', own.overwrite, true) };
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkSetting(setting: KvSetting): KvSetting {
  return checkOptions(setting, ['key', 'value', ...SET_OPTIONS]);
}

/** What is purged, checked. @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`. */
export async function checkPurgeOptions(options: PurgeOptions): Promise<{
  readonly expiredOnly: boolean;
  readonly keyPattern: string;
  readonly beforeMs: number | undefined;
  readonly keepVersions: number | undefined;
}> {
  const known = ['expiredOnly', 'keyPattern', 'before', 'keepVersions'];
  const { expiredOnly, keyPattern = '*', before, keepVersions } = checkOptions(options, known);
  if (typeof keyPattern !== 'string' || keyPattern === '')
    throw invalidArgument(
      'keyPattern',
      `keyPattern must be a pattern such as temp-*, not ${describe(keyPattern)}`,
    );
  if (before !== undefined && keepVersions !== undefined)
    throw invalidArgument('before', "Cannot set both 'before' and 'keepVersions' properties");
  return {
    expiredOnly: flag('expiredOnly', expiredOnly, before === undefined && keepVersions === undefined),
    keyPattern,
    beforeMs: before === undefined ? undefined : await timeOf(before),
    keepVersions: keepVersions === undefined ? undefined : count('keepVersions', keepVersions, 1),
  };
}

async function timeOf(before: unknown): Promise<number> {
  if (Object.prototype.toString.call(before) === '[object Date]') {
    const timeMs = (before as Date).getTime();
    if (!Number.isNaN(timeMs)) return timeMs;
  } else if (typeof before === 'string' || (typeof before === 'object' && before !== null)) {
    const { Instant } = await loadTemporal();
    try {
      return Instant.from(String(before)).epochMilliseconds;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw malformedTime(before);
}

function malformedTime(before: unknown): CairnError {
  return invalidArgument(
    'before',
    `before must be an instant, a Date, or text such as 2021-09-01T00:00:00Z, not ${describe(before)}`,
  );
}
