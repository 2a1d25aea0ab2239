import { checkOptions } from '../check-options.ts';
import { invalidArgument, isCairnError } from '../errors.ts';
import { locate } from '../io/uri.ts';
import { abortJob } from './abort-job.ts';
import type { TaskRunner } from './assignment.ts';
import { beginJob } from './begin-job.ts';
import { DEFAULT_MEMORY_BYTES, type JobDefinition } from './define-job.ts';
import { finishJob, type JobResult } from './finish-job.ts';
import type { JobDirectory } from './job-directory.ts';
import type { JobEngine } from './job-engine.ts';
import { heapBytesFor, jobModules } from './job-modules.ts';
import type { JobPlan } from './job-plan.ts';
import { absoluteInput, launchOf, refuseUnshared } from './launch-job.ts';
import { LocalRunner } from './local-runner.ts';
import { type PreparedJob, prepareJob } from './prepare-job.ts';
import type { RunJobOptions } from './run-job-options.ts';
import { runStages } from './run-stages.ts';
import { SharedInputs } from './shared-inputs.ts';
import { SplitInputs } from './split-inputs.ts';

const KNOWN = [
  'input',
  'output',
  'job',
  'resume',
  'engine',
  'workers',
  'arguments',
  'retries',
  'maxSkips',
  'memoryBytes',
  'onProgress',
  'onEvent',
  'signal',
];

/**
 * Runs a job from its input to the complete output. A job that is given by the path or URL of its module runs in threads, each of
 * which imports the module; a definition runs in this thread, and so does a job with stores that other threads don't have: in
 * `memory:`, or in a storage that the program has registered.
 *
 * A task that fails is attempted again, three times in all by default; if it still fails, the job is aborted and nothing is
 * visible. So is one whose thread ends, which is replaced. After an error of the storage, a crash, or the signal, `resume` goes
 * on with the tasks that are left.
 *
 * @throws {CairnError} (as a rejection) `ALREADY_EXISTS`, `NOT_FOUND`, `INVALID_ARGUMENT` (also if a function of the job
 *   throws an error, which is its cause, or ends its thread), `KEY_ORDER`, `DUPLICATE_KEY`, `TOO_LARGE`, `CONFLICT`,
 *   `CORRUPTION`, `IO`; the signal's reason.
 */
export async function runJob<K, V, MK, MV, OK, OV>(
  job: string | URL | JobDefinition<K, V, MK, MV, OK, OV>,
  options: RunJobOptions = {},
): Promise<JobResult> {
  const given = checkOptions(options, KNOWN);
  const { engine } = given;
  const prepared = await prepareJob(job, given);
  const { definition, output, signal } = prepared;
  if (engine !== undefined) checkEngine(engine, prepared);
  signal.throwIfAborted();
  const { directory } = await beginJob(definition, {
    input: engine === undefined ? prepared.input : absoluteInput(prepared.input),
    output,
    job: given.job,
    resume: given.resume ?? false,
    signal,
  });
  const plan = await directory.plan();
  if ((await directory.decision()) === undefined) {
    try {
      if (engine === undefined) await runHere(directory, plan, prepared, given);
      else await engine.run(await launchOf(directory, plan, prepared, given));
    } catch (error) {
      // What the storage refuses now it may take later; everything else would fail again.
      if (!signal.aborted && !isCairnError(error, 'IO')) await abandon(directory);
      throw error;
    }
  }
  return finish(directory);
}

function checkEngine(engine: JobEngine, { module, output }: PreparedJob): void {
  if (typeof engine !== 'object' || engine === null || typeof engine.run !== 'function')
    throw invalidArgument('engine', 'engine must be one such as slurmEngine() or bullmqEngine()');
  if (module === undefined)
    throw invalidArgument('engine', 'an engine runs other processes: give the job by the path of its module');
  refuseUnshared(output);
}

/** Runs the tasks in threads of this process, or in this thread. */
async function runHere(
  directory: JobDirectory,
  plan: JobPlan,
  { definition, module, workers, arguments: words, signal }: PreparedJob,
  { onProgress, onEvent }: RunJobOptions,
): Promise<void> {
  const { retries = 3, maxSkips = 0, memoryBytes = DEFAULT_MEMORY_BYTES } = definition;
  const runner = await openRunner(definition, directory, plan, module);
  try {
    await runStages(definition, directory, plan, {
      runner,
      workers: workers ?? (module === undefined ? 1 : (jobModules()?.parallelism ?? 1)),
      retries,
      maxSkips,
      memoryBytes,
      arguments: words,
      signal,
      onProgress,
      onEvent,
    });
  } finally {
    await runner.close();
  }
}

/** Returns what makes the attempts: threads if there are any, and they see the same stores. */
async function openRunner(
  definition: JobDefinition,
  { store }: JobDirectory,
  { splits }: JobPlan,
  module: string | undefined,
): Promise<TaskRunner> {
  const modules = jobModules();
  const schemes = [store, ...splits.map(({ uri }) => locate(uri))].map(({ storage }) => storage.scheme);
  if (module === undefined || !schemes.every((scheme) => modules?.sharesScheme(scheme)))
    return new LocalRunner(definition, new SplitInputs());
  const shared = await SharedInputs.open(splits);
  const { memoryBytes } = definition;
  const heapBytes = heapBytesFor(memoryBytes);
  const threads = modules?.threads({ module, stores: shared.handles, heapBytes });
  if (threads === undefined) {
    await shared.close();
    return new LocalRunner(definition, new SplitInputs());
  }
  return {
    run: (assignment, observer) => threads.run(assignment, observer),
    close: async () => {
      await threads.close();
      await shared.close();
    },
  };
}

async function finish(directory: JobDirectory): Promise<JobResult> {
  try {
    return await finishJob(directory);
  } catch (error) {
    if (isCairnError(error, 'KEY_ORDER', 'DUPLICATE_KEY', 'ALREADY_EXISTS')) await abandon(directory);
    throw error;
  }
}

/** Aborts the job. The first error is the one to report; what can't be removed now is found by sweep. */
async function abandon({ store, job }: JobDirectory): Promise<void> {
  await abortJob(store.uri, { job }).catch(() => undefined);
}
