import * as fs from 'node:fs';
import { attempt, errnoOf } from './file-error.ts';

// What file systems without such an operation answer: FAT and exFAT by FUSE, SMB, 9p. EACCES: a directory that may be
// entered and written but not read belongs to another user. What a failed disk answers stays an error.
const CANNOT_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EPERM', 'EACCES']);

/**
 * Makes the names in a directory durable, where the file system can.
 *
 * @throws {CairnError} `NOT_FOUND`, `IO`.
 */
export async function syncDirectory(directory: string): Promise<void> {
  // Windows has no directory handles to sync; its file systems journal names by themselves.
  if (process.platform === 'win32') return;
  try {
    await sync(directory, 'r');
  } catch (error) {
    if (!CANNOT_SYNC.has(errnoOf((error as Error).cause) ?? '')) throw error;
  }
}

/** Makes the contents of a file durable. @throws {CairnError} `NOT_FOUND`, `IO`. */
export async function syncFile(file: string): Promise<void> {
  // For writing: Windows syncs no other.
  await sync(file, 'r+');
}

async function sync(path: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await attempt('open', path, fs.promises.open(path, flags));
  try {
    await attempt('fsync', path, handle.sync());
  } finally {
    // What is synced is synced, whatever becomes of the handle.
    await handle.close().catch(() => undefined);
  }
}
