import type { PartitionFile } from '../partition-file.ts';
import type { ReadCounter } from '../read-counter.ts';
import { BlockCache } from './block-cache.ts';
import type { MemoryBudget, PagedShare } from './memory-budget.ts';
import { PagedPartition, type Paging, SharedReads } from './paged-partition.ts';
import type { PartitionReader } from './partition-reader.ts';

/** The part of the cache that the hash indexes of a store larger than it may take. */
const HASH_INDEX_SHARE = 7 / 8;

/** How the partitions of a store larger than its cache are read. */
export interface PagedOptions {
  /** Memory for hash indexes and blocks, in bytes; undefined for a share of `budget`. */
  readonly cacheBytes: number | undefined;
  /** Whether each use of a block reads and checks it again. */
  readonly checkEachUse: boolean;
  readonly budget: MemoryBudget;
}

/** The readers of a store's partitions, and the function that returns their share of the memory. */
export interface OpenedReaders {
  readonly readers: readonly PartitionReader[];
  readonly release: (() => void) | undefined;
}

/** Readers of a store's partitions that keep parts of them, within one cache. */
export function pagedPartitions(
  files: readonly PartitionFile[],
  { cacheBytes, checkEachUse, budget }: PagedOptions,
  counter: ReadCounter,
): OpenedReaders {
  // Bytes that are read for every call are wrong sooner or later: in transit, in a cache of the system, in
  // memory.
  for (const file of files) file.readsAgain = true;
  const reader = new PagedReader(files, checkEachUse, counter);
  if (cacheBytes !== undefined || checkEachUse) {
    reader.resize(cacheBytes ?? 0);
    return { readers: reader.partitions, release: undefined };
  }
  const wantedBytes = files.reduce((sum, { record }) => sum + record.dataBytes + record.hashBytes, 0);
  const share: PagedShare = { wantedBytes, reader: new WeakRef(reader) };
  budget.divide = divide;
  budget.shares.add(share);
  divide(budget);
  const release = (): void => {
    if (budget.shares.delete(share)) divide(budget);
  };
  budget.releaseAfter(reader, release);
  return { readers: reader.partitions, release };
}

/** Divides the rest of a budget evenly; what one share doesn't need goes to the others. */
function divide(budget: MemoryBudget): void {
  let rest = budget.restBytes;
  let left = budget.shares.size;
  const ascending = [...budget.shares].sort((a, b) => a.wantedBytes - b.wantedBytes);
  for (const { wantedBytes, reader } of ascending) {
    const bytes = Math.min(wantedBytes, Math.floor(rest / left--));
    rest -= bytes;
    reader.deref()?.resize(bytes);
  }
}

/** What the paged partitions of a store share. */
class PagedReader implements Paging {
  readonly partitions: readonly PagedPartition[];
  readonly always: boolean;
  readonly counter: ReadCounter;
  #cache: BlockCache | undefined;
  #blockBytes = 0;

  constructor(files: readonly PartitionFile[], checkEachUse: boolean, counter: ReadCounter) {
    this.always = checkEachUse;
    this.counter = counter;
    const reads = new SharedReads();
    this.partitions = files.map((file) => new PagedPartition(file, false, this, reads));
  }

  cacheFor(blockBytes: number): BlockCache {
    this.#cache ??= new BlockCache(this.#blockBytes, blockBytes);
    return this.#cache;
  }

  /** Changes the size of the cache, in bytes: drops hash indexes and blocks, or admits more. */
  resize(bytes: number): void {
    // A hash index saves more reads than as many bytes of cached blocks.
    let hashBytes = 0;
    for (const partition of this.partitions) {
      const { isRemote, record } = partition.file;
      const wanted = isRemote ? 0 : record.hashBytes;
      const fits = !this.always && hashBytes + wanted <= bytes * HASH_INDEX_SHARE;
      if (fits) hashBytes += wanted;
      partition.keepHashIndex(fits);
    }
    this.#blockBytes = bytes - hashBytes;
    this.#cache?.resize(this.#blockBytes);
  }
}
