import { randomUUID } from 'node:crypto';
import { open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CairnError } from '../../errors.ts';
import { fileError } from '../../node/file-error.ts';

/**
 * Writes a file in one step: whoever reads it sees all of the old text or all of the new one. A file that
 * is there keeps its permissions, and a symbolic link its place.
 *
 * @throws {CairnError} (as a rejection) `IO`: the old file is unchanged.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const target = await targetOf(file);
  const made = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
  try {
    const found = await stat(target).catch(() => undefined);
    const handle = await open(made, 'wx');
    try {
      if (found !== undefined) await handle.chmod(found.mode & 0o7777);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(made, target);
  } catch (error) {
    await rm(made, { force: true });
    const failure = fileError(error, 'write', file);
    if (failure.code !== 'NOT_FOUND') throw failure;
    const message = `${file} can't be written: there is no directory ${dirname(target)}`;
    throw new CairnError('IO', message, { operation: 'write', cause: error });
  }
}

/** The file that a path names, through symbolic links, also where it is not there. */
async function targetOf(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    const link = await readlink(file).catch(() => undefined);
    return link === undefined ? file : resolve(dirname(file), link);
  }
}
