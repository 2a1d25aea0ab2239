import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from '../../node/file-error.ts';

/**
 * Writes a file in one step: whoever reads it sees all of the old text or all of the new one. A file that is there keeps its
 * permissions, and a symbolic link its place.
 *
 * @throws {CairnError} (as a rejection) `IO`: the old file is as it was.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const target = await realpath(file).catch(() => file);
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
    throw fileError(error, 'write', file);
  }
}
