import type { Checksum } from '../../bytes/checksum.ts';
import type { Place } from '../../bytes/corruption.ts';
import { CairnError, isCairnError } from '../../errors.ts';
import { isListable } from '../../io/narrow-storage.ts';
import type { ReadableStorage, StorageEntry } from '../../io/storage.ts';
import { type Location, locate } from '../../io/uri.ts';
import { decodeManifest } from './decode-manifest.ts';
import { DATA_DIRECTORY, MANIFEST_NAME, MAX_MANIFEST_BYTES, type Manifest } from './manifest.ts';

/** What a path holds, as far as stores are concerned. */
export type PathState =
  /** Nothing is there. */
  | 'absent'
  /** A directory without entries. */
  | 'empty'
  /** A store whose writer has not closed, or the orphan files of a crashed one. */
  | 'incomplete'
  /** A directory with a manifest. */
  | 'complete'
  /** A single file. */
  | 'file'
  /** A directory with other things in it. */
  | 'foreign';

/** The names that partition files may have. */
export const PARTITION_FILE: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]*\.cairn$/;

/** The names that a storage gives a manifest until it is in place. */
export const TEMPORARY_MANIFEST: RegExp = new RegExp(
  `^${MANIFEST_NAME.replace('.', '\\.')}\\.[A-Za-z0-9]+\\.tmp$`,
);

/** A local manifest of up to this many bytes is read synchronously: that takes less time than a promise. */
const MAX_SYNC_BYTES = 1 << 16;

/** The directory of one store, whether the store is there or not: its paths, its state and its manifest. */
export class StoreDirectory<S extends ReadableStorage = ReadableStorage> implements Location<S> {
  readonly storage: S;
  readonly path: string;
  readonly uri: string;

  constructor({ storage, path, uri }: Location<S>) {
    this.storage = storage;
    this.path = path;
    this.uri = uri;
  }

  /** @throws {CairnError} `INVALID_ARGUMENT`, `UNSUPPORTED`. */
  static at(uri: string | URL, argument?: string): StoreDirectory {
    return new StoreDirectory(locate(uri, argument));
  }

  /** The path of the manifest. */
  get manifest(): string {
    return this.storage.join(this.path, MANIFEST_NAME);
  }

  /** The path of the directory that holds the partitions. */
  get data(): string {
    return this.storage.join(this.path, DATA_DIRECTORY);
  }

  /** The manifest as a place for error messages. */
  get manifestPlace(): Place {
    return { file: this.storage.uri(this.manifest), section: 'manifest', offset: 0 };
  }

  /** Returns the path of a partition. */
  partition(name: string): string {
    return this.storage.join(this.data, name);
  }

  /** Looks at the path without changing it: at most two listings. @throws {CairnError} `IO`. */
  async state(): Promise<PathState> {
    const { storage, path } = this;
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
    for await (const entry of storage.list(this.data)) {
      if (entry.kind !== 'file' || !PARTITION_FILE.test(entry.name)) return 'foreign';
    }
    return 'incomplete';
  }

  /**
   * Reads the manifest of the complete store.
   *
   * @throws {CairnError} `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `CORRUPTION`, `UNSUPPORTED_FORMAT`, `IO`.
   */
  async readManifest(checksum: Checksum, signal?: AbortSignal): Promise<Manifest> {
    let bytes: Uint8Array;
    try {
      bytes = await this.readManifestBytes(signal);
    } catch (error) {
      if (isCairnError(error, 'NOT_FOUND')) throw notComplete(this, await this.state());
      throw error;
    }
    return decodeManifest(bytes, this.manifestPlace.file, checksum);
  }

  /**
   * Reads the bytes of the manifest, unchecked.
   *
   * @throws {CairnError} `NOT_FOUND` if the store is not complete, `IO`, `NOT_A_STORE` if it is too large for a manifest.
   */
  async readManifestBytes(signal?: AbortSignal): Promise<Uint8Array> {
    const { storage, manifest } = this;
    const source = await storage.open(manifest, undefined, signal);
    try {
      if (source.size > MAX_MANIFEST_BYTES) {
        const uri = storage.uri(manifest);
        throw new CairnError('NOT_A_STORE', `${uri} is too large to be a manifest`, { uri });
      }
      const bytes = new Uint8Array(source.size);
      if (source.readSync !== undefined && bytes.length <= MAX_SYNC_BYTES) source.readSync(0, bytes);
      else await source.read(0, bytes, signal);
      return bytes;
    } finally {
      await source.close();
    }
  }
}

function isOurs(entry: StorageEntry): boolean {
  return entry.kind === 'directory' ? entry.name === DATA_DIRECTORY : TEMPORARY_MANIFEST.test(entry.name);
}

/** Returns the error for a path that holds no complete store. */
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
