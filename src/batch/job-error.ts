import { toHex } from '../bytes/hex.ts';
import { CairnError, type CairnErrorCode, isCairnError, reasonOf } from '../errors.ts';

/** Refusals of an entry that a function has emitted: its code is at fault, and they don't say which call. */
const REFUSALS: readonly CairnErrorCode[] = [
  'INVALID_ARGUMENT',
  'KEY_ORDER',
  'DUPLICATE_KEY',
  'TOO_LARGE',
  'SCHEMA_MISMATCH',
];

/** The error for a function of a job that has thrown one: it says where, and has the function's own as its cause. */
export function jobError(what: string, key: unknown, where: string, error: unknown): unknown {
  const isOfCairn = isCairnError(error);
  // What the storage refuses says so by itself.
  if (isOfCairn && !REFUSALS.includes(error.code)) return error;
  const reason = reasonOf(error);
  const details = isOfCairn ? detailsOf(error) : {};
  return new CairnError(
    isOfCairn ? error.code : 'INVALID_ARGUMENT',
    `${what} failed at the key ${showKey(key)} of ${where}: ${reason}`,
    { ...details, argument: what, cause: error },
  );
}

/** The evidence of an error, without its cause. */
export function detailsOf(error: CairnError): object {
  const { name: _, code: __, cause: ___, ...details } = error;
  return details;
}

/** Shows a key in a message. */
export function showKey(key: unknown): string {
  if (key instanceof Uint8Array) return `0x${toHex(key)}`;
  return JSON.stringify(key, (_, part) => (typeof part === 'bigint' ? `${part}` : part)) ?? String(key);
}
