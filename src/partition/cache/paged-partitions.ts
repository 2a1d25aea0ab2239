import type { ReadOptions } from '../../store/read/read-options.ts';
import type { PartitionFile } from '../partition-file.ts';
import type { ReadCounter } from '../read-counter.ts';
import { BlockCache } from './block-cache.ts';
import { PagedPartition } from './paged-partition.ts';

/** The part of the cache that hash indexes may take in a store that doesn't fit. */
const HASH_INDEX_SHARE = 7 / 8;

/** Readers of a store's partitions that keep parts of them, within one cache. */
export function pagedPartitions(
  files: readonly PartitionFile[],
  options: ReadOptions,
  counter: ReadCounter,
): PagedPartition[] {
  const { cacheBytes } = options;
  const always = options.verify === 'always';
  // A hash index saves more reads than the same memory as cache would.
  let hashBytes = 0;
  let cache: BlockCache | undefined;
  const paging = {
    always,
    counter,
    cacheFor: (blockBytes: number): BlockCache => {
      cache ??= new BlockCache(cacheBytes - hashBytes, blockBytes);
      return cache;
    },
  };
  return files.map((file) => {
    // What is read for every call comes wrong sooner or later: on the way, in a cache of the system, in memory.
    file.readsAgain = true;
    const fits = !always && hashBytes + file.record.hashBytes <= cacheBytes * HASH_INDEX_SHARE;
    if (fits) hashBytes += file.record.hashBytes;
    return new PagedPartition(file, fits, paging);
  });
}
