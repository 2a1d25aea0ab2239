import { checkOptions } from '../check-options.ts';
import type { KeyEncodingName, ValueEncodingName } from '../codec/encoding-names.ts';
import { invalidArgument, isCairnError } from '../errors.ts';
import { HOST } from '../io/host.ts';
import type { StoreInfo } from '../store/manifest/describe-store.ts';
import { jobDirectories } from '../store/manifest/orphan-files.ts';
import { targetDirectory } from '../store/manifest/store-draft.ts';
import { storeInfo } from '../store/store-info.ts';
import { abortJob } from './abort-job.ts';
import { commitJob } from './commit-job.ts';
import { defineJob, type JobDefinition } from './define-job.ts';
import { JobDirectory, type TaskKind } from './job-directory.ts';
import type { JobPlan } from './job-plan.ts';
import { jobStatus } from './job-status.ts';
import { planJob } from './plan-job.ts';
import { planSplits } from './plan-splits.ts';
import { runTask } from './run-task.ts';
import type { Assignment } from './task-emitter.ts';

/** How far a stage of a job is. */
export interface JobProgress {
  readonly stage: 'map' | 'reduce';
  /** Tasks that have ended. */
  readonly done: number;
  readonly total: number;
}

/** Where a job runs, and over what. */
export interface RunJobOptions {
  /** In place of the definition's. */
  readonly input?: string | URL | readonly (string | URL)[] | undefined;
  /** In place of the definition's. */
  readonly output?: string | URL | undefined;
  /** The name of the job; default: 16 random hex digits. */
  readonly job?: string | undefined;
  /** Whether to go on with the job that was begun at the output, if there is one; default: false. */
  readonly resume?: boolean | undefined;
  /** Tasks that are run at once; default: 1. */
  readonly workers?: number | undefined;
  /** For the functions of the job, as `context.arguments`. */
  readonly arguments?: Readonly<Record<string, string>> | undefined;
  /** In place of the definition's. */
  readonly retries?: number | undefined;
  /** In place of the definition's. */
  readonly maxSkips?: number | undefined;
  /** Called after each task. */
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  /** Ends the running, and leaves a job that `resume` goes on with. */
  readonly signal?: AbortSignal | undefined;
}

/** What a job has made. */
export interface JobResult {
  readonly info: StoreInfo;
  readonly counters: Readonly<Record<string, number>>;
}

const KNOWN = [
  'input',
  'output',
  'job',
  'resume',
  'workers',
  'arguments',
  'retries',
  'maxSkips',
  'onProgress',
  'signal',
];

/**
 * Runs a job from its input to the complete output, in this process.
 *
 * A task that fails is attempted again, three times in all by default; if it still fails, the job is aborted and nothing is
 * visible. After an error of the storage, a crash, or the signal, `resume` goes on with the tasks that are left.
 *
 * @throws {CairnError} (as a rejection) `ALREADY_EXISTS`, `NOT_FOUND`, `INVALID_ARGUMENT` (also if a function of the job
 *   throws an error, which is its cause), `KEY_ORDER`, `DUPLICATE_KEY`, `CONFLICT`, `CORRUPTION`, `IO`; the signal's reason.
 */
export async function runJob<K, V, MK, MV, OK, OV>(
  definition: JobDefinition<K, V, MK, MV, OK, OV>,
  options: RunJobOptions = {},
): Promise<JobResult> {
  const {
    retries,
    maxSkips,
    workers = 1,
    signal = new AbortController().signal,
  } = checkOptions(options, KNOWN);
  if (!Number.isSafeInteger(workers) || workers < 1)
    throw invalidArgument('workers', `workers must be a positive integer, not ${String(workers)}`);
  const job = defineJob({
    ...definition,
    retries: retries ?? definition.retries,
    maxSkips: maxSkips ?? definition.maxSkips,
  }) as unknown as JobDefinition;
  const output = options.output ?? job.output;
  if (output === undefined) throw invalidArgument('output', 'output must say which store the job makes');
  signal.throwIfAborted();
  const directory = await begin(job, String(output), options);
  const plan = await directory.plan();
  if ((await directory.decision()) === undefined) {
    try {
      await runStages(job, directory, plan, { ...options, workers, signal });
    } catch (error) {
      // What the storage refuses now it may take later; everything else would fail again.
      if (!signal.aborted && !isCairnError(error, 'IO')) await abandon(directory);
      throw error;
    }
  }
  const info = await commit(directory);
  const { counters } = await jobStatus(String(output), { job: plan.job });
  await removeRuns(directory);
  return { info, counters };
}

async function commit(directory: JobDirectory): Promise<StoreInfo> {
  try {
    return await commitJob(directory.store.uri, { job: directory.job });
  } catch (error) {
    if (isCairnError(error, 'KEY_ORDER', 'DUPLICATE_KEY', 'ALREADY_EXISTS')) await abandon(directory);
    throw error;
  }
}

/** Aborts the job. The first error is the one to report; what can't be removed now is found by sweep. */
async function abandon({ store, job }: JobDirectory): Promise<void> {
  await abortJob(store.uri, { job }).catch(() => undefined);
}

/** Returns the directory of the job to go on with, or of a new one. */
async function begin(
  definition: JobDefinition,
  output: string,
  { input = definition.input, job, resume = false, signal }: RunJobOptions,
): Promise<JobDirectory> {
  if (resume) {
    const open = await findOpenJob(output);
    if (open !== undefined) return open;
  }
  if (input === undefined) throw invalidArgument('input', 'input must say which stores the job reads');
  const splits = await planSplits(input, { splits: definition.splits, signal });
  const [first] = Array.isArray(input) ? input : [input];
  const info = await storeInfo(first as string | URL, { signal });
  const inherited = {
    keyEncoding: info.keyEncoding as KeyEncodingName,
    valueEncoding: info.valueEncoding as ValueEncodingName,
    // It says what keys mean, which a job that reduces most likely changes.
    metadata: definition.reduce === undefined ? info.metadata : {},
  };
  const tasks = definition.reduce === undefined ? Math.max(1, splits.length) : (definition.tasks ?? 2);
  const plan = await planJob(output, {
    ...inherited,
    ...definition.options,
    job: job ?? HOST.uniqueName(),
    tasks,
    splits: splits.length > 0 ? splits : [{ version: 1, uri: String(first), id: info.id, from: 0, count: 0 }],
  });
  return JobDirectory.at(output, plan.job);
}

/** Finds a job that has a plan and is not aborted. */
async function findOpenJob(output: string): Promise<JobDirectory | undefined> {
  const store = targetDirectory(output, 'output');
  for await (const path of jobDirectories(store)) {
    const directory = await JobDirectory.at(output, store.storage.split(path).name);
    if ((await directory.findPlan()) === undefined) continue;
    if ((await directory.decision())?.decision !== 'abort') return directory;
  }
  return undefined;
}

/** The options that running stages takes. */
interface Running extends RunJobOptions {
  readonly workers: number;
  readonly signal: AbortSignal;
}

async function runStages(
  definition: JobDefinition,
  directory: JobDirectory,
  plan: JobPlan,
  running: Running,
): Promise<void> {
  if (definition.reduce === undefined) {
    await runStage(definition, directory, { stage: 'map', kind: 'task', tasks: plan.tasks }, running);
    return;
  }
  await runStage(definition, directory, { stage: 'map', kind: 'map', tasks: plan.splits.length }, running);
  await runStage(definition, directory, { stage: 'reduce', kind: 'task', tasks: plan.tasks }, running);
}

/** Runs the tasks of a stage that have not ended, some at once. */
async function runStage(
  definition: JobDefinition,
  directory: JobDirectory,
  {
    stage,
    kind,
    tasks,
  }: { readonly stage: 'map' | 'reduce'; readonly kind: TaskKind; readonly tasks: number },
  { workers, signal, onProgress, arguments: words = {} }: Running,
): Promise<void> {
  const records = await directory.records(kind, tasks);
  const left = [...records.keys()].filter((task) => records[task] === undefined);
  let done = tasks - left.length;
  onProgress?.({ stage, done, total: tasks });
  const end = new AbortController();
  const either = AbortSignal.any([signal, end.signal]);
  const { retries = 3 } = definition;
  const assignment = { output: directory.store.uri, job: directory.job, kind, arguments: words };
  const work = async (): Promise<void> => {
    for (let task = left.shift(); task !== undefined; task = left.shift()) {
      await attempt(definition, { ...assignment, task, attempt: 1 }, retries, either);
      done++;
      onProgress?.({ stage, done, total: tasks });
    }
  };
  const crew = Array.from({ length: Math.min(workers, left.length) }, async () => {
    try {
      await work();
    } catch (error) {
      // The others' tasks would be for nothing.
      end.abort(error);
      throw error;
    }
  });
  const results = await Promise.allSettled(crew);
  signal.throwIfAborted();
  if (end.signal.aborted) throw end.signal.reason;
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function attempt(
  definition: JobDefinition,
  assignment: Assignment,
  retries: number,
  signal: AbortSignal,
): Promise<void> {
  for (let number = 1; ; number++) {
    signal.throwIfAborted();
    try {
      await runTask(definition, { ...assignment, attempt: number }, signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (number >= retries || isCairnError(error, 'CONFLICT')) throw error;
    }
  }
}

/** Removes the runs of a committed job: nothing reads them. What can't be removed is found by sweep. */
async function removeRuns(directory: JobDirectory): Promise<void> {
  const { store } = directory;
  for (const { partitions } of await directory.mapRecords()) {
    for (const { name } of partitions)
      await store.storage.remove(store.partition(name)).catch(() => undefined);
  }
}
