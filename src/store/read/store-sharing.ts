import type { Checksum } from '../../bytes/checksum.ts';
import { CairnError } from '../../errors.ts';
import type { Location } from '../../io/uri.ts';
import type { OpenedReaders } from '../../partition/cache/paged-partitions.ts';
import type { PartitionReader } from '../../partition/cache/partition-reader.ts';
import type { PartitionFile } from '../../partition/partition-file.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { OpenedFiles, OpenTools } from '../manifest/opened-files.ts';
import type { OpenStoreOptions } from './read-options.ts';

/**
 * What `reader.share()` returns: a plain object that can be posted to threads (`workerData`, `postMessage`),
 * where `openStore(handle)` opens the store on the same memory. It is valid for this release of the library
 * only.
 */
export interface StoreHandle {
  readonly kind: 'cairnkv store handle';
  readonly version: 1;
  readonly uri: string;
  /** The manifest, as in its file: it binds the partitions that are opened. */
  readonly manifest: Uint8Array;
  readonly views: boolean;
  readonly partitions: readonly {
    /** The path of the file. */
    readonly path: string;
    readonly memory: SharedArrayBuffer;
  }[];
}

/** An open store, as it is shared. */
export interface SharedStore {
  readonly uri: string;
  readonly manifest: Manifest;
  readonly readers: readonly PartitionReader[];
  readonly views: boolean;
  readonly checksum: Checksum;
}

/** A handle that has been checked, while its store is opened. */
export interface AcceptedHandle {
  readonly uri: string;
  readonly options: OpenStoreOptions;
  openFiles(location: Location, tools: OpenTools): Promise<OpenedFiles>;
  readers(files: readonly PartitionFile[]): OpenedReaders;
}

/** How a platform with threads shares stores. */
export interface StoreSharing {
  /** @throws {CairnError} `UNSUPPORTED` for a store that can't be shared. */
  share(store: SharedStore): StoreHandle;
  /**
   * Returns undefined if it is not a handle.
   *
   * @throws {CairnError} `INVALID_ARGUMENT` for a damaged handle.
   */
  accept(value: unknown, options: OpenStoreOptions): AcceptedHandle | undefined;
}

/** How stores are shared: only a platform with threads can. */
export let sharing: StoreSharing = {
  share({ uri }) {
    throw new CairnError('UNSUPPORTED', 'share needs Node', { uri });
  },
  accept: () => undefined,
};

/** Registers how the platform shares stores among threads. */
export function registerStoreSharing(ofPlatform: StoreSharing): void {
  sharing = ofPlatform;
}
