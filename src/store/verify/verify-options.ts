import { checkFlag, checkOptions } from '../../check-options.ts';
import type { Progress } from '../../progress.ts';

/** Progress, signal and extent of a verification. */
export interface VerifyOptions {
  /** Called after every few megabytes with the bytes that were read. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether to look for a single flipped bit if a checksum differs; default: true. Only for the first
   * problems, and for up to about 100 KB at a time: some seconds at most.
   */
  readonly locateBits?: boolean | undefined;
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkVerifyOptions(options: VerifyOptions): VerifyOptions {
  const own = checkOptions(options, ['onProgress', 'signal', 'locateBits']);
  checkFlag('locateBits', own.locateBits);
  return own;
}
