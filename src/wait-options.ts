import { checkOptions } from './check-options.ts';

/** The option of every call that waits and has no other. */
export interface WaitOptions {
  /** Ends the waiting: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns the signal of a call's options.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`; the signal's reason if it is aborted.
 */
export function signalOf(options: WaitOptions | undefined): AbortSignal | undefined {
  if (options === undefined) return undefined;
  checkOptions(options, ['signal']);
  options.signal?.throwIfAborted();
  return options.signal;
}

/** Waits for work until the signal is aborted. The work goes on then: what it loads serves later calls. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
