import { CairnError } from '../errors.ts';

// Errors after which the same call may succeed: too many descriptors, interrupted, busy, network file
// systems.
const TRANSIENT = new Set(['EAGAIN', 'EBUSY', 'EINTR', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETIMEDOUT', 'ESTALE']);

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full; free some space and write the store again',
  EDQUOT: 'The disk quota is used up; free some space and write the store again',
  EROFS: 'The file system is read-only; choose another place',
  EACCES: 'Check the permissions',
  EPERM: 'Check the permissions',
  EMFILE: 'Too many files are open; close readers, or raise the limit',
};

/** The typed error for a failed file operation. */
export function fileError(error: unknown, operation: string, path: string): CairnError {
  if (error instanceof CairnError) return error;
  const code = errnoOf(error);
  if (operation === 'mkdir' && (code === 'ENOTDIR' || code === 'EEXIST')) {
    return new CairnError('ALREADY_EXISTS', `${path} can't be made: a file is in its way`, {
      uri: path,
      cause: error,
    });
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new CairnError('NOT_FOUND', `${path} does not exist`, { uri: path, cause: error });
  }
  if (code === 'EEXIST') {
    return new CairnError('ALREADY_EXISTS', `${path} exists already`, { uri: path, cause: error });
  }
  const advice = ADVICE[code ?? ''];
  return new CairnError(
    'IO',
    `${operation} of ${path} failed: ${error instanceof Error ? error.message : String(error)}` +
      (advice === undefined ? '' : `. ${advice}`),
    { uri: path, operation, transient: TRANSIENT.has(code ?? ''), cause: error },
  );
}

/** The error's system code, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
