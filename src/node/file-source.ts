import * as fs from 'node:fs';
import { CairnError } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { fileError } from './file-error.ts';

// The reader of `openStore(uri).get(key)` is never closed: its descriptors are, when it is collected.
const abandoned = new FinalizationRegistry<number>((fd) => fs.close(fd));

// Opening a pipe without a writer would wait without end. Windows has no such flag, and no such pipes.
const READ = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

/** A file opened for reading. It stays readable when its name is removed or replaced. */
export class FileSource implements ByteSource {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  #fd: number;
  // A read that is under way keeps the descriptor: closing it then would let another file take its number.
  #reading = 0;
  #closing: (() => void) | undefined;

  constructor(name: string, fd: number, size: number) {
    this.name = name;
    this.path = name;
    this.size = size;
    this.#fd = fd;
    abandoned.register(this, fd, this);
  }

  /**
   * Opens a file. Synchronously: the names of local files are answered from memory in microseconds, a turn
   * through the thread pool takes a hundred.
   */
  static open(path: string): FileSource {
    let fd: number;
    try {
      fd = fs.openSync(path, READ);
    } catch (error) {
      throw fileError(error, 'open', path);
    }
    try {
      const stats = fs.fstatSync(fd);
      if (stats.isFile()) return new FileSource(path, fd, stats.size);
      throw new CairnError('NOT_A_STORE', `${path} is not a regular file`, { uri: path });
    } catch (error) {
      try {
        fs.closeSync(fd);
      } catch {
        // The first error is the one to report.
      }
      throw fileError(error, 'stat', path);
    }
  }

  async read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    let done = 0;
    this.#reading++;
    try {
      while (done < target.length) {
        signal?.throwIfAborted();
        const bytes = await this.#readOnce(offset + done, target, done);
        if (bytes === 0) throw tooShort(this.name, offset, target.length, done);
        done += bytes;
      }
    } finally {
      this.#reading--;
      if (this.#reading === 0) this.#closing?.();
    }
  }

  readSync(offset: number, target: Uint8Array): void {
    readFully(this.#open(), this.name, offset, target);
  }

  /** Lends the descriptor to threads, which may read by it until the promise is settled. */
  async lend<T>(use: (fd: number) => Promise<T>): Promise<T> {
    this.#reading++;
    try {
      return await use(this.#open());
    } finally {
      this.#reading--;
      if (this.#reading === 0) this.#closing?.();
    }
  }

  async close(): Promise<void> {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    abandoned.unregister(this);
    if (this.#reading > 0) {
      await new Promise<void>((resolve) => {
        this.#closing = resolve;
      });
    }
    try {
      fs.closeSync(fd);
    } catch (error) {
      throw fileError(error, 'close', this.name);
    }
  }

  #open(): number {
    if (this.#fd < 0) {
      throw new CairnError('CLOSED', `${this.name} has been closed`, { resource: this.name });
    }
    return this.#fd;
  }

  #readOnce(offset: number, target: Uint8Array, from: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#open(), target, from, target.length - from, offset, (error, bytes) =>
        error ? reject(fileError(error, 'read', this.name)) : resolve(bytes),
      );
    });
  }
}

/**
 * Fills `target` with the bytes of an open file from `offset` on.
 *
 * @throws {CairnError} `CORRUPTION`, `IO`.
 */
export function readFully(fd: number, name: string, offset: number, target: Uint8Array): void {
  let done = 0;
  const length = target.length;
  while (done < length) {
    let bytes: number;
    try {
      bytes = fs.readSync(fd, target, done, length - done, offset + done);
    } catch (error) {
      throw fileError(error, 'read', name);
    }
    if (bytes === 0) throw tooShort(name, offset, length, done);
    done += bytes;
  }
}

function tooShort(name: string, offset: number, wanted: number, found: number): CairnError {
  return new CairnError(
    'CORRUPTION',
    `${name} ends at ${offset + found}, within the ${wanted} bytes expected at offset ${offset}. ` +
      'The file was cut; restore it from a good copy',
    { file: name, section: 'file', offset, expected: `${wanted} bytes`, actual: `${found} bytes` },
  );
}
