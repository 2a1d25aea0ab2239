import { CairnError, isCairnError } from '../errors.ts';

/** The error for a function of a job that has thrown one: it says where, and has the function's own as its cause. */
export function jobError(what: string, key: unknown, where: string, error: unknown): unknown {
  // What the storage or the writer refuses says so by itself.
  if (isCairnError(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new CairnError(
    'INVALID_ARGUMENT',
    `${what} failed at the key ${showKey(key)} of ${where}: ${reason}`,
    {
      argument: what,
      cause: error,
    },
  );
}

function showKey(key: unknown): string {
  if (key instanceof Uint8Array)
    return `0x${[...key].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  return typeof key === 'bigint' ? `${key}` : (JSON.stringify(key) ?? String(key));
}
