import { loadChecksum } from '../bytes/xxh64.ts';
import { checkFlag, checkOptions } from '../check-options.ts';
import { CairnError, invalidArgument, isCairnError } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { HOST } from '../io/host.ts';
import type { Storage } from '../io/storage.ts';
import { type CopyObserver, copyPartition } from '../partition/copy-partition.ts';
import { PartitionFile } from '../partition/partition-file.ts';
import type { PartitionRecord } from '../partition/partition-record.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import type { Progress } from '../progress.ts';
import { copyInto } from './manifest/copy-into.ts';
import type { StoreInfo } from './manifest/describe-store.ts';
import { describeStoreAt } from './manifest/describe-store-at.ts';
import { isSamePartition, type Manifest } from './manifest/manifest.ts';
import { incompleteUploads, orphanFiles } from './manifest/orphan-files.ts';
import { StoreDirectory } from './manifest/store-directory.ts';
import { freshName, isSame, StoreDraft, targetDirectory } from './manifest/store-draft.ts';

/** How a store is copied. */
export interface CopyOptions {
  /**
   * Goes on where a copy to the same place was cut short: partitions that are there, whole and undamaged, are kept. And
   * leaves what it has copied when it fails, so that it can be resumed in turn. Not while another copy is at work there.
   */
  readonly resume?: boolean | undefined;
  /**
   * Takes the place of the store that is there, in one step, once everything is copied: see `replace` of `createStore`.
   * Partitions that both stores have are kept, if they are undamaged; one that has the name of another file of the store
   * that is replaced gets another name. Default: false.
   */
  readonly replace?: boolean | undefined;
  /** Is called after each megabyte or so with the bytes that were copied or found there. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Copies a store to another place, in any storage, byte for byte: the copy has the same id and the same files. Every
 * byte is checked on its way. Like a written store, the copy is there once the promise has resolved, and not before.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `CORRUPTION` of the source,
 *   `ALREADY_EXISTS`, `CONFLICT` (a cut-short copy is there and `resume` isn't given; with `replace`, the store that is
 *   replaced changed meanwhile), `INVALID_ARGUMENT`, `UNSUPPORTED`, `IO`.
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
  given: CopyOptions = {},
): Promise<StoreInfo> {
  const source = StoreDirectory.readWhole(from, 'from');
  const target = targetDirectory(to, 'to');
  const options = checkCopyOptions(given);
  const { resume = false, replace = false, signal } = options;
  if (isSame(source, target) && replace)
    throw invalidArgument('to', `${target.uri} can't be replaced by a copy of itself`);
  signal?.throwIfAborted();
  const checksum = await loadChecksum();
  const manifest = await source.readManifest(checksum, signal);
  const totalBytes = manifest.partitions.reduce((sum, { bytes }) => sum + bytes, 0);
  let bytes = 0;
  const observer: CopyObserver = {
    signal,
    onBytes(more) {
      bytes += more;
      options.onProgress?.({ unit: 'bytes', done: bytes, total: totalBytes });
    },
  };
  let found: ReadonlySet<string> = new Set();
  const draft = await StoreDraft.begin(target, {
    checksum,
    signal,
    keepsFiles: resume,
    replace,
    precheck: async (replaced) => {
      found = await foundAt(target, manifest, resume, replaced);
    },
  });
  const copied = await draft.complete(async () => {
    const copier = new Copier(source, draft, found);
    const partitions: PartitionRecord[] = [];
    for (const record of manifest.partitions) partitions.push(await copier.copy(record, observer));
    signal?.throwIfAborted();
    const copy = { ...manifest, partitions };
    await draft.commit(copy);
    return copy;
  });
  return describeStoreAt(target, copied);
}

function checkCopyOptions(options: CopyOptions): CopyOptions {
  const own = checkOptions(options, ['resume', 'replace', 'onProgress', 'signal']);
  checkFlag('replace', own.replace);
  checkFlag('resume', own.resume);
  return own;
}

/**
 * Returns the names of a store's partitions that an earlier copy has made at the target. If it is resumed, its incomplete
 * uploads are removed.
 *
 * @throws {CairnError} `CONFLICT` if there are any and the copy is not resumed, `IO`.
 */
async function foundAt(
  target: StoreDirectory<Storage>,
  manifest: Manifest,
  resume: boolean,
  replaced: Manifest | undefined,
): Promise<ReadonlySet<string>> {
  const { storage } = target;
  const wanted = new Set(manifest.partitions.map(({ name }) => name));
  const found = new Set<string>();
  for await (const { name } of orphanFiles(target, replaced)) if (wanted.has(name)) found.add(name);
  const uploads = (await incompleteUploads(target)).filter(({ path }) =>
    wanted.has(storage.split(path).name),
  );
  if (!resume) {
    const [there = uploads[0] && storage.split(uploads[0].path).name] = found;
    if (there !== undefined) throw conflict(storage.uri(target.partition(there)));
  }
  // They are in no one's way: sweep finds what can't be removed.
  for (const file of uploads) await storage.removeIncompleteUpload?.(file).catch(() => undefined);
  return found;
}

function conflict(uri: string, cause?: unknown): CairnError {
  return new CairnError(
    'CONFLICT',
    `${uri} exists: another copy is at work, or was cut short. Resume that one (resume: true), or sweep it`,
    { uri, cause },
  );
}

/** Copies partitions of a store into a draft. */
class Copier {
  readonly #source: StoreDirectory;
  readonly #draft: StoreDraft;
  readonly #found: ReadonlySet<string>;

  /** `found` are the names of files at the target that are kept if they are whole. */
  constructor(source: StoreDirectory, draft: StoreDraft, found: ReadonlySet<string>) {
    this.#source = source;
    this.#draft = draft;
    this.#found = found;
  }

  /** Returns the record of the copy, whose name may be another. */
  async copy(record: PartitionRecord, observer: CopyObserver): Promise<PartitionRecord> {
    const { directory, replaced } = this.#draft;
    const { storage } = directory;
    const there = replaced?.partitions.find(({ name }) => name === record.name);
    if (there !== undefined) {
      if (isSamePartition(there, record) && (await this.#isWhole(record, observer))) {
        this.#draft.keepReplaced();
        return record;
      }
      const name = freshName(record.name, HOST.uniqueName());
      await copyInto(this.#draft, name, this.#source, record, observer);
      return { ...record, name };
    }
    const path = directory.partition(record.name);
    if (this.#found.has(record.name)) {
      if (await this.#isWhole(record, observer)) {
        // The copy that wrote it may have been killed before it came to that.
        await storage.makeDurable?.(path);
        this.#draft.adopt(record.name);
        return record;
      }
      await storage.remove(path);
    }
    try {
      await copyInto(this.#draft, record.name, this.#source, record, observer);
    } catch (error) {
      throw isCairnError(error, 'ALREADY_EXISTS') ? conflict(storage.uri(path), error) : error;
    }
    return record;
  }

  /** Whether a partition that is at the target is the one that is wanted, in every byte. */
  async #isWhole(record: PartitionRecord, { signal, onBytes }: CopyObserver): Promise<boolean> {
    const { directory, checksum } = this.#draft;
    let bytes = 0;
    const observer: CopyObserver = {
      signal,
      onBytes: (more) => {
        bytes += more;
      },
    };
    let source: ByteSource;
    try {
      source = await directory.storage.open(directory.partition(record.name), record, signal);
    } catch (error) {
      if (isCairnError(error, 'NOT_FOUND')) return false;
      throw error;
    }
    try {
      const file = await PartitionFile.open(source, record, checksum, new ReadCounter());
      await copyPartition(file, checksum, undefined, observer);
    } catch (error) {
      if (isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT', 'NOT_A_STORE')) return false;
      throw error;
    } finally {
      await source.close();
    }
    onBytes(bytes);
    return true;
  }
}
