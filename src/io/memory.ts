import { ByteWriter } from '../bytes/byte-writer.ts';
import { CairnError, invalidArgument } from '../errors.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import { splitPath } from './split-path.ts';
import type { Storage, StorageEntry } from './storage.ts';
import type { StorageScheme } from './uri.ts';

interface MemoryFile {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

/**
 * Files in the memory of the process, shared by all who use the same storage. They behave like files on a
 * disk: a file that is removed or replaced stays readable for those who opened it before.
 */
export class MemoryStorage implements Storage {
  readonly scheme: string = 'memory';
  readonly keepsRemoved: boolean = true;
  readonly #files = new Map<string, MemoryFile>();
  /** When each directory last got or lost a name. */
  readonly #directories = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async open(path: string): Promise<ByteSource> {
    return new MemorySource(this.uri(path), this.#file(path).bytes);
  }

  create(path: string): ByteSink {
    this.#takeName(path);
    this.#files.set(path, { bytes: new Uint8Array(0), modifiedMs: this.#now() });
    return new MemorySink(
      (bytes) => this.#files.set(path, { bytes, modifiedMs: this.#now() }),
      () => this.#files.delete(path),
    );
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    if (this.#files.has(path)) return false;
    this.#takeName(path);
    this.#files.set(path, { bytes: bytes.slice(), modifiedMs: this.#now() });
    return true;
  }

  async replace(path: string, bytes: Uint8Array, check?: (current: Uint8Array) => void): Promise<void> {
    // The caller's function gets a copy: the bytes belong to those who have opened the file.
    check?.(this.#file(path).bytes.slice());
    this.#files.set(path, { bytes: bytes.slice(), modifiedMs: this.#now() });
  }

  async kind(path: string): Promise<'file' | 'directory' | undefined> {
    if (this.#files.has(path)) return 'file';
    return this.#directories.has(path) ? 'directory' : undefined;
  }

  async *list(path: string): AsyncIterable<StorageEntry> {
    const prefix = `${path}/`;
    const child = (key: string): string | undefined => {
      const name = key.startsWith(prefix) ? key.slice(prefix.length) : '';
      return name.length > 0 && !name.includes('/') ? name : undefined;
    };
    // Copies: what happens while the caller looks at an entry must not disturb the listing.
    for (const [key, modifiedMs] of [...this.#directories]) {
      const name = child(key);
      if (name !== undefined) yield { name, kind: 'directory', bytes: 0, modifiedMs };
    }
    for (const [key, file] of [...this.#files]) {
      const name = child(key);
      if (name !== undefined) {
        yield { name, kind: 'file', bytes: file.bytes.length, modifiedMs: file.modifiedMs };
      }
    }
  }

  async makeDirectory(path: string): Promise<boolean> {
    return this.#makeDirectory(path);
  }

  #makeDirectory(path: string): boolean {
    if (this.#directories.has(path)) return false;
    const parts = path.split('/');
    for (let i = 1; i <= parts.length; i++) {
      const directory = parts.slice(0, i).join('/');
      if (this.#files.has(directory)) throw this.#exists(directory);
      if (!this.#directories.has(directory)) this.#directories.set(directory, this.#now());
    }
    return true;
  }

  async syncDirectory(): Promise<void> {}

  async remove(path: string): Promise<void> {
    this.#files.delete(path);
  }

  async removeDirectory(path: string): Promise<boolean> {
    for await (const _ of this.list(path)) return false;
    this.#directories.delete(path);
    return true;
  }

  async link(from: string, to: string): Promise<boolean> {
    const file = this.#file(from);
    this.#takeName(to);
    this.#files.set(to, { bytes: file.bytes, modifiedMs: this.#now() });
    return true;
  }

  async moveDirectory(from: string, to: string): Promise<void> {
    if (!this.#directories.has(from)) throw this.#missing(from);
    if (this.#files.has(to)) throw this.#exists(to);
    for await (const _ of this.list(to)) throw this.#exists(to);
    await this.makeDirectory(this.split(to).directory);
    const moved = (key: string): string | undefined =>
      key === from || key.startsWith(`${from}/`) ? to + key.slice(from.length) : undefined;
    for (const [key, modifiedMs] of [...this.#directories]) {
      const target = moved(key);
      if (target !== undefined && this.#directories.delete(key)) this.#directories.set(target, modifiedMs);
    }
    for (const [key, file] of [...this.#files]) {
      const target = moved(key);
      if (target !== undefined && this.#files.delete(key)) this.#files.set(target, file);
    }
  }

  join(directory: string, name: string): string {
    return `${directory}/${name}`;
  }

  split(path: string): { readonly directory: string; readonly name: string } {
    return splitPath(path);
  }

  uri(path: string): string {
    return `${this.scheme}:${path}`;
  }

  #file(path: string): MemoryFile {
    const file = this.#files.get(path);
    if (file === undefined) throw this.#missing(path);
    return file;
  }

  #takeName(path: string): void {
    if (this.#files.has(path) || this.#directories.has(path)) throw this.#exists(path);
    const { directory } = this.split(path);
    if (directory === '') return;
    this.#makeDirectory(directory);
    this.#directories.set(directory, this.#now());
  }

  #missing(path: string): CairnError {
    return new CairnError('NOT_FOUND', `${this.uri(path)} does not exist`, { uri: this.uri(path) });
  }

  #exists(path: string): CairnError {
    return new CairnError('ALREADY_EXISTS', `${this.uri(path)} exists already`, { uri: this.uri(path) });
  }
}

/** A source over bytes in memory, which must not change. */
export class MemorySource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #bytes: Uint8Array;
  #closed = false;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.size = bytes.length;
    this.#bytes = bytes;
  }

  async read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.readSync(offset, target);
  }

  readSync(offset: number, target: Uint8Array): void {
    if (this.#closed) throw new CairnError('CLOSED', `${this.name} has been closed`, { resource: this.name });
    if (offset < 0 || offset + target.length > this.size) {
      throw new CairnError(
        'CORRUPTION',
        `${this.name}: ${target.length} bytes at offset ${offset} lie outside of its ${this.size} bytes`,
        {
          file: this.name,
          section: 'file',
          offset,
          expected: `${target.length} bytes`,
          actual: `${this.size}`,
        },
      );
    }
    target.set(this.#bytes.subarray(offset, offset + target.length));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

class MemorySink implements ByteSink {
  readonly #publish: (bytes: Uint8Array) => void;
  readonly #forget: () => void;
  readonly #bytes = new ByteWriter(4096);

  constructor(publish: (bytes: Uint8Array) => void, forget: () => void) {
    this.#publish = publish;
    this.#forget = forget;
  }

  write(bytes: Uint8Array): undefined {
    this.#bytes.bytes(bytes);
  }

  async finish(): Promise<void> {
    this.#publish(this.#bytes.view().slice());
  }

  async abort(): Promise<void> {
    this.#forget();
  }
}

/** Returns the scheme `memory:` of a storage. */
export function memoryScheme(storage: MemoryStorage): StorageScheme {
  return {
    storage,
    parse(rest, uri) {
      const parts = rest.split('/').filter((part) => part !== '');
      if (parts.length === 0 || parts.includes('..') || parts.includes('.')) {
        throw invalidArgument('uri', `${uri} names no store: write memory:name, or memory:folder/name`);
      }
      return parts.join('/');
    },
  };
}
