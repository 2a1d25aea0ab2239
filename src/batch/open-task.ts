import { checkOptions } from '../check-options.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import { asText, CairnError, invalidArgument, isCairnError } from '../errors.ts';
import { HOST } from '../io/host.ts';
import { openWriter } from '../store/create-store.ts';
import type { StoreDraft } from '../store/manifest/store-draft.ts';
import type { CreateStoreOptions } from '../store/write/write-options.ts';
import { type AttemptRecord, type Decision, JobDirectory, type TaskKind } from './job-directory.ts';
import { LostTask, TaskWriter } from './task-writer.ts';

/** Which task an attempt is of. */
export interface OpenTaskOptions {
  readonly job: string;
  /** The number of the task, from 0. */
  readonly task: number;
  /** The engine's name or number of the attempt, which the record of the task keeps. It decides nothing. */
  readonly attempt?: string | number | undefined;
  /** Overrides the `sort` of the job. */
  readonly sort?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Begins an attempt of a task. Any number of attempts may run, at once or one after the other: what the first one to end
 * has written counts.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND` if there is no such job, `CONFLICT` if it is committed or aborted,
 *   `INVALID_ARGUMENT`, `IO`.
 */
export async function openTask<K = unknown, V = unknown>(
  output: string | URL,
  options: OpenTaskOptions,
): Promise<TaskWriter<K, V>> {
  const { job, task, attempt, sort, signal } = checkOptions(options, [
    'job',
    'task',
    'attempt',
    'sort',
    'signal',
  ]);
  checkAttempt(attempt);
  const directory = await JobDirectory.at(output, job);
  const plan = await directory.plan();
  if (!Number.isSafeInteger(task) || task < 0 || task >= plan.tasks) {
    throw invalidArgument('task', `task must be an integer from 0 to ${plan.tasks - 1}, not ${asText(task)}`);
  }
  const { sortBytes, ...outputOptions } = plan.output;
  const sorts = sort ?? outputOptions.sort ?? false;
  const writing = { ...outputOptions, sort: sorts, sortBytes: sorts ? sortBytes : undefined, signal };
  return openAttempt<K, V>(directory, { kind: 'task', task, engineAttempt: attempt }, writing, () => ({}));
}

/** Engines' names of attempts are this long at most. */
const MAX_ATTEMPT_CHARACTERS = 256;

function checkAttempt(attempt: unknown): void {
  if (attempt === undefined || Number.isSafeInteger(attempt)) return;
  if (typeof attempt === 'string' && attempt.length <= MAX_ATTEMPT_CHARACTERS) return;
  throw invalidArgument(
    'attempt',
    `attempt must be an integer, or text of up to ${MAX_ATTEMPT_CHARACTERS} characters`,
  );
}

/** Which task an attempt is of, and what its engine calls it. */
export interface AttemptName {
  readonly kind: TaskKind;
  readonly task: number;
  readonly engineAttempt: string | number | undefined;
}

/**
 * Begins an attempt of a task of any kind.
 *
 * @param counters is called once at the end.
 * @param keys encodes keys in place of the codec that the options name.
 * @throws {CairnError} (as a rejection) `CONFLICT` if the job is committed or aborted, what `createStore` throws.
 */
export async function openAttempt<K, V>(
  directory: JobDirectory,
  { kind, task, engineAttempt }: AttemptName,
  options: CreateStoreOptions,
  counters: () => Readonly<Record<string, number>>,
  keys?: KeyCodec<K>,
): Promise<TaskWriter<K, V>> {
  const { store } = directory;
  await refuseDecided(directory);
  const attempt = HOST.uniqueName();
  let written: AttemptRecord = { attempt, engineAttempt, counters: {}, partitions: [] };
  const writer = await openWriter<K, V>(
    store.uri,
    options,
    // Its files have the id of the attempt in their names.
    { uniqueName: () => attempt, now: HOST.now },
    async (draft, { partitions }) => {
      written = { attempt, engineAttempt, counters: counters(), partitions };
      await settle(draft, directory, kind, task, written);
    },
    keys,
  );
  return new TaskWriter<K, V>(task, writer, () => written);
}

/** @throws {LostTask} if another attempt's record is there; {CairnError} `CONFLICT`, `IO`. */
async function settle(
  draft: StoreDraft,
  directory: JobDirectory,
  kind: TaskKind,
  task: number,
  record: AttemptRecord,
): Promise<void> {
  if (!(await putRecord(draft, directory, kind, task, record))) {
    await refuseDecided(directory);
    throw new LostTask((await directory.record(kind, task)) as AttemptRecord);
  }
  let decision: Decision | undefined;
  try {
    decision = await directory.decision();
  } catch (error) {
    // The record names the files.
    draft.release();
    throw error;
  }
  const names = new Set(record.partitions.map(({ name }) => name));
  if (
    decision === undefined ||
    (decision.decision === 'commit' && decision.partitions.some(({ name }) => names.has(name)))
  ) {
    draft.release();
    return;
  }
  // It came too late: nothing reads it.
  await directory.removeRecord(kind, task);
  throw decided(directory, decision.decision);
}

/** Puts the record, and leaves the files to it if it may be there although the storage failed. */
async function putRecord(
  draft: StoreDraft,
  directory: JobDirectory,
  kind: TaskKind,
  task: number,
  record: AttemptRecord,
): Promise<boolean> {
  try {
    return await directory.putRecord(kind, task, record);
  } catch (error) {
    const isOpen = isCairnError(error, 'IO') && error.unanswered === true;
    const found = await directory.record(kind, task).catch(() => record);
    if (isOpen || found?.attempt === record.attempt) draft.release();
    throw error;
  }
}

async function refuseDecided(directory: JobDirectory): Promise<void> {
  const decision = await directory.decision();
  if (decision !== undefined) throw decided(directory, decision.decision);
}

/** The error for a job that is over. */
export function decided({ job, store: { uri } }: JobDirectory, decision: 'abort' | 'commit'): CairnError {
  const what = decision === 'abort' ? 'aborted' : 'committed';
  return new CairnError('CONFLICT', `the job ${job} at ${uri} is ${what}: its tasks are over`, { uri });
}
