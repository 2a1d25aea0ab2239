import { isCairnError } from '../../errors.ts';
import type { IncompleteUpload, ListableStorage, StorageEntry } from '../../io/storage.ts';
import type { Location } from '../../io/uri.ts';
import { DATA_DIRECTORY, MANIFEST_NAME, type Manifest } from './manifest.ts';

// All names by which deletions and sweeps know the files of this library are here. A file with another name is never
// removed, whatever it holds: anyone may keep a partition as `data/words.cairn` and open it alone.

/** Part of the name of every file of one attempt: 16 random hex digits, or a `buildId`. */
const ATTEMPT_ID = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}';

/** The names that writers of this library choose in a data directory: of partitions, and of runs of a sorting. */
export const WRITTEN_FILE: RegExp = new RegExp(`^(?:part|run)-\\d{5,}-${ATTEMPT_ID}\\.cairn$`);

const WRITTEN_PARTITION = new RegExp(`^part-\\d{5,}-(${ATTEMPT_ID})\\.cairn$`);

/**
 * Returns the pattern of the names that storages choose for what becomes, or guards, a file that is put into place in one
 * step: `name.<unique>.tmp`, where the unique part is 16 or 32 hex digits, or `claim`.
 */
export function temporariesOf(name: string): RegExp {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped}\\.(?:[0-9a-f]{16}|[0-9a-f]{32}|claim)\\.tmp$`);
}

/** The names of temporary manifests. */
export const TEMPORARY_MANIFEST: RegExp = temporariesOf(MANIFEST_NAME);

// What operating systems and network file systems put into any directory.
const BYSTANDER = /^(?:\.nfs.*|\.DS_Store|\._.*|lost\+found|Thumbs\.db|desktop\.ini)$/i;

/** Whether a name is that of a file which an operating system leaves in any directory: no one keeps data in it. */
export function isBystander(name: string): boolean {
  return BYSTANDER.test(name);
}

/** A file in a store's directory, and its path. */
export interface FoundFile extends StorageEntry {
  readonly path: string;
}

/**
 * Yields the files in a store's directory that writers of this library made and its manifest does not name: partitions, runs
 * of a sorting, temporary manifests; all of them if it has no manifest. A reader never sees them; a writer may be at work on
 * them.
 *
 * @throws {CairnError} `IO`.
 */
export async function* orphanFiles(
  { storage, path, data }: Location<ListableStorage> & { readonly data: string },
  manifest?: Manifest,
): AsyncIterable<FoundFile> {
  const named = new Set(manifest?.partitions.map((partition) => partition.name));
  for await (const entry of storage.list(path)) {
    if (entry.kind === 'file' && TEMPORARY_MANIFEST.test(entry.name)) {
      yield { ...entry, path: storage.join(path, entry.name) };
    }
  }
  for await (const entry of storage.list(data)) {
    if (entry.kind === 'file' && WRITTEN_FILE.test(entry.name) && !named.has(entry.name)) {
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
export async function incompleteUploads(directory: Location<ListableStorage>): Promise<IncompleteUpload[]> {
  try {
    return await uploadsOf(directory, (store) => store === directory.path);
  } catch (error) {
    // A writer does not need the permission to list uploads.
    if (isCairnError(error, 'IO') && error.transient === false) return [];
    throw error;
  }
}

/** The same of a store, and of the stores directly below it. @throws {CairnError} `IO`, also without the permission. */
export async function incompleteUploadsBelow(root: Location<ListableStorage>): Promise<IncompleteUpload[]> {
  const { storage, path } = root;
  return uploadsOf(root, (store) => store === path || storage.split(store).directory === path);
}

async function uploadsOf(
  { storage, path }: Location<ListableStorage>,
  accept: (store: string) => boolean,
): Promise<IncompleteUpload[]> {
  const found: IncompleteUpload[] = [];
  for await (const file of storage.listIncompleteUploads?.(path) ?? []) {
    const { directory: data, name } = storage.split(file.path);
    const { directory: store, name: last } = storage.split(data);
    if (last === DATA_DIRECTORY && WRITTEN_FILE.test(name) && accept(store)) found.push(file);
  }
  return found;
}

/** Returns the part of a partition's file name that is unique to the attempt that made it. */
export function attemptIdOf(name: string): string | undefined {
  return WRITTEN_PARTITION.exec(name)?.[1];
}
