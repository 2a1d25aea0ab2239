import { CairnError, type CairnErrorCode } from '../errors.ts';

/** The codes of abstract-level for what may go wrong in storage. */
export type LevelErrorCode =
  | 'LEVEL_ABORTED'
  | 'LEVEL_CORRUPTION'
  | 'LEVEL_DATABASE_NOT_OPEN'
  | 'LEVEL_IO_ERROR'
  | 'LEVEL_NOT_SUPPORTED'
  | 'LEVEL_READONLY';

/**
 * An error with a code that programs of Level know. Its `cause` is the `CairnError` underneath, which says which file is
 * damaged, and where. Errors that Level has no code for are passed on unchanged.
 */
export class LevelError extends Error {
  readonly code: LevelErrorCode;

  /** @internal */
  constructor(code: LevelErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = code === 'LEVEL_ABORTED' ? 'AbortError' : 'LevelError';
    this.code = code;
  }
}

const CODES: Partial<Record<CairnErrorCode, LevelErrorCode>> = {
  CORRUPTION: 'LEVEL_CORRUPTION',
  IO: 'LEVEL_IO_ERROR',
  UNSUPPORTED: 'LEVEL_NOT_SUPPORTED',
};

/** Returns an error as programs of Level know it. */
export function levelError(error: unknown): unknown {
  const code = error instanceof CairnError ? CODES[error.code] : undefined;
  return code === undefined ? error : new LevelError(code, (error as CairnError).message, error);
}

/** Rejects with {@link levelError}: for `catch`. */
export function rethrow(error: unknown): never {
  throw levelError(error);
}
