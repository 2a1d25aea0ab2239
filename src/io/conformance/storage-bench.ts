import { decodeUtf8 } from '../../bytes/utf8.ts';
import { narrowStorage, STORAGE_MEMBERS } from '../narrow-storage.ts';
import type {
  ConditionalStorage,
  ListableStorage,
  ReadableStorage,
  Storage,
  StorageEntry,
  WritableStorage,
} from '../storage.ts';
import { type Location, locate } from '../uri.ts';

/** Takes the cases of a suite, one by one. */
export type Test = (name: string, run: () => Promise<void>) => void;

/** An empty directory of the storage under test, and the path of names below it. */
export interface FreshDirectory<S extends ReadableStorage> {
  readonly storage: S;
  readonly at: (...names: string[]) => string;
}

/** The same, with a way to put files there. */
export interface FilledDirectory<S extends ReadableStorage> extends FreshDirectory<S> {
  readonly put: (path: string, content: string) => Promise<void>;
}

/** Puts a file at a URI, by other means than the storage itself. */
export type PutFile = (uri: string, bytes: Uint8Array) => void | Promise<void>;

/** What the cases do with a storage again and again. */
export class StorageBench {
  readonly objects: boolean;
  readonly #root: () => string | Promise<string>;
  readonly #put: PutFile | undefined;

  constructor(root: () => string | Promise<string>, objects: boolean, put: PutFile | undefined) {
    this.#root = root;
    this.objects = objects;
    this.#put = put;
  }

  /** Returns an empty directory of a complete storage. */
  async fresh(): Promise<FreshDirectory<Storage>> {
    const location = narrowStorage(locate(await this.#root()), 'tested', STORAGE_MEMBERS);
    await location.storage.makeDirectory(location.path);
    return directoryAt(location);
  }

  /** Returns an empty directory of a storage that may be readable only. */
  freshToRead(): Promise<FilledDirectory<ReadableStorage>> {
    return this.#filled((location) => location);
  }

  freshToList(): Promise<FilledDirectory<ListableStorage>> {
    return this.#filled((location) => narrowStorage(location, 'tested', ['list']));
  }

  freshToCommit(): Promise<FilledDirectory<ConditionalStorage>> {
    return this.#filled((location) => narrowStorage(location, 'tested', ['putIfAbsent', 'replace']));
  }

  async write(storage: WritableStorage, path: string, ...pieces: string[]): Promise<void> {
    const sink = storage.create(path);
    for (const piece of pieces) await sink.write(bytesOf(piece));
    await sink.finish();
  }

  /**
   * Makes a directory that exists on every storage: with a file in it where there are no empty directories.
   */
  async makeDirectory(storage: WritableStorage, path: string): Promise<void> {
    await storage.makeDirectory(path);
    if (this.objects) await this.write(storage, storage.join(path, 'something'), 'x');
  }

  async read(storage: ReadableStorage, path: string): Promise<string> {
    const source = await storage.open(path);
    const bytes = new Uint8Array(source.size);
    await source.read(0, bytes);
    await source.close();
    return text(bytes);
  }

  async list(storage: ListableStorage, path: string): Promise<StorageEntry[]> {
    const entries: StorageEntry[] = [];
    for await (const entry of storage.list(path)) entries.push(entry);
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #filled<S extends ReadableStorage>(
    narrow: (location: Location) => Location<S>,
  ): Promise<FilledDirectory<S>> {
    const location = locate(await this.#root());
    const directory = directoryAt(narrow(location));
    const put = this.#put;
    if (put !== undefined) {
      return {
        ...directory,
        put: async (path, content) => put(location.storage.uri(path), bytesOf(content)),
      };
    }
    const { storage } = narrowStorage(location, 'filled', STORAGE_MEMBERS);
    await storage.makeDirectory(location.path);
    return { ...directory, put: (path, content) => this.write(storage, path, content) };
  }
}

function directoryAt<S extends ReadableStorage>({ storage, path }: Location<S>): FreshDirectory<S> {
  return {
    storage,
    at: (...names) => names.reduce((directory, name) => storage.join(directory, name), path),
  };
}

const ENCODER = new TextEncoder();

export function bytesOf(string: string): Uint8Array {
  return ENCODER.encode(string);
}

export function text(bytes: Uint8Array): string {
  return decodeUtf8(bytes, 0, bytes.length);
}
