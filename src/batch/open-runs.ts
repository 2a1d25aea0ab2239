import { CairnError } from '../errors.ts';
import { UncachedPartition } from '../partition/cache/uncached-partition.ts';
import type { PartitionRecord } from '../partition/partition-record.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import { openPartitions, partitionFiles } from '../store/manifest/open-files.ts';
import { PartitionSet } from '../store/read/partition-set.ts';
import type { JobDirectory } from './job-directory.ts';
import type { JobPlan } from './job-plan.ts';

/** What is sorted for the tasks that reduce: the partitions of one map task, or of several that have been merged. */
export type RunRecord = readonly PartitionRecord[];

/** The most bytes of one file of a run: it is one file if it can be. */
export const MAX_RUN_BYTES: number = 1 << 30;

/** Returns the runs of all map tasks, in their order. @throws {CairnError} `INCOMPLETE`, `CORRUPTION`, `IO`. */
export async function readRuns(directory: JobDirectory, { splits }: JobPlan): Promise<RunRecord[]> {
  const records = await directory.records('map', splits.length);
  return records.map((record, task) => {
    if (record === undefined) throw incomplete(directory, `map task ${task} has not ended`);
    return record.partitions;
  });
}

/** Opens runs; close them. @throws {CairnError} `INCOMPLETE`, `CORRUPTION`, `IO`. */
export async function openRuns(
  directory: JobDirectory,
  records: readonly RunRecord[],
): Promise<PartitionSet[]> {
  const { store, checksum } = directory;
  const runs: PartitionSet[] = [];
  try {
    for (const partitions of records) {
      const { sources, missing } = await openPartitions(store, partitions);
      if (missing !== undefined) throw incomplete(directory, `the run ${missing} is gone`);
      const files = await partitionFiles(sources, partitions, { checksum, counter: new ReadCounter() });
      runs.push(new PartitionSet(files.map((file) => new UncachedPartition(file))));
    }
    return runs;
  } catch (error) {
    await closeRuns(runs);
    throw error;
  }
}

/** Closes runs. */
export async function closeRuns(runs: readonly PartitionSet[]): Promise<void> {
  await Promise.all(runs.map((run) => run.close()));
}

function incomplete({ job, store: { uri } }: JobDirectory, what: string): CairnError {
  return new CairnError('INCOMPLETE', `the job ${job} at ${uri} can't be reduced: ${what}`, { uri });
}
