import { notLoaded } from '../../errors.ts';
import type { PartitionFile } from '../partition-file.ts';
import type { ReadCounter } from '../read-counter.ts';
import { PROCESS_MEMORY } from './memory-budget.ts';
import type { OpenedReaders, PagedOptions } from './paged-partitions.ts';
import { ResidentPartition } from './resident-partition.ts';

/** The readers of a store's partitions: resident if the store fits into the memory it may use, paged otherwise. */
export async function partitionReaders(
  files: readonly PartitionFile[],
  { cacheBytes, checkEachUse }: Omit<PagedOptions, 'budget'>,
  counter: ReadCounter,
): Promise<OpenedReaders> {
  const budget = PROCESS_MEMORY;
  const total = files.reduce((sum, { record }) => sum + record.dataBytes + record.hashBytes, 0);
  const release = checkEachUse ? undefined : budget.admit(total, cacheBytes);
  if (release !== undefined) {
    const readers = files.map((file) => new ResidentPartition(file, true));
    budget.releaseAfter(readers, release);
    return { readers, release };
  }
  const { pagedPartitions } = await import('./paged-partitions.ts').catch(notLoaded);
  return pagedPartitions(files, { cacheBytes, checkEachUse, budget }, counter);
}
