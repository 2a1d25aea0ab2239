import { CairnError, invalidArgument } from '../errors.ts';
import type { JobDirectory, TaskKind } from './job-directory.ts';
import type { JobPlan } from './job-plan.ts';

/** A stage of a job: the next one begins when all of its tasks have ended. */
export type StageName = 'map' | 'reduce';

/** The tasks of a stage that an engine is to run. */
export interface LaunchedStage {
  readonly stage: StageName;
  /** How many tasks the stage has; they are numbered from 0. */
  readonly total: number;
  /** The numbers of those that had not ended when the job was launched, ascending. */
  readonly tasks: readonly number[];
}

/** How far a job is, by its files. */
export interface LaunchState {
  /** Tasks that have ended, by stage. */
  readonly ended: Readonly<Partial<Record<StageName, ReadonlySet<number>>>>;
  readonly decision: 'commit' | 'abort' | undefined;
}

/** A planned job, as an engine runs it. */
export interface JobLaunch {
  /** The URL of the job's module. */
  readonly module: string;
  /** The URI of the store, absolute. */
  readonly output: string;
  readonly job: string;
  /** In their order. Stages whose tasks have all ended are left out. */
  readonly stages: readonly LaunchedStage[];
  readonly arguments: Readonly<Record<string, string>>;
  /** How often a failing task is attempted. */
  readonly retries: number;
  readonly maxSkips: number;
  /** Memory of a worker for entries, in bytes; undefined for the default. */
  readonly memoryBytes: number | undefined;
  /** Tasks to run at once; undefined if that is up to the engine. */
  readonly workers: number | undefined;
  /** Aborted when the job is to end: the engine cancels what it has started, and rejects with the reason. */
  readonly signal: AbortSignal;
  /** Reads how far the job is, and reports it to `onProgress`. Lists a directory, or two for a job that is over. */
  look(): Promise<LaunchState>;
}

/**
 * Runs the tasks of jobs somewhere. An engine only launches: each task is one command line ({@link taskCommand}), any of them may
 * run twice, late or at once, and the storage decides which attempts count.
 */
export interface JobEngine {
  /** For messages. */
  readonly name: string;
  /**
   * Runs the tasks of all stages, one stage after the other, and resolves when each has ended. It may commit the job as well:
   * `runJob` does so afterwards in any case.
   *
   * @throws {CairnError} (as a rejection) what the first task that failed for good has thrown: the job is aborted then; `IO` if
   *   the engine failed, which leaves a job to resume.
   */
  run(launch: JobLaunch): Promise<void>;
}

/** What one command line of a job does: a task of a stage, or the commit at the end. */
export type TaskName = `${StageName}:${number}` | 'commit';

/**
 * Returns the words of the command line that runs a task, without the name of the command: `cairn` is to be put before them.
 *
 * @example
 * ```ts
 * import { taskCommand } from 'cairnkv/batch';
 *
 * const launch = { module: 'file:///jobs/count.mjs', output: '/data/words', job: 'nightly', arguments: {} };
 * console.log(taskCommand(launch, 'map:3').join(' '));
 * // run file:///jobs/count.mjs --output /data/words --job nightly --task map:3
 * ```
 */
export function taskCommand(
  launch: Pick<JobLaunch, 'module' | 'output' | 'job' | 'arguments'> &
    Partial<Pick<JobLaunch, 'retries' | 'maxSkips' | 'memoryBytes'>>,
  task: TaskName,
): string[] {
  const { module, output, job, arguments: words, retries, maxSkips, memoryBytes } = launch;
  return [
    'run',
    module,
    ...['--output', output],
    ...['--job', job],
    ...Object.entries(words).flatMap(([name, value]) => ['--arg', `${name}=${value}`]),
    ...(retries === undefined || task === 'commit' ? [] : ['--retries', String(retries)]),
    ...(maxSkips === undefined || maxSkips === 0 || task === 'commit'
      ? []
      : ['--max-skips', String(maxSkips)]),
    ...(memoryBytes === undefined || task === 'commit' ? [] : ['--memory', String(memoryBytes)]),
    ...['--task', task],
  ];
}

/** Parses a {@link TaskName}. @throws {CairnError} `INVALID_ARGUMENT`. */
export function parseTaskName(text: string): { readonly stage: StageName; readonly task: number } | 'commit' {
  if (text === 'commit') return text;
  const [, stage, number] = /^(map|reduce):(\d{1,6})$/.exec(text) ?? [];
  if (stage !== undefined) return { stage: stage as StageName, task: Number(number) };
  throw invalidArgument(
    'task',
    `a task is map:0, reduce:0 or commit, with the number of the task, not ${text}`,
  );
}

/** A stage, and how the tasks of it are called among the job's files. */
export interface StagePlan {
  readonly stage: StageName;
  readonly kind: TaskKind;
  readonly total: number;
}

/** The stages of a job, in their order. `reduces` is whether its definition has `reduce`. */
export function stagesOf(
  { splits, tasks }: Pick<JobPlan, 'splits' | 'tasks'>,
  reduces: boolean,
): StagePlan[] {
  if (!reduces) return [{ stage: 'map', kind: 'task', total: tasks }];
  return [
    { stage: 'map', kind: 'map', total: splits.length },
    { stage: 'reduce', kind: 'task', total: tasks },
  ];
}

/** Finds the stage that a task is of. @throws {CairnError} `INVALID_ARGUMENT` if the job has no such task. */
export function stageOf(
  stages: readonly StagePlan[],
  { stage, task }: { readonly stage: StageName; readonly task: number },
  { job, store: { uri } }: JobDirectory,
): StagePlan {
  const found = stages.find((one) => one.stage === stage);
  if (found === undefined) {
    throw invalidArgument(
      'task',
      `the job ${job} at ${uri} has no reduce tasks, for its module has no reduce`,
    );
  }
  if (task < found.total) return found;
  throw invalidArgument(
    'task',
    `the job ${job} at ${uri} has the ${stage} tasks 0 to ${found.total - 1}: there is no ${stage}:${task}`,
  );
}

/** The error of an engine, or of what it runs on, that says nothing of the job: it can be resumed. */
export function engineError(operation: string, message: string, cause?: unknown): CairnError {
  return new CairnError('IO', message, { operation, cause });
}
