import { checkOptions } from '../check-options.ts';
import { CairnError, invalidArgument, isCairnError } from '../errors.ts';
import { locate } from '../io/uri.ts';
import { abortJob } from './abort-job.ts';
import type { TaskRunner } from './assignment.ts';
import { beginJob } from './begin-job.ts';
import { DEFAULT_MEMORY_BYTES, defineJob, type JobDefinition } from './define-job.ts';
import { finishJob, type JobResult } from './finish-job.ts';
import type { JobDirectory } from './job-directory.ts';
import type { JobInput } from './job-input.ts';
import { type JobModules, jobModules } from './job-modules.ts';
import type { JobPlan } from './job-plan.ts';
import { LocalRunner } from './local-runner.ts';
import { type JobEvent, type JobProgress, runStages } from './run-stages.ts';
import { SharedInputs } from './shared-inputs.ts';
import { SplitInputs } from './split-inputs.ts';

/** Where a job runs, and over what. */
export interface RunJobOptions {
  /** In place of the definition's. */
  readonly input?: JobInput | undefined;
  /** In place of the definition's. */
  readonly output?: string | URL | undefined;
  /** The name of the job; default: 16 random hex digits. */
  readonly job?: string | undefined;
  /** Whether to go on with the job that was begun at the output, if there is one; default: false. */
  readonly resume?: boolean | undefined;
  /**
   * Tasks that are run at once, each in a thread if the job is given by its module; default: as many as the machine has cores,
   * or else 1.
   */
  readonly workers?: number | undefined;
  /** For the functions of the job, as `context.arguments`. */
  readonly arguments?: Readonly<Record<string, string>> | undefined;
  /** In place of the definition's. */
  readonly retries?: number | undefined;
  /** In place of the definition's. */
  readonly maxSkips?: number | undefined;
  /** In place of the definition's. */
  readonly memoryBytes?: number | undefined;
  /** Called after each task, and from time to time. */
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  /** Called when a task has ended, and when an attempt has failed that is made again. */
  readonly onEvent?: ((event: JobEvent) => void) | undefined;
  /** Ends the running, and leaves a job that `resume` goes on with. */
  readonly signal?: AbortSignal | undefined;
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
  const { signal = new AbortController().signal, arguments: words = {}, onProgress, onEvent } = given;
  if (onEvent !== undefined && typeof onEvent !== 'function')
    throw invalidArgument('onEvent', 'onEvent must be a function');
  checkArguments(words);
  const module = typeof job === 'string' || job instanceof URL ? await loadModule(job) : undefined;
  const known = module?.definition ?? (job as unknown as JobDefinition);
  const definition = defineJob({
    ...known,
    retries: given.retries ?? known.retries,
    maxSkips: given.maxSkips ?? known.maxSkips,
    memoryBytes: given.memoryBytes ?? known.memoryBytes,
  });
  const { workers = module === undefined ? 1 : (jobModules()?.parallelism ?? 1) } = given;
  if (!Number.isSafeInteger(workers) || workers < 1)
    throw invalidArgument('workers', `workers must be a positive integer, not ${String(workers)}`);
  const output = given.output ?? definition.output;
  if (output === undefined) throw invalidArgument('output', 'output must say which store the job makes');
  signal.throwIfAborted();
  const { directory } = await beginJob(definition, {
    input: given.input ?? definition.input,
    output: String(output),
    job: given.job,
    resume: given.resume ?? false,
    signal,
  });
  const plan = await directory.plan();
  if ((await directory.decision()) === undefined) {
    const { retries = 3, maxSkips = 0, memoryBytes = DEFAULT_MEMORY_BYTES } = definition;
    const runner = await openRunner(definition, directory, plan, module?.url);
    try {
      await runStages(definition, directory, plan, {
        runner,
        workers,
        retries,
        maxSkips,
        memoryBytes,
        arguments: words,
        signal,
        onProgress,
        onEvent,
      });
    } catch (error) {
      // What the storage refuses now it may take later; everything else would fail again.
      if (!signal.aborted && !isCairnError(error, 'IO')) await abandon(directory);
      throw error;
    } finally {
      await runner.close();
    }
  }
  return finish(directory);
}

function checkArguments(words: Readonly<Record<string, string>>): void {
  if (
    typeof words === 'object' &&
    words !== null &&
    Object.values(words).every((word) => typeof word === 'string')
  )
    return;
  throw invalidArgument('arguments', 'arguments must be an object of strings');
}

function loadModule(module: string | URL): ReturnType<JobModules['load']> {
  const modules = jobModules();
  if (modules !== undefined) return modules.load(module);
  throw new CairnError('UNSUPPORTED', 'modules of jobs are loaded by Node; give the definition itself');
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
  const heapBytes = memoryBytes === undefined ? undefined : 2 * memoryBytes + LEAST_HEAP_BYTES;
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

/** What a thread's heap holds besides entries. */
const LEAST_HEAP_BYTES = 1 << 26;

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
