import { checkOptions } from '../check-options.ts';
import { CairnError, invalidArgument, isCairnError } from '../errors.ts';
import { HOST, type Host } from '../io/host.ts';
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
  const { job, task, sort, signal } = checkOptions(options, ['job', 'task', 'sort', 'signal']);
  const directory = await JobDirectory.at(output, job);
  const plan = await directory.plan();
  if (!Number.isSafeInteger(task) || task < 0 || task >= plan.tasks) {
    throw invalidArgument('task', `task must be an integer from 0 to ${plan.tasks - 1}, not ${String(task)}`);
  }
  const { sortBytes, ...outputOptions } = plan.output;
  const sorts = sort ?? outputOptions.sort ?? false;
  const writing = { ...outputOptions, sort: sorts, sortBytes: sorts ? sortBytes : undefined, signal };
  return openAttempt<K, V>(directory, 'task', task, writing, () => ({}));
}

/**
 * Begins an attempt of a task of any kind.
 *
 * @param counters is called once at the end.
 * @throws {CairnError} (as a rejection) `CONFLICT` if the job is committed or aborted, what `createStore` throws.
 */
export async function openAttempt<K, V>(
  directory: JobDirectory,
  kind: TaskKind,
  task: number,
  options: CreateStoreOptions,
  counters: () => Readonly<Record<string, number>>,
  host: Host = HOST,
): Promise<TaskWriter<K, V>> {
  const { store } = directory;
  await refuseDecided(directory);
  const attempt = host.uniqueName();
  let written: AttemptRecord = { attempt, counters: {}, partitions: [] };
  const writer = await openWriter<K, V>(
    store.uri,
    options,
    // Its files have the id of the attempt in their names.
    { uniqueName: () => attempt, now: host.now },
    async (draft, { partitions }) => {
      written = { attempt, counters: counters(), partitions };
      await settle(draft, directory, kind, task, written);
    },
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
