import { CairnError, reasonOf } from '../errors.ts';

// Errors after which the same call may succeed: too many descriptors, interrupted, busy, network file
// systems.
const TRANSIENT = new Set(['EAGAIN', 'EBUSY', 'EINTR', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETIMEDOUT', 'ESTALE']);

const DENIED = new Set(['EACCES', 'EPERM', 'ERR_ACCESS_DENIED']);

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
    `${operation} of ${path} failed: ${reasonOf(error)}${advice === undefined ? '' : `. ${advice}`}`,
    {
      uri: path,
      operation,
      transient: TRANSIENT.has(code ?? ''),
      ...(DENIED.has(code ?? '') ? { denied: true } : {}),
      cause: error,
    },
  );
}

/** Waits for a file operation. @throws {CairnError} its typed error, as a rejection. */
export async function attempt<T>(operation: string, path: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw fileError(error, operation, path);
  }
}

// By what file systems, and Node under its permission model, refuse a hard link that another way may do without. A
// directory that can't be written to is refused by that way as well.
const NO_LINK = new Set([
  'EPERM',
  'EACCES',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
  'EMLINK',
  'EXDEV',
  'ERR_ACCESS_DENIED',
]);

/** Whether a failed link means that hard links are not to be had there. */
export function lacksLinks(error: unknown): boolean {
  return NO_LINK.has(errnoOf(error) ?? '');
}

/** The error's system code, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
