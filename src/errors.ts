/**
 * What can go wrong, as a closed list: a code exists only where a caller would act differently.
 *
 * | code | what the caller does |
 * |---|---|
 * | `INVALID_ARGUMENT` | correct the call |
 * | `NOT_FOUND` | nothing is at that URI |
 * | `ALREADY_EXISTS` | choose another URI, or delete what is there |
 * | `INCOMPLETE` | wait for the writer to close, or delete what it left |
 * | `NOT_A_STORE` | the URI holds something else |
 * | `KEY_ORDER` | sort the input |
 * | `DUPLICATE_KEY` | remove the duplicate, or say which one wins |
 * | `TOO_LARGE` | shorten the key or value, or raise `partitionBytes` |
 * | `SCHEMA_MISMATCH` | open the store with a schema that takes what is stored, or without one |
 * | `CORRUPTION` | restore the named file |
 * | `UNSUPPORTED_FORMAT` | upgrade cairnkv |
 * | `UNSUPPORTED` | use another call, platform or storage |
 * | `IO` | retry if `transient`, otherwise repair the storage |
 * | `CONFLICT` | sweep orphan files, or choose another `buildId` |
 * | `REPLACED` | open the store again: another one is at its URI |
 * | `CLOSED` | a lifecycle bug in the caller |
 */
export type CairnErrorCode =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'INCOMPLETE'
  | 'NOT_A_STORE'
  | 'KEY_ORDER'
  | 'DUPLICATE_KEY'
  | 'TOO_LARGE'
  | 'SCHEMA_MISMATCH'
  | 'CORRUPTION'
  | 'UNSUPPORTED_FORMAT'
  | 'UNSUPPORTED'
  | 'IO'
  | 'CONFLICT'
  | 'REPLACED'
  | 'CLOSED';

/** The evidence an error carries. Which fields are present depends on the code. */
export interface CairnErrorDetails {
  /** `INVALID_ARGUMENT`: the name of the argument. */
  readonly argument?: string | undefined;
  /** The URI of the store concerned. */
  readonly uri?: string | undefined;
  /** `KEY_ORDER`: the encoded key of the entry put before it (a copy). */
  readonly previous?: Uint8Array | undefined;
  /** `KEY_ORDER`, `DUPLICATE_KEY`: the encoded key refused (a copy); `SCHEMA_MISMATCH`: that of the value. */
  readonly key?: Uint8Array | undefined;
  /** `KEY_ORDER`, `DUPLICATE_KEY`: position of the refused entry, counted from 0. */
  readonly index?: number | undefined;
  /** `TOO_LARGE`: bytes of the encoded key. */
  readonly keyBytes?: number | undefined;
  /** `TOO_LARGE`: bytes of the encoded value. */
  readonly valueBytes?: number | undefined;
  /** `TOO_LARGE`: the most bytes that would have been accepted. */
  readonly limit?: number | undefined;
  /** `CORRUPTION`: the file with the damage. */
  readonly file?: string | undefined;
  /** `CORRUPTION`: the part of the file, in the words of FORMAT.md. */
  readonly section?: string | undefined;
  /** `CORRUPTION`: bytes from the start of the file to the damaged section or field. */
  readonly offset?: number | undefined;
  /** `CORRUPTION`: what the file promises. */
  readonly expected?: string | undefined;
  /** `CORRUPTION`: what was found. */
  readonly actual?: string | undefined;
  /** `UNSUPPORTED_FORMAT`: the version or features found. */
  readonly found?: string | undefined;
  /** `UNSUPPORTED_FORMAT`: the versions or features this reader knows. */
  readonly supported?: string | undefined;
  /** `IO`: the operation that failed, such as `read` or `fsync`. */
  readonly operation?: string | undefined;
  /** `IO`: whether trying again may help. */
  readonly transient?: boolean | undefined;
  /** `IO`: true if no answer came, so that the operation may have been done, or may still be done. */
  readonly unanswered?: boolean | undefined;
  /** `IO`: true if the storage refused access to this file or directory: others may be accessible. */
  readonly denied?: boolean | undefined;
  /** `CLOSED`: what was closed. */
  readonly resource?: string | undefined;
  /** The error underneath. */
  readonly cause?: unknown;
}

// `Symbol.for`: the guard keeps working when two copies of the package are loaded.
const BRAND: symbol = Symbol.for('cairnkv.CairnError');

/** The one error class of cairnkv: a stable `code`, and the evidence in typed fields. */
export class CairnError extends Error implements CairnErrorDetails {
  override readonly name: string = 'CairnError';
  readonly code: CairnErrorCode;
  declare readonly argument?: string;
  declare readonly uri?: string;
  declare readonly previous?: Uint8Array;
  declare readonly key?: Uint8Array;
  declare readonly index?: number;
  declare readonly keyBytes?: number;
  declare readonly valueBytes?: number;
  declare readonly limit?: number;
  declare readonly file?: string;
  declare readonly section?: string;
  declare readonly offset?: number;
  declare readonly expected?: string;
  declare readonly actual?: string;
  declare readonly found?: string;
  declare readonly supported?: string;
  declare readonly operation?: string;
  declare readonly transient?: boolean;
  declare readonly unanswered?: boolean;
  declare readonly denied?: boolean;
  declare readonly resource?: string;

  constructor(code: CairnErrorCode, message: string, details: CairnErrorDetails = {}) {
    const { cause, ...fields } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) Object.assign(this, { [name]: value });
    }
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/**
 * Returns whether a value is a {@link CairnError}; with `codes`, whether its code is one of them.
 *
 * @example
 * ```ts
 * import { isCairnError, openStore } from 'cairnkv';
 *
 * const store = await openStore('memory:nothing-here').catch((error: unknown) => {
 *   if (isCairnError(error, 'NOT_FOUND', 'INCOMPLETE')) return undefined;
 *   throw error;
 * });
 * console.log(store); // undefined
 * ```
 */
export function isCairnError(error: unknown, ...codes: CairnErrorCode[]): error is CairnError {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false;
  return codes.length === 0 || codes.includes((error as CairnError).code);
}

/** An `INVALID_ARGUMENT` error for the named argument. */
export function invalidArgument(argument: string, message: string, cause?: unknown): CairnError {
  return new CairnError('INVALID_ARGUMENT', message, { argument, cause });
}

/** A value in a message, as `String` puts it: also one that it refuses, such as an object without a prototype. */
export function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'an object';
  }
}

/** What is said of something that was thrown, which may be anything. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : asText(thrown);
}

/** Throws an `IO` error for a part of the library's own code that could not be loaded. */
export function notLoaded(cause: unknown): never {
  const reason = reasonOf(cause);
  throw new CairnError('IO', `a part of cairnkv could not be loaded: ${reason}`, {
    operation: 'import',
    transient: true,
    cause,
  });
}
