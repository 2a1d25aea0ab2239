import { invalidArgument } from '../errors.ts';
import { checkOptions } from './options.ts';

/** How a verification is watched and ended. */
export interface VerifyOptions {
  /** Called after each megabyte or so. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  readonly signal?: AbortSignal;
}

export interface VerifyProgress {
  /** Bytes read so far, and in all. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkVerifyOptions(options: VerifyOptions): void {
  checkOptions(options, ['onProgress', 'signal']);
  if (options.onProgress !== undefined && typeof options.onProgress !== 'function') {
    throw invalidArgument('onProgress', 'onProgress must be a function');
  }
}
