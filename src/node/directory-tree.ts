import * as fs from 'node:fs';
import * as path from 'node:path';
import type { FileTree, ServedFile } from '../server/files/file-tree.ts';
import { fileError } from './file-error.ts';

/**
 * The files below a directory. Links are followed as long as they stay below it; that is checked of the file that is open,
 * so that nothing is served that was put in its place in between.
 */
export class DirectoryTree implements FileTree {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** @throws {CairnError} (as a rejection) `NOT_FOUND`, `IO`. */
  static async open(root: string): Promise<DirectoryTree> {
    try {
      return new DirectoryTree(await fs.promises.realpath(root));
    } catch (error) {
      throw fileError(error, 'realpath', root);
    }
  }

  async open(parts: readonly string[]): Promise<ServedFile | undefined> {
    const file = path.join(this.#root, ...parts);
    let handle: fs.promises.FileHandle;
    try {
      // A pipe would be waited for.
      handle = await fs.promises.open(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    } catch (error) {
      if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw fileError(error, 'open', file);
    }
    try {
      const stats = await handle.stat({ bigint: true });
      if (stats.isFile() && (await this.#isBelow(file, stats))) return served(file, handle, stats);
    } catch (error) {
      await handle.close();
      if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw fileError(error, 'stat', file);
    }
    await handle.close();
    return undefined;
  }

  async #isBelow(file: string, { dev, ino }: fs.BigIntStats): Promise<boolean> {
    const real = await fs.promises.realpath(file);
    if (!real.startsWith(this.#root.endsWith(path.sep) ? this.#root : this.#root + path.sep)) return false;
    const there = await fs.promises.lstat(real, { bigint: true });
    return there.dev === dev && there.ino === ino;
  }
}

/** What is said of a name that leads to no file. */
const ABSENT: ReadonlySet<string> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'EISDIR',
  'ENXIO',
]);

function served(name: string, handle: fs.promises.FileHandle, stats: fs.BigIntStats): ServedFile {
  const { size, ino, mtimeNs, ctimeNs, mtimeMs } = stats;
  return {
    bytes: Number(size),
    // A file is replaced by another one, which has another number; one that is written in place has another time.
    etag: `"${ino.toString(36)}-${mtimeNs.toString(36)}-${ctimeNs.toString(36)}-${size.toString(36)}"`,
    modifiedMs: Number(mtimeMs),
    async read(offset, target) {
      let done = 0;
      while (done < target.length) {
        const { bytesRead } = await handle
          .read(target, done, target.length - done, offset + done)
          .catch((error: unknown) => {
            throw fileError(error, 'read', name);
          });
        if (bytesRead === 0) throw fileError(new Error('the file has become shorter'), 'read', name);
        done += bytesRead;
      }
    },
    close: () => handle.close(),
  };
}
