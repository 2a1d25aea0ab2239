import { checkOptions } from '../../check-options.ts';
import { invalidArgument } from '../../errors.ts';

/** How a verification is watched and ended. */
export interface VerifyOptions {
  /** Called after each few megabytes. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly signal?: AbortSignal;
  /**
   * Whether to find out, where a checksum differs, if a single bit is wrong and which: true unless given. Of the first
   * problems only, and of up to about 100 KB at a time; that takes some seconds at most.
   */
  readonly locateBits?: boolean;
}

export interface VerifyProgress {
  /** Bytes read so far, and in all. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkVerifyOptions(options: VerifyOptions): void {
  checkOptions(options, ['onProgress', 'signal', 'locateBits']);
  if (options.onProgress !== undefined && typeof options.onProgress !== 'function') {
    throw invalidArgument('onProgress', 'onProgress must be a function');
  }
  if (options.locateBits !== undefined && typeof options.locateBits !== 'boolean') {
    throw invalidArgument('locateBits', 'locateBits must be true or false');
  }
}
