import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CairnError } from '../../errors.ts';
import { fileError } from '../../node/file-error.ts';

/** Links from one to the next before they are taken for a circle, as the system does. */
const MAX_LINKS = 40;

/** What a path leads to. */
export interface OutputPlace {
  /** The path without links, also if nothing is there. */
  readonly target: string;
  /** The file that is there. */
  readonly stats: Stats | undefined;
  /** Whether it is written directly: a device or pipe can't be replaced. */
  readonly isDirect: boolean;
}

/** Finds out what a path leads to. @throws {CairnError} (as a rejection) `IO` for links in a circle. */
export async function outputPlace(file: string): Promise<OutputPlace> {
  const stats = await fs.stat(file).catch(() => undefined);
  // What /dev/stdout leads to is open already.
  if (stats !== undefined && (!stats.isFile() || file.startsWith('/dev/')))
    return { target: file, stats, isDirect: true };
  const target = stats === undefined ? await missingTarget(file) : await fs.realpath(file);
  return { target, stats, isDirect: false };
}

/**
 * Writes to a temporary file, which is renamed once it is complete: over the file that a symbolic link leads to, with the
 * permissions of what it replaces.
 *
 * @param open opens the temporary file, as `fs.open` does.
 * @param write writes all of it, and closes the handle.
 */
export async function replaceAt(
  { target, stats }: OutputPlace,
  open: (path: string, flags: string, mode: number) => Promise<fs.FileHandle>,
  write: (handle: fs.FileHandle) => Promise<void>,
): Promise<void> {
  const temporary = `${target}.${randomBytes(8).toString('hex')}.tmp`;
  // Nobody else may read it until it has the permissions of the file that it replaces.
  const handle = await open(temporary, 'wx', stats === undefined ? 0o666 : 0o600);
  try {
    if (stats !== undefined) await takeOver(handle, stats);
    await write(handle);
    await fs.rename(temporary, target);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Writes a file in one step: whoever reads it sees all of the old text or all of the new one. A file that
 * is there keeps its permissions, and a symbolic link its place. A device or pipe is written directly.
 *
 * @throws {CairnError} (as a rejection) `IO`: the old file is unchanged.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const place = await outputPlace(file);
  try {
    if (place.isDirect) await fs.writeFile(file, text);
    else {
      await replaceAt(place, fs.open, async (handle) => {
        try {
          await handle.writeFile(text);
          await handle.sync();
        } finally {
          await handle.close();
        }
      });
    }
  } catch (error) {
    const failure = fileError(error, 'write', file);
    if (failure.code !== 'NOT_FOUND') throw failure;
    const message = `${file} can't be written: there is no directory ${dirname(place.target)}`;
    throw new CairnError('IO', message, { operation: 'write', cause: error });
  }
}

/** Returns where a file is to be made that does not exist: where links lead to, if the path is one. */
async function missingTarget(file: string): Promise<string> {
  let path = file;
  for (let links = 0; links < MAX_LINKS; links++) {
    const target = await fs.readlink(path).catch(() => undefined);
    if (target === undefined) return path;
    path = resolve(await fs.realpath(dirname(path)), target);
  }
  // A circle, which the system reports.
  return fs.realpath(file).catch((error: unknown) => {
    throw fileError(error, 'open', file);
  });
}

/** Gives a file the owner, group and permissions of another, or less if it can't have that group. */
async function takeOver(handle: fs.FileHandle, { mode, uid, gid }: Stats): Promise<void> {
  const own = await handle.stat();
  let kept = mode & 0o777;
  if (own.uid !== uid || own.gid !== gid) {
    await handle.chown(uid, gid).catch(() => {
      kept &= 0o707;
    });
  }
  await handle.chmod(kept);
}
