import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CairnError, invalidArgument, isCairnError } from '../errors.ts';
import type { ByteSink } from '../io/byte-sink.ts';
import type { ByteSource } from '../io/byte-source.ts';
import type { Storage, StorageEntry } from '../io/storage.ts';
import type { StorageScheme } from '../io/uri.ts';
import { renameIf, renameUnlessTaken } from './claimed-rename.ts';
import { attempt, errnoOf, fileError, lacksLinks } from './file-error.ts';
import { FileSink } from './file-sink.ts';
import { FileSource } from './file-source.ts';
import { makeDirectories, makeDirectoriesSync } from './make-directories.ts';
import { syncDirectory, syncFile } from './sync-file.ts';

/**
 * Files of the operating system. `putIfAbsent` is a temporary file, fsync, and `link()`, which fails if the
 * name is taken, or a rename under a claim where there are no links; `replace` is a temporary file, fsync, and
 * `rename()`, under a claim if there is something to check.
 *
 * `uniqueName` must never return the same name twice on one machine: temporary files are named by it.
 */
export class FileStorage implements Storage {
  readonly scheme: string = 'file';
  readonly keepsRemoved: boolean = true;
  readonly #uniqueName: () => string;
  /** Directories that got new ones in passing: synced with the next that is. */
  readonly #unsynced = new Set<string>();

  constructor(uniqueName: () => string) {
    this.#uniqueName = uniqueName;
  }

  async open(file: string): Promise<ByteSource> {
    return FileSource.open(file);
  }

  create(file: string): ByteSink {
    return this.#create(file);
  }

  #create(file: string): FileSink {
    try {
      return FileSink.create(file);
    } catch (error) {
      if (!isCairnError(error, 'NOT_FOUND')) throw error;
    }
    // Another writer, cancelled, may have taken the empty directory with it.
    const directory = path.dirname(file);
    try {
      const first = makeDirectoriesSync(directory);
      for (const made of madeBetween(first, directory)) this.#unsynced.add(path.dirname(made));
    } catch (error) {
      throw fileError(error, 'mkdir', directory);
    }
    return FileSink.create(file);
  }

  async putIfAbsent(file: string, bytes: Uint8Array): Promise<boolean> {
    const temporary = await this.#writeTemporary(file, bytes);
    try {
      if (!(await linkOrRename(temporary, file))) return false;
    } finally {
      discard(temporary);
    }
    await this.syncDirectory(path.dirname(file));
    return true;
  }

  async replace(file: string, bytes: Uint8Array, check?: (current: Uint8Array) => void): Promise<void> {
    const temporary = await this.#writeTemporary(file, bytes);
    try {
      if (check !== undefined) await renameIf(temporary, file, check);
      else await attempt('rename', file, fs.promises.rename(temporary, file));
    } catch (error) {
      discard(temporary);
      throw error;
    }
    await this.syncDirectory(path.dirname(file));
  }

  async kind(file: string): Promise<'file' | 'directory' | undefined> {
    try {
      const stats = await fs.promises.stat(file);
      return stats.isDirectory() ? 'directory' : 'file';
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
      throw fileError(error, 'stat', file);
    }
  }

  async *list(directory: string): AsyncIterable<StorageEntry> {
    let names: fs.Dirent[];
    try {
      names = await fs.promises.readdir(directory, { withFileTypes: true });
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      throw fileError(error, 'readdir', directory);
    }
    for (const { name } of names) {
      const file = path.join(directory, name);
      let stats = await lookAt(file);
      // Removed since it was listed.
      if (stats === undefined) continue;
      // A link that leads nowhere is as good as a file.
      if (stats.isSymbolicLink()) stats = await fs.promises.stat(file).catch(() => stats as fs.Stats);
      const kind = stats.isDirectory() ? 'directory' : 'file';
      // A link changes the time of the node, not that of the contents.
      const modifiedMs = Math.max(stats.mtimeMs, stats.ctimeMs);
      yield { name, kind, bytes: kind === 'file' ? stats.size : 0, modifiedMs };
    }
  }

  async readLink(file: string): Promise<string | undefined> {
    const stats = await lookAt(file);
    if (stats?.isSymbolicLink() !== true) return undefined;
    return attempt('readlink', file, fs.promises.readlink(file));
  }

  async realPath(file: string): Promise<string> {
    return attempt('realpath', file, fs.promises.realpath(file));
  }

  async makeDirectory(directory: string): Promise<boolean> {
    const first = await attempt('mkdir', directory, makeDirectories(directory));
    // The new names must survive a crash too.
    for (const made of madeBetween(first, directory)) await this.syncDirectory(path.dirname(made));
    if (first !== undefined) return true;
    // Also one that a writer made who was killed before it could say so.
    await this.syncDirectory(path.dirname(directory));
    return false;
  }

  async makeDurable(file: string): Promise<void> {
    await syncFile(file);
  }

  async syncDirectory(directory: string): Promise<void> {
    await syncDirectory(directory);
    for (const other of [...this.#unsynced]) {
      this.#unsynced.delete(other);
      await syncDirectory(other).catch((error: unknown) => {
        // Removed since: there is nothing to keep.
        if (!isCairnError(error, 'NOT_FOUND')) throw error;
      });
    }
  }

  async remove(file: string): Promise<void> {
    try {
      // `rm` asks what there is, three times.
      await fs.promises.unlink(file);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw fileError(error, 'unlink', file);
    }
  }

  async removeDirectory(directory: string): Promise<boolean> {
    try {
      await fs.promises.rmdir(directory);
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      // A file, or a symbolic link.
      if (code === 'ENOTDIR') return (await lookAt(directory)) === undefined;
      if (code !== 'ENOENT') throw fileError(error, 'rmdir', directory);
    }
    return true;
  }

  async link(from: string, to: string): Promise<boolean> {
    try {
      await fs.promises.link(from, to);
      return true;
    } catch (error) {
      // Another file system, or one without hard links: the caller copies.
      if (lacksLinks(error)) return false;
      throw fileError(error, 'link', to);
    }
  }

  async moveDirectory(from: string, to: string): Promise<void> {
    if (path.dirname(from) !== path.dirname(to)) await refuseRelativeLinks(from);
    await this.makeDirectory(path.dirname(to));
    try {
      // Fails unless the target is absent or an empty directory: of several, one gets the name.
      await fs.promises.rename(from, to);
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') {
        throw new CairnError('ALREADY_EXISTS', `${to} exists already`, { uri: to, cause: error });
      }
      if (code === 'EXDEV' || code === 'ENOSYS' || code === 'ENOTSUP') {
        const why =
          code === 'EXDEV'
            ? `${from} and ${to} lie on different file systems, so that a rename would have to copy`
            : `the file system of ${from} can't rename directories (${code})`;
        const advice = 'merge or copy the store there and delete this one';
        throw new CairnError('UNSUPPORTED', `${why}; ${advice}`, { uri: to, cause: error });
      }
      throw fileError(error, 'rename', from);
    }
    await this.syncDirectory(path.dirname(to));
    if (path.dirname(from) !== path.dirname(to)) await this.syncDirectory(path.dirname(from));
  }

  join(directory: string, name: string): string {
    return path.join(directory, name);
  }

  split(file: string): { readonly directory: string; readonly name: string } {
    return { directory: path.dirname(file), name: path.basename(file) };
  }

  uri(file: string): string {
    return file;
  }

  async #writeTemporary(file: string, bytes: Uint8Array): Promise<string> {
    const temporary = `${file}.${this.#uniqueName()}.tmp`;
    const sink = this.#create(temporary);
    try {
      await sink.finishWith(bytes);
    } catch (error) {
      await sink.abort().catch(() => undefined);
      throw error;
    }
    return temporary;
  }
}

/**
 * Gives a temporary file its final name, unless that is taken. Synchronously where there are links, as {@link discard} does:
 * names change in memory, in microseconds, and a turn through the thread pool takes a hundred.
 */
async function linkOrRename(temporary: string, file: string): Promise<boolean> {
  try {
    fs.linkSync(temporary, file);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    if (lacksLinks(error)) return renameUnlessTaken(temporary, file);
    throw fileError(error, 'link', file);
  }
}

/** Removes a temporary file, if that can be done: whether it can is not what decides a commit. */
function discard(temporary: string): void {
  try {
    fs.unlinkSync(temporary);
  } catch {
    // Sweep finds it.
  }
}

/** Returns the status of a name, not of what a link leads to; undefined if it does not exist. */
async function lookAt(file: string): Promise<fs.Stats | undefined> {
  try {
    return await fs.promises.lstat(file);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw fileError(error, 'stat', file);
  }
}

/** @throws {CairnError} `UNSUPPORTED` if a symbolic link in a directory would lead elsewhere from another place. */
async function refuseRelativeLinks(directory: string): Promise<void> {
  const entries = await attempt(
    'readdir',
    directory,
    fs.promises.readdir(directory, { withFileTypes: true }),
  );
  for (const entry of entries) {
    if (!entry.isSymbolicLink()) continue;
    const link = path.join(directory, entry.name);
    const target = await attempt('readlink', link, fs.promises.readlink(link));
    if (path.isAbsolute(target)) continue;
    throw new CairnError(
      'UNSUPPORTED',
      `${link} is a symbolic link to ${target}, which would lead elsewhere from another directory; make the link ` +
        'absolute, or copy the store and delete this one',
      { uri: directory },
    );
  }
}

/** The directories that a recursive mkdir made: from the one asked for up to the first that was missing. */
function madeBetween(first: string | undefined, directory: string): string[] {
  const made: string[] = [];
  if (first === undefined) return made;
  for (let each = directory; each.length >= first.length; each = path.dirname(each)) made.push(each);
  return made;
}

/** The scheme `file:`, and plain paths. Paths become absolute, so that a later `chdir` changes nothing. */
export function fileScheme(storage: FileStorage): StorageScheme {
  return {
    storage,
    parse(rest, uri) {
      if (!uri.toLowerCase().startsWith('file:')) return path.resolve(rest);
      if (!rest.startsWith('//')) return path.resolve(decode(rest, uri));
      try {
        return path.resolve(fileURLToPath(new URL(uri)));
      } catch (error) {
        throw invalidArgument('uri', `${uri} is not a file URI: ${(error as Error).message}`, error);
      }
    },
  };
}

function decode(rest: string, uri: string): string {
  try {
    return decodeURIComponent(rest);
  } catch (error) {
    throw invalidArgument('uri', `${uri} has a broken percent escape`, error);
  }
}
