import { checkOptions } from '../check-options.ts';
import { asText, invalidArgument, isCairnError } from '../errors.ts';
import type { TaskRunner } from './assignment.ts';
import { DEFAULT_MEMORY_BYTES, type JobDefinition } from './define-job.ts';
import { finishJob, type JobResult } from './finish-job.ts';
import { JobDirectory } from './job-directory.ts';
import { parseTaskName, type StageName, stageOf, stagesOf, type TaskName } from './job-engine.ts';
import { LocalRunner } from './local-runner.ts';
import { decided } from './open-task.ts';
import { checkArguments, loadJob, withLimits } from './prepare-job.ts';
import { SplitInputs } from './split-inputs.ts';
import { describeRecord, type TaskRecord } from './task-writer.ts';

/** Which task of which job, and how it is run. */
export interface RunJobTaskOptions {
  readonly output: string | URL;
  readonly job: string;
  readonly task: TaskName;
  /** For the functions of the job, as `context.arguments`. */
  readonly arguments?: Readonly<Record<string, string>> | undefined;
  /** How often the task is attempted here; default: the definition's, or 3. */
  readonly retries?: number | undefined;
  /** In place of the definition's. */
  readonly maxSkips?: number | undefined;
  /** In place of the definition's. */
  readonly memoryBytes?: number | undefined;
  /** The number of the first attempt, for `context.attempt`; default: 1. */
  readonly attempt?: number | undefined;
  /** Called from time to time with the number of entries that an attempt has taken since the last call. */
  readonly onEntries?: ((count: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What has become of a task. */
export type JobTaskResult =
  | {
      readonly stage: StageName;
      readonly task: number;
      /** Whether an attempt was made: false if the task had ended before. */
      readonly ran: boolean;
      /** What counts. */
      readonly record: TaskRecord;
    }
  | ({ readonly stage: 'commit' } & JobResult);

const KNOWN = [
  'output',
  'job',
  'task',
  'arguments',
  'retries',
  'maxSkips',
  'memoryBytes',
  'attempt',
  'onEntries',
  'signal',
] as const;

/**
 * Runs one task of a job that is planned, or commits it: what one command line of an engine does. A task that has ended is not
 * run again.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND` if there is no such job, `INVALID_ARGUMENT` if it has no such task, `CONFLICT`
 *   if it is over, `INCOMPLETE` if the stage before has not ended; what the functions of the job and the storage throw.
 */
export async function runJobTask<K, V, MK, MV, OK, OV>(
  job: string | URL | JobDefinition<K, V, MK, MV, OK, OV>,
  options: RunJobTaskOptions,
): Promise<JobTaskResult> {
  const given = checkOptions(options, KNOWN);
  const { known } = await loadJob(job);
  const runner = new LocalRunner(known, new SplitInputs());
  try {
    return await runTaskBy(runner, known, given);
  } finally {
    await runner.close();
  }
}

/** The same with something that makes attempts. */
export async function runTaskBy(
  runner: TaskRunner,
  known: JobDefinition,
  given: RunJobTaskOptions,
): Promise<JobTaskResult> {
  const { attempt = 1, arguments: words = {}, signal = new AbortController().signal } = given;
  const { onEntries = () => undefined } = given;
  checkArguments(words);
  const definition = withLimits(known, given);
  if (!Number.isSafeInteger(attempt) || attempt < 1)
    throw invalidArgument('attempt', `attempt must be a positive integer, not ${asText(attempt)}`);
  const name = parseTaskName(String(given.task));
  const directory = await JobDirectory.at(given.output, given.job);
  if (name === 'commit') return { stage: 'commit', ...(await finishJob(directory)) };
  const plan = await directory.plan();
  const { stage, task } = name;
  const { kind } = stageOf(stagesOf(plan, definition.reduce !== undefined), name, directory);
  const before = await directory.record(kind, task);
  if (before !== undefined) return { stage, task, ran: false, record: describeRecord(before) };
  const { retries = 3, maxSkips = 0, memoryBytes = DEFAULT_MEMORY_BYTES } = definition;
  const assignment = {
    output: directory.store.uri,
    job: directory.job,
    planId: directory.planId(plan),
    kind,
    task,
    arguments: words,
    maxSkips,
    memoryBytes,
  };
  for (let number = attempt; ; number++) {
    signal.throwIfAborted();
    try {
      await runner.run({ ...assignment, attempt: number }, { signal, onEntries });
      break;
    } catch (error) {
      signal.throwIfAborted();
      if (number + 1 - attempt >= retries || isCairnError(error, 'CONFLICT', 'INCOMPLETE')) throw error;
    }
  }
  const record = await directory.record(kind, task);
  if (record !== undefined) return { stage, task, ran: true, record: describeRecord(record) };
  throw decided(directory, 'abort');
}
