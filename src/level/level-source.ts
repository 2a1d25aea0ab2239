import { loadChecksum } from '../bytes/xxh64.ts';
import type { OpenCollectionOptions } from '../collection/collection-options.ts';
import { openRawCollection, type RawCollection } from '../collection/raw-collection.ts';
import { OpenVersion } from '../collection/read/open-version.ts';
import { CairnError, isCairnError, notLoaded } from '../errors.ts';
import { locate } from '../io/uri.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import { openFiles } from '../store/manifest/open-files.ts';
import { StoreDirectory } from '../store/manifest/store-directory.ts';
import { PartitionSet } from '../store/read/partition-set.ts';
import type { CairnLevelOpenOptions } from './level-options.ts';

/** What an open level reads, and what it writes to. */
export interface LevelSource {
  /** The version that is read now. */
  current(): OpenVersion;
  /** What is written to; undefined for a plain store. */
  readonly raw: RawCollection | undefined;
  /** The names under which keys and values were stored: a level writes plain bytes only. */
  readonly keyEncoding: string;
  readonly valueEncoding: string;
  close(): Promise<void>;
}

/**
 * Opens what a URI holds: a collection, which is made if nothing is there, or a plain store.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `ALREADY_EXISTS` by the options; `NOT_A_STORE` if something else is
 *   there, `INVALID_ARGUMENT`, `CORRUPTION`, `UNSUPPORTED_FORMAT`, `UNSUPPORTED`, `IO`.
 */
export async function openSource(uri: string, options: CairnLevelOpenOptions): Promise<LevelSource> {
  const { createIfMissing = true, errorIfExists = false, compression } = options;
  const { readOnly = false, cacheBytes, autoCompact, keepVersions, follow } = options;
  const common: OpenCollectionOptions = { readOnly, cacheBytes, autoCompact, keepVersions, follow };
  const found = await openExisting(uri, common);
  if (found !== undefined) {
    if (!errorIfExists) return found;
    await found.close();
    throw new CairnError('ALREADY_EXISTS', `${uri} exists already (errorIfExists)`, { uri });
  }
  if (!createIfMissing || readOnly) throw new CairnError('NOT_FOUND', `${uri} does not exist`, { uri });
  return ofCollection(
    await openRawCollection(uri, {
      ...common,
      keyEncoding: 'binary',
      valueEncoding: 'binary',
      compression: typeof compression === 'string' ? compression : undefined,
    }),
  );
}

/** Undefined if nothing is there. */
async function openExisting(uri: string, options: OpenCollectionOptions): Promise<LevelSource | undefined> {
  try {
    return ofCollection(await openRawCollection(uri, { ...options, create: false }));
  } catch (error) {
    if (!isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE')) throw error;
    const store = await openStoreAsVersion(uri, options.cacheBytes);
    if (store !== undefined) return store;
    if (error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

function ofCollection(raw: RawCollection): LevelSource {
  const { keyEncoding, valueEncoding, current } = raw;
  return { raw, keyEncoding, valueEncoding, current, close: () => raw.collection.close() };
}

/** Opens a plain store as a version of one generation; undefined if there is none. */
async function openStoreAsVersion(
  uri: string,
  cacheBytes: number | undefined,
): Promise<LevelSource | undefined> {
  const checksum = await loadChecksum();
  const counter = new ReadCounter();
  const { partitionReaders } = await import('../partition/cache/partition-readers.ts').catch(notLoaded);
  let opened: Awaited<ReturnType<typeof openFiles>>;
  try {
    opened = await openFiles(new StoreDirectory(locate(uri)), { checksum, counter, signal: undefined });
  } catch (error) {
    if (isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE')) return undefined;
    throw error;
  }
  const { manifest, files } = opened;
  const { readers, release } = await partitionReaders(files, { cacheBytes, checkEachUse: false }, counter);
  const set = new PartitionSet(readers, release);
  const { partitions } = manifest;
  const generation = { tombstones: 0, isMarked: false, partitions };
  const owner = {
    checksum,
    release: () => {
      // Nothing reads it any more: a source that can't be closed is closed with the process.
      set.close().catch(() => undefined);
    },
  };
  const generations = partitions.length === 0 ? [] : [{ generation, set, isMarked: false }];
  const version = OpenVersion.of(owner, undefined, generations);
  return {
    current: () => version,
    raw: undefined,
    keyEncoding: manifest.keyEncoding,
    valueEncoding: manifest.valueEncoding,
    close: async () => version.release(),
  };
}
