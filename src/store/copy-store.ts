import type { Checksum } from '../bytes/checksum.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import { checkOptions } from '../check-options.ts';
import { loadDecompressors } from '../compression/compressions.ts';
import { CairnError, invalidArgument, isCairnError } from '../errors.ts';
import type { ByteSink } from '../io/byte-sink.ts';
import { narrowStorage, STORAGE_MEMBERS } from '../io/narrow-storage.ts';
import type { Storage } from '../io/storage.ts';
import { type Location, locate } from '../io/uri.ts';
import { type CopyWatch, copyPartition } from '../partition/copy-partition.ts';
import { PartitionFile } from '../partition/partition-file.ts';
import type { PartitionRecord } from '../partition/partition-record.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import type { Progress } from '../progress.ts';
import { alreadyExists } from './manifest/already-exists.ts';
import { commitManifest } from './manifest/commit.ts';
import type { StoreInfo } from './manifest/describe-store.ts';
import { DATA_DIRECTORY, MANIFEST_NAME, type Manifest } from './manifest/manifest.ts';
import { inspectPath, leftovers, readManifest, unfinishedHere } from './manifest/store-directory.ts';
import { storeInfo } from './store-info.ts';

/** How a store is copied. */
export interface CopyOptions {
  /**
   * Goes on where a copy to the same place was cut short: partitions that are there, whole and undamaged, are kept. And
   * leaves what it has copied when it fails, so that it can be resumed in turn. Not while another copy is at work there.
   */
  readonly resume?: boolean | undefined;
  /** Is called after each megabyte or so with the bytes that were copied or found there. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
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
  const target = narrowStorage(locate(to, 'to'), 'written to', STORAGE_MEMBERS);
  checkCopyOptions(options);
  const { resume = false, signal } = options;
  signal?.throwIfAborted();
  const checksum = await loadChecksum();
  const manifest = await readManifest(source, checksum, signal);
  const state = await inspectPath(target);
  if (state === 'complete' || state === 'file' || state === 'foreign') throw alreadyExists(target, state);

  const totalBytes = manifest.partitions.reduce((sum, { bytes }) => sum + bytes, 0);
  let bytes = 0;
  const watch: CopyWatch = {
    signal,
    onBytes(more) {
      bytes += more;
      options.onProgress?.({ unit: 'bytes', done: bytes, total: totalBytes });
    },
  };
  const found = await foundAt(target, manifest, resume);
  const { storage, path } = target;
  await storage.prepareCommit?.(storage.join(path, MANIFEST_NAME));
  const created = await storage.makeDirectory(path);
  await storage.makeDirectory(storage.join(path, DATA_DIRECTORY));
  const copier = new Copier(source, target, checksum, found);
  // Unset when the manifest that is there, or may be there, names these files: it must find them.
  let mayClean = !resume;
  try {
    for (const record of manifest.partitions) await copier.copy(record, watch);
    if (manifest.partitions.length > 0) await storage.syncDirectory(storage.join(path, DATA_DIRECTORY));
    signal?.throwIfAborted();
    const outcome = await commitManifest(target, manifest, checksum);
    if (outcome.state === 'unclear' || outcome.shared === true) mayClean = false;
    if (outcome.error !== undefined) throw outcome.error;
    if (outcome.state === 'lost') throw alreadyExists(target, 'complete');
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
}

/**
 * The names of a store's partitions that another copy has made at a place already. What it only began to send is given
 * up when it is resumed.
 *
 * @throws {CairnError} `CONFLICT` when there are any and they are not wanted, `IO`.
 */
async function foundAt(
  target: Location<Storage>,
  manifest: Manifest,
  resume: boolean,
): Promise<ReadonlySet<string>> {
  const { storage } = target;
  const wanted = new Set(manifest.partitions.map(({ name }) => name));
  const found = new Set<string>();
  for await (const { name } of leftovers(target)) if (wanted.has(name)) found.add(name);
  const begun = (await unfinishedHere(target)).filter(({ path }) => wanted.has(storage.split(path).name));
  if (!resume) {
    const [there = begun[0] && storage.split(begun[0].path).name] = found;
    if (there !== undefined) throw conflict(storage.uri(pathOf(target, { name: there })));
  }
  for (const file of begun) await storage.removeIncompleteUpload?.(file);
  return found;
}

function conflict(uri: string, cause?: unknown): CairnError {
  return new CairnError(
    'CONFLICT',
    `${uri} is there: another copy is at work, or was cut short. Go on with that (resume: true), or sweep it away`,
    { uri, cause },
  );
}

/** Copies the partitions of one store. */
class Copier {
  readonly #source: Location;
  readonly #target: Location<Storage>;
  readonly #checksum: Checksum;
  readonly #found: ReadonlySet<string>;
  readonly #copied: string[] = [];

  /** `found` are the names of files that are at the target already, and may be kept. */
  constructor(source: Location, target: Location<Storage>, checksum: Checksum, found: ReadonlySet<string>) {
    this.#source = source;
    this.#target = target;
    this.#checksum = checksum;
    this.#found = found;
  }

  async copy(record: PartitionRecord, watch: CopyWatch): Promise<void> {
    const { storage } = this.#target;
    const path = pathOf(this.#target, record);
    if (this.#found.has(record.name)) {
      if (await this.#isWhole(record, watch)) {
        // The copy that wrote it may have been killed before it came to that.
        await storage.makeDurable?.(path);
        return;
      }
      await storage.remove(path);
    }
    let sink: ByteSink | undefined;
    try {
      const made = storage.create(path);
      sink = made;
      await this.#read(this.#source, record, (file) => copyPartition(file, this.#checksum, made, watch));
      await made.finish();
      this.#copied.push(path);
    } catch (error) {
      await sink?.abort().catch(() => undefined);
      throw isCairnError(error, 'ALREADY_EXISTS') ? conflict(storage.uri(path), error) : error;
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

function pathOf({ storage, path }: Location, { name }: Pick<PartitionRecord, 'name'>): string {
  return storage.join(storage.join(path, DATA_DIRECTORY), name);
}
