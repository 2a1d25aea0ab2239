import type { ByteSink, ByteSource, Storage, StorageEntry, StorageScheme } from '../../src/io/index.ts';
import { CairnError } from '../../src/io/index.ts';

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

/** Objects in a Map, as somebody from outside would write a storage: by what the package's entry has, and no more. */
export class MapStorage implements Storage {
  readonly scheme: string;
  readonly #objects = new Map<string, StoredObject>();

  constructor(scheme: string) {
    this.scheme = scheme;
  }

  /** Makes the storage known. */
  asScheme(): StorageScheme {
    return { storage: this, parse: (rest) => rest.replace(/\/+$/, '') };
  }

  async open(path: string): Promise<ByteSource> {
    const { bytes } = this.#get(path);
    const name = this.uri(path);
    let closed = false;
    return {
      name,
      size: bytes.length,
      async read(offset, target, signal) {
        signal?.throwIfAborted();
        if (closed) throw new CairnError('CLOSED', `${name} has been closed`, { resource: 'source' });
        if (offset + target.length > bytes.length) {
          throw new CairnError('CORRUPTION', `${name} ends at ${bytes.length}`, { file: name, offset });
        }
        target.set(bytes.subarray(offset, offset + target.length));
      },
      async close() {
        closed = true;
      },
    };
  }

  create(path: string): ByteSink {
    const pieces: Uint8Array[] = [];
    let mine = false;
    return {
      write: (bytes) => void pieces.push(bytes.slice()),
      finish: async () => {
        mine = await this.putIfAbsent(path, await new Blob(pieces as Uint8Array<ArrayBuffer>[]).bytes());
        if (!mine)
          throw new CairnError('ALREADY_EXISTS', `${this.uri(path)} is there`, { uri: this.uri(path) });
      },
      abort: async () => {
        if (mine) this.#objects.delete(path);
      },
    };
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    if (this.#objects.has(path)) return false;
    await this.replace(path, bytes);
    return true;
  }

  async replace(path: string, bytes: Uint8Array, check?: (current: Uint8Array) => void): Promise<void> {
    check?.(this.#get(path).bytes);
    this.#objects.set(path, { bytes: bytes.slice(), modifiedMs: Date.now() });
  }

  async kind(path: string): Promise<'file' | 'directory' | undefined> {
    if (this.#objects.has(path)) return 'file';
    return this.#below(path).length > 0 ? 'directory' : undefined;
  }

  async *list(path: string): AsyncIterable<StorageEntry> {
    const directories = new Set<string>();
    for (const key of this.#below(path)) {
      const [name, below] = key.slice(path.length + 1).split('/');
      const object = this.#objects.get(key);
      if (below === undefined && object !== undefined) {
        yield { name, kind: 'file', bytes: object.bytes.length, modifiedMs: object.modifiedMs };
      } else if (!directories.has(name)) {
        directories.add(name);
        yield { name, kind: 'directory', bytes: 0, modifiedMs: 0 };
      }
    }
  }

  async makeDirectory(path: string): Promise<boolean> {
    const kind = await this.kind(path);
    if (kind === 'file') throw new CairnError('ALREADY_EXISTS', `${this.uri(path)} is a file`);
    return kind === undefined;
  }

  async syncDirectory(): Promise<void> {}

  async remove(path: string): Promise<void> {
    this.#objects.delete(path);
  }

  async removeDirectory(path: string): Promise<boolean> {
    return this.#below(path).length === 0;
  }

  async link(from: string, to: string): Promise<boolean> {
    const object = this.#get(from);
    if (this.#objects.has(to)) throw new CairnError('ALREADY_EXISTS', `${this.uri(to)} is there`);
    this.#objects.set(to, object);
    return true;
  }

  async moveDirectory(from: string, to: string): Promise<void> {
    const moved = this.#below(from);
    if (moved.length === 0) throw new CairnError('NOT_FOUND', `there is nothing at ${this.uri(from)}`);
    if ((await this.kind(to)) !== undefined) {
      throw new CairnError('ALREADY_EXISTS', `${this.uri(to)} is there`, { uri: this.uri(to) });
    }
    for (const key of moved) {
      this.#objects.set(to + key.slice(from.length), this.#get(key));
      this.#objects.delete(key);
    }
  }

  join(directory: string, name: string): string {
    return `${directory}/${name}`;
  }

  split(path: string): { directory: string; name: string } {
    const slash = path.lastIndexOf('/');
    return { directory: path.slice(0, slash), name: path.slice(slash + 1) };
  }

  uri(path: string): string {
    return `${this.scheme}:${path}`;
  }

  #get(path: string): StoredObject {
    const object = this.#objects.get(path);
    if (object !== undefined) return object;
    throw new CairnError('NOT_FOUND', `there is nothing at ${this.uri(path)}`, { uri: this.uri(path) });
  }

  #below(path: string): string[] {
    return [...this.#objects.keys()].filter((key) => key.startsWith(`${path}/`));
  }
}
