import { checkOptions } from '../check-options.ts';
import type { JobOptions } from './commit-job.ts';
import { JobDirectory } from './job-directory.ts';
import { sumCounts } from './task-counters.ts';
import { describeRecord } from './task-writer.ts';

/** How far a job is. */
export interface JobStatus {
  /** `committed` from the decision on: the store may be there only after the next `commitJob`. */
  readonly state: 'open' | 'committed' | 'aborted';
  /** The tasks that write the output. */
  readonly tasks: number;
  /** Those that have ended. */
  readonly committed: number;
  /** Map tasks that have ended, of a job that reduces what they have emitted. */
  readonly mapped: number;
  /** Entries that the tasks have written that write the output. */
  readonly entries: number;
  /** The size of their files, in bytes. */
  readonly bytes: number;
  /** Sums of what their attempts have counted. */
  readonly counters: Readonly<Record<string, number>>;
}

/** Describes a job. Reads a small file for each task. @throws {CairnError} (as a rejection) `NOT_FOUND`, `CORRUPTION`, `IO`. */
export async function jobStatus(output: string | URL, options: JobOptions): Promise<JobStatus> {
  const { job: name } = checkOptions(options, ['job']);
  const directory = await JobDirectory.at(output, name);
  const plan = await directory.plan();
  const decision = await directory.decision();
  const records = (await directory.endedRecords('task', plan)).map(describeRecord);
  const maps = await directory.endedRecords('map', plan);
  return {
    state: decision === undefined ? 'open' : decision.decision === 'commit' ? 'committed' : 'aborted',
    tasks: plan.tasks,
    committed: records.length,
    mapped: maps.length,
    entries: records.reduce((sum, { entries }) => sum + entries, 0),
    bytes: records.reduce((sum, { bytes }) => sum + bytes, 0),
    counters: sumCounts([...maps, ...records]),
  };
}
