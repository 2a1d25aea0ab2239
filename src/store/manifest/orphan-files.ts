import { isCairnError } from '../../errors.ts';
import type { IncompleteUpload, ListableStorage, StorageEntry } from '../../io/storage.ts';
import { DATA_DIRECTORY, type Manifest } from './manifest.ts';
import { PARTITION_FILE, TEMPORARY_MANIFEST } from './path-state.ts';
import type { StoreDirectory } from './store-directory.ts';

/** A file in a store's directory, and its path. */
export interface FoundFile extends StorageEntry {
  readonly path: string;
}

/**
 * Yields the partitions and temporary manifests in a store's directory that its manifest does not name: all of them if it
 * has none. A reader never sees them; a writer may be at work on them.
 *
 * @throws {CairnError} `IO`.
 */
export async function* orphanFiles(
  { storage, path, data }: StoreDirectory<ListableStorage>,
  manifest?: Manifest,
): AsyncIterable<FoundFile> {
  const named = new Set(manifest?.partitions.map((partition) => partition.name));
  for await (const entry of storage.list(path)) {
    if (entry.kind === 'file' && TEMPORARY_MANIFEST.test(entry.name)) {
      yield { ...entry, path: storage.join(path, entry.name) };
    }
  }
  for await (const entry of storage.list(data)) {
    if (entry.kind === 'file' && PARTITION_FILE.test(entry.name) && !named.has(entry.name)) {
      yield { ...entry, path: storage.join(data, entry.name) };
    }
  }
}

/**
 * Returns the uploads of a store's partitions that were started but never completed. Empty if the credentials do not allow
 * listing them.
 *
 * @throws {CairnError} `IO`.
 */
export async function incompleteUploads(
  directory: StoreDirectory<ListableStorage>,
): Promise<IncompleteUpload[]> {
  try {
    return await uploadsOf(directory, (store) => store === directory.path);
  } catch (error) {
    // A writer does not need the permission to list uploads.
    if (isCairnError(error, 'IO') && error.transient === false) return [];
    throw error;
  }
}

/** The same of a store, and of the stores directly below it. @throws {CairnError} `IO`, also without the permission. */
export async function incompleteUploadsBelow(
  root: StoreDirectory<ListableStorage>,
): Promise<IncompleteUpload[]> {
  const { storage, path } = root;
  return uploadsOf(root, (store) => store === path || storage.split(store).directory === path);
}

async function uploadsOf(
  { storage, path }: StoreDirectory<ListableStorage>,
  accept: (store: string) => boolean,
): Promise<IncompleteUpload[]> {
  const found: IncompleteUpload[] = [];
  for await (const file of storage.listIncompleteUploads?.(path) ?? []) {
    const { directory: data, name } = storage.split(file.path);
    const { directory: store, name: last } = storage.split(data);
    if (last === DATA_DIRECTORY && PARTITION_FILE.test(name) && accept(store)) found.push(file);
  }
  return found;
}

/** Returns the part of a partition's file name that is unique to the attempt that made it. */
export function attemptIdOf(name: string): string | undefined {
  return /^part-\d+-(.+)\.cairn$/.exec(name)?.[1];
}
