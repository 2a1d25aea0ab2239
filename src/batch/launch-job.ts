import { checkOptions } from '../check-options.ts';
import { CairnError, invalidArgument } from '../errors.ts';
import { HOST } from '../io/host.ts';
import { locate } from '../io/uri.ts';
import { JOB_DECISION_NAME, jobFiles } from '../store/manifest/orphan-files.ts';
import { beginJob, findOpenJob, planningOf } from './begin-job.ts';
import { JobDirectory, recordedTask } from './job-directory.ts';
import { type JobLaunch, type LaunchState, type StageName, type StagePlan, stagesOf } from './job-engine.ts';
import type { JobInput, OneInput } from './job-input.ts';
import type { JobPlan } from './job-plan.ts';
import { type PreparedJob, prepareJob } from './prepare-job.ts';
import type { RunJobOptions } from './run-job-options.ts';

/** Storages that other processes see, too. */
const SHARED_SCHEMES: readonly string[] = ['file', 's3', 'az', 'hdfs'];

/** What {@link planLaunch} takes: what `runJob` does, except what it reports, and the engine. */
export type PlanLaunchOptions = Omit<RunJobOptions, 'engine' | 'onProgress' | 'onEvent'> & {
  /** Whether nothing is written: the job is described as it would be planned; default: false. */
  readonly dryRun?: boolean | undefined;
};

const KNOWN = [
  'input',
  'output',
  'job',
  'resume',
  'workers',
  'arguments',
  'retries',
  'maxSkips',
  'memoryBytes',
  'signal',
  'dryRun',
] as const;

/**
 * Plans a job, or finds the one to go on with, and describes it as an engine is given it, without running anything.
 *
 * @param job is the path or URL of its module.
 * @throws {CairnError} (as a rejection) `ALREADY_EXISTS`, `NOT_FOUND`, `INVALID_ARGUMENT`, `UNSUPPORTED` for an output that other
 *   processes don't find, `IO`.
 */
export async function planLaunch(job: string | URL, options: PlanLaunchOptions = {}): Promise<JobLaunch> {
  const { dryRun = false, ...given } = checkOptions(options, KNOWN);
  if (typeof job !== 'string' && !(job instanceof URL))
    throw invalidArgument('job', 'job must be the path or URL of a module');
  const prepared = await prepareJob(job, given);
  const { definition, output, signal } = prepared;
  refuseUnshared(output);
  const begin = {
    output,
    job: given.job,
    resume: given.resume ?? false,
    signal,
    input: absoluteInput(prepared.input),
  };
  if (!dryRun) {
    const { directory } = await beginJob(definition, begin);
    return launchOf(directory, await directory.plan(), prepared);
  }
  const open = begin.resume ? await findOpenJob(output) : undefined;
  if (open !== undefined) return launchOf(open, await open.plan(), prepared);
  const { job: name, ...plan } = await planningOf(definition, {
    ...begin,
    job: given.job ?? HOST.uniqueName(),
  });
  return launchOf(await JobDirectory.at(output, name), plan, prepared);
}

/** @throws {CairnError} `UNSUPPORTED` if other processes don't find an output. */
export function refuseUnshared(output: string): void {
  const { storage, uri } = locate(output, 'output');
  if (SHARED_SCHEMES.includes(storage.scheme)) return;
  throw new CairnError(
    'UNSUPPORTED',
    `an engine runs tasks in other processes, which don't find ${uri}: write to files, s3: or az:`,
    { uri },
  );
}

/** The input of a job with paths that are found from any working directory. @throws {CairnError} `INVALID_ARGUMENT`. */
export function absoluteInput(input: JobInput | undefined): JobInput | undefined {
  if (input === undefined) return undefined;
  return Array.isArray(input) ? input.map(absolute) : absolute(input as OneInput);
}

function absolute(input: OneInput): OneInput {
  if (typeof input === 'string' || input instanceof URL) return locate(input, 'input').uri;
  if ('files' in input) {
    const files = Array.isArray(input.files) ? input.files : [input.files as string | URL];
    return { ...input, files: files.map((file) => locate(file, 'input').uri) };
  }
  return { ...input, uri: locate(input.uri, 'input').uri };
}

/** Describes a job for an engine: what is left of it, by its files. @throws {CairnError} `IO`. */
export async function launchOf(
  directory: JobDirectory,
  plan: Pick<JobPlan, 'tasks' | 'splits'>,
  { definition, module, arguments: words, workers, signal }: PreparedJob,
  { onProgress, onEvent }: Pick<RunJobOptions, 'onProgress' | 'onEvent'> = {},
): Promise<JobLaunch> {
  const { store, job } = directory;
  const { retries = 3, maxSkips = 0, memoryBytes } = definition;
  const stages = stagesOf(plan, definition.reduce !== undefined);
  const watch = new LaunchWatch(directory, stages);
  const { ended } = await watch.look();
  watch.report({ onProgress, onEvent });
  return {
    module: module as string,
    output: store.uri,
    job,
    stages: stages
      .map(({ stage, total }) => ({
        stage,
        total,
        tasks: Array.from({ length: total }, (_, task) => task).filter((task) => !ended[stage]?.has(task)),
      }))
      .filter(({ tasks }) => tasks.length > 0),
    arguments: words,
    retries,
    maxSkips,
    memoryBytes,
    workers,
    signal,
    look: () => watch.look(),
  };
}

/** Reads how far a job is, and reports what has changed. */
class LaunchWatch {
  readonly #directory: JobDirectory;
  readonly #stages: readonly StagePlan[];
  readonly #known: Readonly<Record<StageName, Set<number>>> = { map: new Set(), reduce: new Set() };
  readonly #begun = new Set<StageName>();
  #listeners: Pick<RunJobOptions, 'onProgress' | 'onEvent'> | undefined;

  constructor(directory: JobDirectory, stages: readonly StagePlan[]) {
    this.#directory = directory;
    this.#stages = stages;
  }

  /** Reports from now on, and how far the stages are that have begun. */
  report(listeners: Pick<RunJobOptions, 'onProgress' | 'onEvent'>): void {
    this.#listeners = listeners;
    for (const { stage, total } of this.#stages) {
      this.#begin(stage, total);
      if (this.#known[stage].size < total) return;
    }
  }

  async look(): Promise<LaunchState> {
    const { store, path } = this.#directory;
    let isDecided = false;
    const found: Record<StageName, number[]> = { map: [], reduce: [] };
    for await (const { name } of jobFiles(store.storage, path)) {
      if (name === JOB_DECISION_NAME) isDecided = true;
      const recorded = recordedTask(name);
      const stage = this.#stages.find(({ kind }) => kind === recorded?.kind)?.stage;
      if (recorded !== undefined && stage !== undefined) found[stage].push(recorded.task);
    }
    let hasBegun = true;
    for (const { stage, total } of this.#stages) {
      if (hasBegun) this.#begin(stage, total);
      this.#note(stage, total, found[stage]);
      hasBegun &&= this.#known[stage].size >= total;
    }
    const decision = isDecided ? (await this.#directory.decision())?.decision : undefined;
    return { ended: this.#known, decision };
  }

  /** Reports a stage when it begins. */
  #begin(stage: StageName, total: number): void {
    if (this.#begun.has(stage) || this.#listeners === undefined) return;
    this.#begun.add(stage);
    this.#progress(stage, total);
  }

  /** Reports the tasks that have ended since the last time. */
  #note(stage: StageName, total: number, tasks: readonly number[]): void {
    const known = this.#known[stage];
    for (const task of [...tasks].sort((a, b) => a - b)) {
      if (known.has(task)) continue;
      known.add(task);
      // How many entries it took, its record does not say.
      this.#listeners?.onEvent?.({ event: 'task', stage, task, done: known.size, total, entries: 0 });
      this.#progress(stage, total);
    }
  }

  #progress(stage: StageName, total: number): void {
    const done = this.#known[stage].size;
    this.#listeners?.onProgress?.({ stage, done, total, entries: 0, share: total === 0 ? 1 : done / total });
  }
}
