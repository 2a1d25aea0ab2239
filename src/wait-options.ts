import { checkOptions } from './check-options.ts';
import { whenAborted } from './when-aborted.ts';

/** The option of every call that waits and has no other. */
export interface WaitOptions {
  /** Ends the call at once, with the signal's reason, and its requests, as far as no other call waits for them. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns the signal of a call's options.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`; the signal's reason if it is aborted.
 */
export function signalOf(options: WaitOptions | undefined): AbortSignal | undefined {
  if (options === undefined) return undefined;
  const { signal } = checkOptions(options, ['signal']);
  signal?.throwIfAborted();
  return signal;
}

/** Waits for work until the signal is aborted, and rejects with its reason then. The work itself goes on. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => {
      forget();
      reject(signal.reason);
    };
    const forget = whenAborted(signal, abort);
    work.finally(forget).then(resolve, reject);
    if (signal.aborted) abort();
  });
}
