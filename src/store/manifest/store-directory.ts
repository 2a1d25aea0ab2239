import type { Checksum } from '../../bytes/checksum.ts';
import type { Region } from '../../bytes/corruption.ts';
import { CairnError, isCairnError, notLoaded } from '../../errors.ts';
import { readWhole } from '../../io/narrow-storage.ts';
import type { ReadableStorage } from '../../io/storage.ts';
import { type Location, locate } from '../../io/uri.ts';
import { decodeManifest } from './decode-manifest.ts';
import { DATA_DIRECTORY, MANIFEST_NAME, MAX_MANIFEST_BYTES, type Manifest } from './manifest.ts';
import type { PathState } from './path-state.ts';

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

  /** The store at a URI of which all is read. @throws {CairnError} as {@link at} does. */
  static readWhole(uri: string | URL, argument?: string): StoreDirectory {
    return new StoreDirectory(readWhole(locate(uri, argument)));
  }

  /** The path of the manifest. */
  get manifest(): string {
    return this.storage.join(this.path, MANIFEST_NAME);
  }

  /** The path of the directory that holds the partitions. */
  get data(): string {
    return this.storage.join(this.path, DATA_DIRECTORY);
  }

  /** The region of the manifest, for error messages. */
  get manifestRegion(): Region {
    return { file: this.storage.uri(this.manifest), section: 'manifest', offset: 0 };
  }

  /** Returns the path of a partition. */
  partition(name: string): string {
    return this.storage.join(this.data, name);
  }

  /** Looks at the path without changing it: at most two listings. @throws {CairnError} `IO`. */
  async state(): Promise<PathState> {
    const { pathState } = await import('./path-state.ts').catch(notLoaded);
    return pathState(this);
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
      if (!isCairnError(error, 'NOT_FOUND')) throw error;
      const { notComplete, pathState } = await import('./path-state.ts').catch(notLoaded);
      throw notComplete(this, await pathState(this));
    }
    return decodeManifest(bytes, this.manifestRegion.file, checksum);
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
