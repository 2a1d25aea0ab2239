import { CairnError } from '../errors.ts';
import { UncachedPartition } from '../partition/cache/uncached-partition.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import { openPartitions, partitionFiles } from '../store/manifest/open-files.ts';
import { PartitionSet } from '../store/read/partition-set.ts';
import type { JobDirectory } from './job-directory.ts';
import type { JobPlan } from './job-plan.ts';

/** Opens the runs of all map tasks, in their order; close them. @throws {CairnError} `INCOMPLETE`, `CORRUPTION`, `IO`. */
export async function openRuns(directory: JobDirectory, { splits }: JobPlan): Promise<PartitionSet[]> {
  const { store, checksum } = directory;
  const records = await directory.records('map', splits.length);
  const runs: PartitionSet[] = [];
  try {
    for (const [task, record] of records.entries()) {
      if (record === undefined) throw incomplete(directory, `map task ${task} has not ended`);
      const { sources, missing } = await openPartitions(store, record.partitions);
      if (missing !== undefined) throw incomplete(directory, `the run ${missing} is gone`);
      const files = await partitionFiles(sources, record.partitions, {
        checksum,
        counter: new ReadCounter(),
      });
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
