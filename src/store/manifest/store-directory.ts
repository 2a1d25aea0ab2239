import type { Checksum } from '../../bytes/checksum.ts';
import type { Place } from '../../bytes/corruption.ts';
import { CairnError, isCairnError } from '../../errors.ts';
import { isListable } from '../../io/narrow-storage.ts';
import type { IncompleteUpload, ListableStorage, ReadableStorage, StorageEntry } from '../../io/storage.ts';
import type { Location } from '../../io/uri.ts';
import { decodeManifest } from './decode-manifest.ts';
import { DATA_DIRECTORY, MANIFEST_NAME, type Manifest, MOST_MANIFEST_BYTES } from './manifest.ts';

/** What a path holds, as far as stores are concerned. */
export type PathState =
  /** Nothing is there. */
  | 'absent'
  /** A directory without entries. */
  | 'empty'
  /** A store whose writer has not closed, or what a crashed one left behind. */
  | 'incomplete'
  /** A directory with a manifest. */
  | 'complete'
  /** A single file. */
  | 'file'
  /** A directory with other things in it. */
  | 'foreign';

const PARTITION_FILE = /^[A-Za-z0-9][A-Za-z0-9._-]*\.cairn$/;

const TEMPORARY_MANIFEST: RegExp = new RegExp(`^${MANIFEST_NAME.replace('.', '\\.')}\\.[A-Za-z0-9]+\\.tmp$`);

/** The part of a partition's file name that is unique to the attempt that made it. */
export function uidOf(name: string): string | undefined {
  return /^part-\d+-(.+)\.cairn$/.exec(name)?.[1];
}

/** Looks at a path without changing it. */
export async function inspectPath({ storage, path }: Location): Promise<PathState> {
  const kind = await storage.kind(path);
  if (kind === undefined) return 'absent';
  if (kind === 'file') return 'file';
  // Only a listing shows what a directory without a manifest holds.
  if (!isListable(storage)) return 'absent';
  let seen = 0;
  let foreign = false;
  let complete = false;
  for await (const entry of storage.list(path)) {
    seen++;
    if (entry.name === MANIFEST_NAME && entry.kind === 'file') complete = true;
    else if (!isOurs(entry)) foreign = true;
  }
  if (complete) return 'complete';
  if (foreign) return 'foreign';
  if (seen === 0) return 'empty';
  for await (const entry of storage.list(storage.join(path, DATA_DIRECTORY))) {
    if (entry.kind !== 'file' || !PARTITION_FILE.test(entry.name)) return 'foreign';
  }
  return 'incomplete';
}

function isOurs(entry: StorageEntry): boolean {
  return entry.kind === 'directory' ? entry.name === DATA_DIRECTORY : TEMPORARY_MANIFEST.test(entry.name);
}

/** The files that a store's directory holds besides what its manifest (if any) names. */
export async function* leftovers(
  location: Location<ListableStorage>,
  manifest?: Manifest,
): AsyncIterable<StorageEntry & { path: string }> {
  const { storage, path } = location;
  const named = new Set(manifest?.partitions.map((partition) => partition.name));
  for await (const entry of storage.list(path)) {
    if (entry.kind === 'file' && TEMPORARY_MANIFEST.test(entry.name)) {
      yield { ...entry, path: storage.join(path, entry.name) };
    }
  }
  const data = storage.join(path, DATA_DIRECTORY);
  for await (const entry of storage.list(data)) {
    if (entry.kind === 'file' && PARTITION_FILE.test(entry.name) && !named.has(entry.name)) {
      yield { ...entry, path: storage.join(data, entry.name) };
    }
  }
}

/**
 * The partitions of a store that writers began and nobody sees; none where one may not know.
 *
 * @throws {CairnError} `IO`.
 */
export async function unfinishedHere(location: Location<ListableStorage>): Promise<IncompleteUpload[]> {
  try {
    return await unfinished(location, (store) => store === location.path);
  } catch (error) {
    // The right to see them is another one than those that a writer needs.
    if (isCairnError(error, 'IO') && error.transient === false) return [];
    throw error;
  }
}

/** The same of a store, and of those directly below it. @throws {CairnError} `IO`. */
export async function unfinishedBelow(location: Location<ListableStorage>): Promise<IncompleteUpload[]> {
  const { storage, path } = location;
  return unfinished(location, (store) => store === path || storage.split(store).directory === path);
}

async function unfinished(
  { storage, path }: Location<ListableStorage>,
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

const SMALL_BYTES = 1 << 16;

/**
 * Reads the manifest of the complete store at a location.
 *
 * @throws {CairnError} `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `CORRUPTION`, `UNSUPPORTED_FORMAT`, `IO`.
 */
export async function readManifest(
  location: Location,
  checksum: Checksum,
  signal?: AbortSignal,
): Promise<Manifest> {
  const { storage, path } = location;
  const file = storage.join(path, MANIFEST_NAME);
  let bytes: Uint8Array;
  try {
    bytes = await readWhole(storage, file, signal);
  } catch (error) {
    if (isCairnError(error, 'NOT_FOUND')) throw notComplete(location, await inspectPath(location));
    throw error;
  }
  return decodeManifest(bytes, storage.uri(file), checksum);
}

/** Where a store's manifest is, for messages. */
export function manifestPlace({ storage, path }: Location): Place {
  return { file: storage.uri(storage.join(path, MANIFEST_NAME)), section: 'manifest', offset: 0 };
}

/** All bytes of a small file. @throws {CairnError} `NOT_FOUND`, `IO`, `NOT_A_STORE` when it is far too large. */
export async function readWhole(
  storage: ReadableStorage,
  file: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const source = await storage.open(file, undefined, signal);
  try {
    if (source.size > MOST_MANIFEST_BYTES) {
      throw new CairnError('NOT_A_STORE', `${storage.uri(file)} is too large to be a manifest`, {
        uri: storage.uri(file),
      });
    }
    const bytes = new Uint8Array(source.size);
    // A few kilobytes of a local file are here sooner than a promise.
    if (source.readSync !== undefined && bytes.length <= SMALL_BYTES) source.readSync(0, bytes);
    else await source.read(0, bytes, signal);
    return bytes;
  } finally {
    await source.close();
  }
}

/** The error for a path that has no manifest. */
export function notComplete({ uri }: Pick<Location, 'uri'>, state: PathState): CairnError {
  if (state === 'absent') return new CairnError('NOT_FOUND', `there is no store at ${uri}`, { uri });
  if (state === 'incomplete' || state === 'complete') {
    return new CairnError(
      'INCOMPLETE',
      `the store at ${uri} is incomplete: its writer has not closed it, or was killed. Wait for it, or delete the ` +
        'store and write it again',
      { uri },
    );
  }
  const what =
    state === 'file'
      ? 'a file that is no cairn partition'
      : state === 'empty'
        ? 'an empty directory'
        : 'something else';
  return new CairnError('NOT_A_STORE', `${uri} is not a store but ${what}`, { uri });
}

/** Whether a location lies below another. */
export function isWithin(inner: Location, outer: Location): boolean {
  if (inner.storage !== outer.storage) return false;
  for (let path = inner.path; ; ) {
    const { directory } = inner.storage.split(path);
    if (directory === outer.path) return true;
    if (directory === path || directory === '') return false;
    path = directory;
  }
}
