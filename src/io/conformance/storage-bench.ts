import { decodeUtf8 } from '../../bytes/utf8.ts';
import type { Storage, StorageEntry } from '../storage.ts';
import { locate } from '../uri.ts';

/** Takes the cases of a suite, one by one. */
export type Test = (name: string, run: () => Promise<void>) => void;

/** A fresh directory of the storage under test, and the path of names below it. */
export interface FreshDirectory {
  readonly storage: Storage;
  readonly at: (...names: string[]) => string;
}

/** What the cases do with a storage again and again. */
export class StorageBench {
  readonly objects: boolean;
  readonly #root: () => string | Promise<string>;

  constructor(root: () => string | Promise<string>, objects: boolean) {
    this.#root = root;
    this.objects = objects;
  }

  async fresh(): Promise<FreshDirectory> {
    const { storage, path } = locate(await this.#root());
    await storage.makeDirectory(path);
    return {
      storage,
      at: (...names) => names.reduce((directory, name) => storage.join(directory, name), path),
    };
  }

  async write(storage: Storage, path: string, ...pieces: string[]): Promise<void> {
    const sink = storage.create(path);
    for (const piece of pieces) await sink.write(bytesOf(piece));
    await sink.finish();
  }

  /** A directory that is there on every storage: with something in it where there are no others. */
  async makeDirectory(storage: Storage, path: string): Promise<void> {
    await storage.makeDirectory(path);
    if (this.objects) await this.write(storage, storage.join(path, 'something'), 'x');
  }

  async read(storage: Storage, path: string): Promise<string> {
    const source = await storage.open(path);
    const bytes = new Uint8Array(source.size);
    await source.read(0, bytes);
    await source.close();
    return text(bytes);
  }

  async list(storage: Storage, path: string): Promise<StorageEntry[]> {
    const entries: StorageEntry[] = [];
    for await (const entry of storage.list(path)) entries.push(entry);
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

const ENCODER = new TextEncoder();

export function bytesOf(string: string): Uint8Array {
  return ENCODER.encode(string);
}

export function text(bytes: Uint8Array): string {
  return decodeUtf8(bytes, 0, bytes.length);
}
