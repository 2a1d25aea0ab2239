import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { attempt, errnoOf, fileError } from './file-error.ts';

const fsync = promisify(fs.fsync);

/** What Node says under its permission model: `fsync` by descriptor is off, from Node 24 on that of handles, too. */
const DENIED = 'ERR_ACCESS_DENIED';

/** How many bytes are written through at a time. */
const CHUNK_BYTES = 1 << 20;

// What file systems without such an operation answer: FAT and exFAT by FUSE, SMB, 9p. EACCES: a directory that may be
// entered and written but not read belongs to another user. What a failed disk answers stays an error.
const CANNOT_SYNC = new Set([
  'EINVAL',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EISDIR',
  'EPERM',
  'EACCES',
  DENIED,
]);

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
  try {
    // For writing: Windows syncs no other.
    await sync(file, 'r+');
  } catch (error) {
    // Undefined where there is no such flag, contrary to its type.
    const writeThrough = fs.constants.O_DSYNC as number | undefined;
    if (errnoOf((error as Error).cause) !== DENIED || writeThrough === undefined) throw error;
    await attempt('fsync', file, writeAgain(file, fs.constants.O_RDWR | writeThrough));
  }
}

/** Writes the bytes of a file over themselves by a handle whose writes end when the disk has them. */
async function writeAgain(file: string, flags: number): Promise<void> {
  const handle = await fs.promises.open(file, flags);
  try {
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (let position = 0; ; ) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
      if (bytesRead === 0) return;
      const { bytesWritten } = await handle.write(chunk, 0, bytesRead, position);
      if (bytesWritten === 0) throw new Error('nothing was written');
      position += bytesWritten;
    }
  } finally {
    await handle.close().catch(() => undefined);
  }
}

async function sync(path: string, flags: 'r' | 'r+'): Promise<void> {
  let fd: number;
  try {
    // Only the sync itself takes the thread pool: a turn through it takes longer than the other calls.
    fd = fs.openSync(path, flags);
  } catch (error) {
    throw fileError(error, 'open', path);
  }
  try {
    await fsync(fd);
    return;
  } catch (error) {
    if (errnoOf(error) !== DENIED) throw fileError(error, 'fsync', path);
  } finally {
    try {
      fs.closeSync(fd);
    } catch {
      // What is synced is synced, whatever becomes of the descriptor.
    }
  }
  await syncHandle(path, flags);
}

/** Syncs by a handle, which Node's permission model denies later than a descriptor. */
async function syncHandle(path: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await attempt('open', path, fs.promises.open(path, flags));
  try {
    await attempt('fsync', path, handle.sync());
  } finally {
    await handle.close().catch(() => undefined);
  }
}
