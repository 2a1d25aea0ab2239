import '../io/register.ts';

export { abortJob } from './abort-job.ts';
export { commitJob, type JobOptions } from './commit-job.ts';
export {
  type Counters,
  defineJob,
  type Emit,
  type JobDefinition,
  type Reducer,
  type TaskContext,
} from './define-job.ts';
export type { FileFormat, FileFormatName } from './file-format.ts';
export type { JobResult } from './finish-job.ts';
export type { SplitInfo } from './input-kinds.ts';
export {
  type JobEngine,
  type JobLaunch,
  type LaunchedStage,
  type LaunchState,
  type StageName,
  type TaskName,
  taskCommand,
} from './job-engine.ts';
export type { FileInput, JobInput, OneInput } from './job-input.ts';
export type { JobPlan, OnOverlap, OutputOptions } from './job-plan.ts';
export { type JobStatus, jobStatus } from './job-status.ts';
export { type PlanLaunchOptions, planLaunch } from './launch-job.ts';
export { type OpenTaskOptions, openTask } from './open-task.ts';
export { type PlanJobOptions, planJob } from './plan-job.ts';
export { planSplits, type SplitOptions } from './plan-splits.ts';
export { type RangePartitioner, rangePartitioner } from './range-partitioner.ts';
export { type ReadSplitOptions, readSplit } from './read-split.ts';
export { runJob } from './run-job.ts';
export type { RunJobOptions } from './run-job-options.ts';
export { type JobTaskResult, type RunJobTaskOptions, runJobTask } from './run-job-task.ts';
export type { JobEvent, JobProgress } from './run-stages.ts';
export { type SampleSplittersOptions, type Splitters, sampleSplitters } from './sample-splitters.ts';
export type { CollectionSplit, FileSplit, Split, StoreSplit } from './split.ts';
export type { SplitReader } from './split-reader.ts';
export type { TaskCommit, TaskRecord, TaskWriter } from './task-writer.ts';
