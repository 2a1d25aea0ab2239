import { basename } from 'node:path';
import type { FlowJob } from 'bullmq';
import { type JobLaunch, type LaunchedStage, parseTaskName, type TaskName } from '../../batch/job-engine.ts';
import { invalidArgument } from '../../errors.ts';
import { jobName } from './slurm-scripts.ts';

/** What all steps of a launch have in common. */
export interface LaunchData
  extends Pick<JobLaunch, 'output' | 'job' | 'arguments' | 'retries' | 'maxSkips' | 'memoryBytes'> {
  /** Distinguishes the launches of one job. */
  readonly launch: string;
}

/** What the data of a job of BullMQ say: a task, or the barrier after which the tasks of the next stage are submitted. */
export type StepData = LaunchData &
  (
    | { readonly step: 'task'; readonly task: TaskName }
    | { readonly step: 'barrier'; readonly next: LaunchedStage }
  );

/** Finished jobs stay for a dashboard, in seconds. */
const KEPT_SECONDS = 24 * 60 * 60;

/** The name of the queue for a job's module. */
export function queueOf(module: string): string {
  return jobName(module);
}

/**
 * The flow of a launch: the tasks of the first stage, and above them what follows when all have succeeded: the commit, or a
 * barrier, for a flow is a tree, and tasks of two stages would be one with many parents.
 */
export function flowOf(queue: string, data: LaunchData, stages: readonly LaunchedStage[]): FlowJob {
  const [first, next] = stages;
  const root = next === undefined ? commitJob(queue, data) : barrierJob(queue, data, next);
  return first === undefined ? root : { ...root, children: taskJobs(queue, data, first) };
}

/** The ids of the two jobs that have others below them. */
export function rootIds({ job, launch }: LaunchData): readonly string[] {
  return [`${job}.${launch}.barrier`, `${job}.${launch}.commit`];
}

function commitJob(queueName: string, data: LaunchData): FlowJob {
  const step: StepData = { ...data, step: 'task', task: 'commit' };
  return job(queueName, data, 'commit', `commit of ${basename(data.output)}`, step);
}

function barrierJob(queueName: string, data: LaunchData, next: LaunchedStage): FlowJob {
  const step: StepData = { ...data, step: 'barrier', next };
  return job(
    queueName,
    data,
    'barrier',
    `${next.stage} of ${basename(data.output)}: ${next.tasks.length} tasks`,
    step,
  );
}

function taskJobs(queueName: string, data: LaunchData, { stage, total, tasks }: LaunchedStage): FlowJob[] {
  return tasks.map((task) => {
    const step: StepData = { ...data, step: 'task', task: `${stage}:${task}` };
    const { opts, ...rest } = job(
      queueName,
      data,
      `${stage}.${task}`,
      `${stage} ${task} of ${total} for ${basename(data.output)}`,
      step,
    );
    return { ...rest, opts: { ...opts, failParentOnFailure: true } };
  });
}

function job(
  queueName: string,
  { job: name, launch, retries }: LaunchData,
  id: string,
  title: string,
  data: StepData,
): FlowJob {
  return {
    name: title,
    queueName,
    data,
    opts: {
      jobId: `${name}.${launch}.${id}`,
      attempts: retries,
      removeOnComplete: { age: KEPT_SECONDS },
      removeOnFail: { age: KEPT_SECONDS },
    },
  };
}

/** Checks the data of a job of the queue, which others may have put there. @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkStep(data: unknown): StepData {
  const step = (data ?? {}) as StepData;
  const texts = [step.output, step.job, step.launch];
  const words: unknown = step.arguments;
  const isStep =
    texts.every((text) => typeof text === 'string') && typeof words === 'object' && words !== null;
  if (isStep && step.step === 'task') {
    parseTaskName(String(step.task));
    return step;
  }
  if (isStep && step.step === 'barrier' && Array.isArray(step.next?.tasks)) return step;
  throw invalidArgument('data', 'this job of the queue is not one that cairn run has put there');
}
