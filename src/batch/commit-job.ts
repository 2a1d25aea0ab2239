import { compareBytes } from '../bytes/compare.ts';
import { checkOptions } from '../check-options.ts';
import { CairnError, isCairnError, notLoaded } from '../errors.ts';
import type { PartitionRecord } from '../partition/partition-record.ts';
import type { StoreInfo } from '../store/manifest/describe-store.ts';
import { describeStoreAt } from '../store/manifest/describe-store-at.ts';
import { type Manifest, withId } from '../store/manifest/manifest.ts';
import { StoreDraft } from '../store/manifest/store-draft.ts';
import { showStoredKey } from '../store/write/entry-check.ts';
import { checkWriteOptions } from '../store/write/write-options.ts';
import { type AttemptRecord, type Decision, JobDirectory } from './job-directory.ts';
import type { JobPlan } from './job-plan.ts';
import { decided } from './open-task.ts';
import type { TaskPiece } from './task-piece.ts';

/** Which job. */
export interface JobOptions {
  readonly job: string;
}

/**
 * Makes the store of what the tasks of a job have written, in one step. Copies no data, unless the keys of tasks overlap and
 * the plan has `onOverlap: 'merge'`. Any process may call it, again and at once: each call returns the same store.
 *
 * @throws {CairnError} (as a rejection) `INCOMPLETE` if a task has not ended, `KEY_ORDER` if the keys of two tasks overlap,
 *   `DUPLICATE_KEY` if two tasks wrote the same key, `CONFLICT` if the job is aborted, `ALREADY_EXISTS` if another writer
 *   was first, `NOT_FOUND`, `IO`. Nothing is visible then.
 */
export async function commitJob(output: string | URL, options: JobOptions): Promise<StoreInfo> {
  const { job: name } = checkOptions(options, ['job']);
  const directory = await JobDirectory.at(output, name);
  const plan = await directory.plan();
  const decision = (await directory.decision()) ?? (await decideCommit(directory, plan));
  if (decision.decision === 'abort') throw decided(directory, 'abort');
  const manifest = manifestOf(directory, plan, decision.partitions);
  await putManifest(directory, manifest);
  return describeStoreAt(directory.store, manifest);
}

async function decideCommit(directory: JobDirectory, plan: JobPlan): Promise<Decision> {
  const pieces = await endedPieces(directory, plan);
  const overlap = findOverlap(pieces, plan);
  if (overlap === undefined)
    return directory.decide({ decision: 'commit', partitions: pieces.map(({ record }) => record) });
  if (plan.onOverlap !== 'merge') throw overlap;
  const { mergeTasks } = await import('./merge-tasks.ts').catch(notLoaded);
  return mergeTasks(directory, plan, pieces);
}

/** The partitions of all tasks in the order of their first keys. */
async function endedPieces(directory: JobDirectory, plan: JobPlan): Promise<TaskPiece[]> {
  const { store, job } = directory;
  const records = await directory.records('task', plan.tasks);
  const missing = records.indexOf(undefined);
  if (missing >= 0) {
    throw new CairnError(
      'INCOMPLETE',
      `task ${missing} of the job ${job} at ${store.uri} has not ended; run it, and commit the job then`,
      { uri: store.uri },
    );
  }
  const pieces = (records as AttemptRecord[]).flatMap(({ partitions }, task) =>
    partitions.map((record) => ({ record, task })),
  );
  return pieces.sort((a, b) => compareBytes(a.record.firstKey, b.record.firstKey));
}

/** Returns the error for the first two partitions whose keys overlap. */
function findOverlap(pieces: readonly TaskPiece[], { output }: JobPlan): CairnError | undefined {
  for (let i = 1; i < pieces.length; i++) {
    const [before, after] = [pieces[i - 1], pieces[i]];
    const order = compareBytes(before.record.lastKey, after.record.firstKey);
    if (order >= 0) return overlap(before, after, order === 0, output.keyEncoding as string);
  }
  return undefined;
}

function overlap(before: TaskPiece, after: TaskPiece, isSame: boolean, keyEncoding: string): CairnError {
  const show = (key: Uint8Array): string => showStoredKey(key, keyEncoding);
  const { lastKey } = before.record;
  const { firstKey } = after.record;
  if (isSame) {
    return new CairnError(
      'DUPLICATE_KEY',
      `the key ${show(firstKey)} was written by task ${before.task} and by task ${after.task}; give each key to one task`,
      { key: firstKey },
    );
  }
  return new CairnError(
    'KEY_ORDER',
    `task ${before.task} wrote keys up to ${show(lastKey)}, and task ${after.task} keys from ${show(firstKey)} on: ` +
      'give each task a range of keys of its own',
    { previous: lastKey, key: firstKey },
  );
}

function manifestOf(
  { checksum }: JobDirectory,
  { output }: JobPlan,
  partitions: readonly PartitionRecord[],
): Manifest {
  const { compression, metadata } = checkWriteOptions(output);
  const { keyEncoding, valueEncoding } = output as { keyEncoding: string; valueEncoding: string };
  return withId({ keyEncoding, valueEncoding, compression, metadata, partitions }, checksum);
}

/** Puts the manifest unless it is there: whoever has decided may have put it. */
async function putManifest({ store, checksum }: JobDirectory, manifest: Manifest): Promise<void> {
  try {
    // The partitions are those of the tasks, and stay whatever happens here.
    const draft = await StoreDraft.begin(store, { checksum, keepsFiles: true });
    await draft.commit(manifest);
  } catch (error) {
    if (!isCairnError(error, 'ALREADY_EXISTS')) throw error;
    if (!(await isThere())) throw error;
  }
  async function isThere(): Promise<boolean> {
    if ((await store.state()) !== 'complete') return false;
    const { id, partitions } = await store.readManifest(checksum);
    const namesOf = (list: readonly PartitionRecord[]): string => list.map(({ name }) => name).join('/');
    return id === manifest.id && namesOf(partitions) === namesOf(manifest.partitions);
  }
}
