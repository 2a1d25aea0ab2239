import { MemoryStorage } from '../../src/io/memory.ts';
import type { StorageEntry } from '../../src/io/storage.ts';
import { locateComplete } from './locate-complete.ts';

/** Everything below a URI, sorted: paths relative to it, those of directories with a slash at the end. */
export async function tree(uri: string): Promise<string[]> {
  const { storage, path } = locateComplete(uri);
  const found: string[] = [];
  const walk = async (directory: string, prefix: string): Promise<void> => {
    for (const { name, kind } of await contents(storage.list(directory))) {
      found.push(prefix + name + (kind === 'directory' ? '/' : ''));
      if (kind === 'directory') await walk(storage.join(directory, name), `${prefix}${name}/`);
    }
  };
  if ((await storage.kind(path)) !== 'directory') return [];
  await walk(path, '');
  return found.sort();
}

/** The bytes of a file. */
export async function readFile(uri: string): Promise<Uint8Array> {
  const { storage, path } = locateComplete(uri);
  const source = await storage.open(path);
  const bytes = new Uint8Array(source.size);
  await source.read(0, bytes);
  await source.close();
  return bytes;
}

/** By scheme: writes without the syncs of the storage, which these tests would pay for thousands of times. */
export const quickWriters: Map<string, (path: string, bytes: Uint8Array | string) => void> = new Map();

/** Puts bytes into a file, whatever it held before; its directory is made. */
export async function writeFile(uri: string, bytes: Uint8Array | string): Promise<void> {
  const { storage, path } = locateComplete(uri);
  const quick = quickWriters.get(storage.scheme);
  if (quick !== undefined) return quick(path, bytes);
  await storage.makeDirectory(storage.split(path).directory);
  await storage.replace(path, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
}

export async function removeFile(uri: string): Promise<void> {
  const { storage, path } = locateComplete(uri);
  await storage.remove(path);
}

export async function makeDirectory(uri: string): Promise<void> {
  const { storage, path } = locateComplete(uri);
  // Where there are no directories, an object whose name ends with a slash stands for an empty one.
  if (['s3', 'az'].includes(storage.scheme)) await storage.replace(`${path}/`, new Uint8Array(0));
  else await storage.makeDirectory(path);
}

/** What is at a URI. */
export function kindOf(uri: string): Promise<'file' | 'directory' | undefined> {
  const { storage, path } = locateComplete(uri);
  return storage.kind(path);
}

/** The files below a URI with their bytes. */
export async function readTree(uri: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const path of await tree(uri)) {
    if (!path.endsWith('/')) files.set(path, await readFile(`${uri}/${path}`));
  }
  return files;
}

/** Makes the files below a URI what {@link readTree} found. */
export async function writeTree(uri: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const path of await tree(uri)) {
    if (!path.endsWith('/') && !files.has(path)) await removeFile(`${uri}/${path}`);
  }
  for (const [path, bytes] of files) await writeFile(`${uri}/${path}`, bytes);
}

/** A place in memory of its own, without a scheme. */
export function privateMemory(): MemoryStorage {
  return new MemoryStorage(() => 0);
}

async function contents(list: AsyncIterable<StorageEntry>): Promise<StorageEntry[]> {
  const entries: StorageEntry[] = [];
  for await (const entry of list) entries.push(entry);
  return entries;
}
