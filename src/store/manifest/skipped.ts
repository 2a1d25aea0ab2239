import { checkOptions } from '../../check-options.ts';
import { type CairnError, invalidArgument, isCairnError } from '../../errors.ts';

/** A file or directory that a call left alone, and went on without. */
export interface Skipped {
  readonly uri: string;
  /** Why: `IO` if the storage refused it, `NOT_A_STORE` if it is not part of a store. */
  readonly error: CairnError;
}

/** How a call about many files is ended, and how it reports what it leaves alone. */
export interface SkipOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Is called with each file or directory that the call leaves alone although it might concern the caller. With it, a call
   * goes on where reading one directory of many fails; without it, only where access to one is denied.
   */
  readonly onSkip?: ((skipped: Skipped) => void) | undefined;
}

/**
 * Checks options that are these and some others, and returns their own members.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`; the signal's reason if it is aborted.
 */
export function checkSkipOptions<T extends SkipOptions>(options: T, others: readonly string[] = []): T {
  const own = checkOptions(options, ['signal', 'onSkip', ...others]);
  const { onSkip, signal } = own;
  if (onSkip !== undefined && typeof onSkip !== 'function')
    throw invalidArgument('onSkip', 'onSkip must be a function');
  signal?.throwIfAborted();
  return own;
}

/**
 * Reports a directory that a storage did not let read, so that a call can go on with the others. What is denied is no
 * concern of the caller, such as `lost+found`; what failed is, and is skipped only if there is a callback to tell it.
 *
 * @throws the error, if it may pass, or if it is of another kind.
 */
export function skipUnreadable(uri: string, error: unknown, onSkip: SkipOptions['onSkip']): void {
  if (!isCairnError(error, 'IO') || error.transient === true) throw error;
  if (onSkip === undefined && error.denied !== true) throw error;
  onSkip?.({ uri, error });
}
