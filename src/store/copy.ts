import type { Checksum } from '../bytes/checksum.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import { CairnError, invalidArgument, isCairnError } from '../errors.ts';
import type { ByteSink } from '../io/byte-sink.ts';
import { type Location, locate } from '../io/uri.ts';
import { commitManifest } from './commit.ts';
import { type CopyWatch, copyPartition } from './copy-partition.ts';
import { storeInfo } from './manage.ts';
import { DATA_DIRECTORY, type PartitionRecord } from './manifest.ts';
import { checkOptions } from './options.ts';
import { loadDecompressors, PartitionFile } from './partition-file.ts';
import { ReadCounter } from './read-counter.ts';
import type { StoreInfo } from './store-info.ts';
import { inspectPath, readManifest } from './store-path.ts';

/** How a store is copied. */
export interface CopyOptions {
  /**
   * Goes on where a copy to the same place was cut short: partitions that are there, whole and undamaged, are kept. And
   * leaves what it has copied when it fails, so that it can be resumed in turn. Not while another copy is at work there.
   */
  readonly resume?: boolean;
  /** Called after each megabyte or so. */
  readonly onProgress?: (progress: CopyProgress) => void;
  readonly signal?: AbortSignal;
}

/** How far a copy has come. */
export interface CopyProgress {
  /** Bytes copied, or found there, so far, and in all. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/**
 * Copies a store to another place, in any storage, byte for byte: the copy has the same id and the same files. Every
 * byte is checked on its way. Like a written store, the copy is there once the promise has resolved, and not before.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `CORRUPTION` of the source,
 *   `ALREADY_EXISTS`, `CONFLICT` (a cut-short copy is there and `resume` isn't given), `UNSUPPORTED`, `IO`.
 *
 * @example
 * ```ts
 * import { copyStore, createStore, openStore } from 'cairnkv';
 *
 * const { id } = await createStore('memory:here').put('a', 1).close();
 * const copy = await copyStore('memory:here', 'memory:there');
 * console.log(copy.id === id, await openStore('memory:there').get('a')); // true 1
 * ```
 */
export async function copyStore(
  from: string | URL,
  to: string | URL,
  options: CopyOptions = {},
): Promise<StoreInfo> {
  const source = locate(from, 'from');
  const target = locate(to, 'to');
  checkCopyOptions(options);
  const { resume = false, signal } = options;
  signal?.throwIfAborted();
  const checksum = await loadChecksum();
  const manifest = await readManifest(source, checksum, signal);
  const state = await inspectPath(target);
  if (state === 'complete' || state === 'file' || state === 'foreign') throw exists(target);

  const totalBytes = manifest.partitions.reduce((sum, { bytes }) => sum + bytes, 0);
  let bytes = 0;
  const watch: CopyWatch = {
    signal,
    onBytes(more) {
      bytes += more;
      options.onProgress?.({ bytes, totalBytes });
    },
  };
  const created = await target.storage.makeDirectory(target.path);
  await target.storage.makeDirectory(target.storage.join(target.path, DATA_DIRECTORY));
  const copier = new Copier(source, target, checksum, resume);
  // Set when the manifest may be there although the storage said no: it must find its partitions then.
  let mayClean = !resume;
  try {
    for (const record of manifest.partitions) await copier.copy(record, watch);
    const { storage, path } = target;
    if (manifest.partitions.length > 0) await storage.syncDirectory(storage.join(path, DATA_DIRECTORY));
    signal?.throwIfAborted();
    const outcome = await commitManifest(target, manifest, checksum);
    if (outcome.state === 'unclear') mayClean = false;
    if (outcome.error !== undefined) throw outcome.error;
    if (outcome.state === 'lost') throw exists(target);
  } catch (error) {
    // The first error is the one to report; what can't be removed now is found by sweep.
    if (mayClean) await copier.remove(created).catch(() => undefined);
    throw error;
  }
  return storeInfo(to);
}

function checkCopyOptions(options: CopyOptions): void {
  checkOptions(options, ['resume', 'onProgress', 'signal']);
  if (options.resume !== undefined && typeof options.resume !== 'boolean')
    throw invalidArgument('resume', 'resume must be true or false');
  if (options.onProgress !== undefined && typeof options.onProgress !== 'function')
    throw invalidArgument('onProgress', 'onProgress must be a function');
}

function exists({ uri }: Location): CairnError {
  return new CairnError('ALREADY_EXISTS', `${uri} exists already; choose another place, or delete it first`, {
    uri,
  });
}

/** Copies the partitions of one store. */
class Copier {
  readonly #source: Location;
  readonly #target: Location;
  readonly #checksum: Checksum;
  readonly #resume: boolean;
  readonly #copied: string[] = [];

  constructor(source: Location, target: Location, checksum: Checksum, resume: boolean) {
    this.#source = source;
    this.#target = target;
    this.#checksum = checksum;
    this.#resume = resume;
  }

  async copy(record: PartitionRecord, watch: CopyWatch): Promise<void> {
    const { storage } = this.#target;
    const path = pathOf(this.#target, record);
    if (this.#resume && (await storage.kind(path)) === 'file') {
      if (await this.#isWhole(record, watch)) return;
      await storage.remove(path);
    }
    const sink = this.#create(path);
    try {
      await this.#read(this.#source, record, (file) => copyPartition(file, this.#checksum, sink, watch));
      await sink.finish();
      this.#copied.push(path);
    } catch (error) {
      await sink.abort().catch(() => undefined);
      throw error;
    }
  }

  #create(path: string): ByteSink {
    const { storage } = this.#target;
    try {
      return storage.create(path);
    } catch (error) {
      if (!isCairnError(error, 'ALREADY_EXISTS')) throw error;
      const uri = storage.uri(path);
      throw new CairnError(
        'CONFLICT',
        `${uri} is there: another copy is at work, or was cut short. Go on with that (resume: true), or sweep it away`,
        { uri, cause: error },
      );
    }
  }

  /** Removes what was copied. */
  async remove(directory: boolean): Promise<void> {
    const { storage, path } = this.#target;
    for (const file of this.#copied) await storage.remove(file);
    if (!(await storage.removeDirectory(storage.join(path, DATA_DIRECTORY)))) return;
    if (directory) await storage.removeDirectory(path);
  }

  /** Whether a partition that is at the target is the one that is wanted, in every byte. */
  async #isWhole(record: PartitionRecord, { signal, onBytes }: CopyWatch): Promise<boolean> {
    let bytes = 0;
    const watch: CopyWatch = {
      signal,
      onBytes: (more) => {
        bytes += more;
      },
    };
    try {
      await this.#read(this.#target, record, (file) => copyPartition(file, this.#checksum, undefined, watch));
    } catch (error) {
      if (isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT', 'NOT_A_STORE')) return false;
      throw error;
    }
    onBytes(bytes);
    return true;
  }

  async #read(
    location: Location,
    record: PartitionRecord,
    use: (file: PartitionFile) => Promise<void>,
  ): Promise<void> {
    const source = await location.storage.open(pathOf(location, record), record);
    try {
      const decompressors = await loadDecompressors([record.compression]);
      await use(new PartitionFile(source, record, this.#checksum, decompressors, new ReadCounter()));
    } finally {
      await source.close();
    }
  }
}

function pathOf({ storage, path }: Location, { name }: PartitionRecord): string {
  return storage.join(storage.join(path, DATA_DIRECTORY), name);
}
