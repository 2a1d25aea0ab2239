import { checkOptions } from '../../check-options.ts';
import { invalidArgument } from '../../errors.ts';
import type { Progress } from '../../progress.ts';

/** How a verification is watched and ended. */
export interface VerifyOptions {
  /** Is called after each few megabytes with the bytes that were read. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether to find out, where a checksum differs, if a single bit is wrong and which; default: true. Of the first
   * problems only, and of up to about 100 KB at a time; that takes some seconds at most.
   */
  readonly locateBits?: boolean | undefined;
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkVerifyOptions(options: VerifyOptions): void {
  checkOptions(options, ['onProgress', 'signal', 'locateBits']);
  if (options.locateBits !== undefined && typeof options.locateBits !== 'boolean') {
    throw invalidArgument('locateBits', 'locateBits must be true or false');
  }
}
