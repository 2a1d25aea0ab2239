import type { StoreInfo } from '../store/manifest/describe-store.ts';
import { commitJob } from './commit-job.ts';
import type { AttemptRecord, JobDirectory } from './job-directory.ts';
import { sumCounts } from './task-counters.ts';

/** What a job has made. */
export interface JobResult {
  readonly info: StoreInfo;
  readonly counters: Readonly<Record<string, number>>;
}

/**
 * Commits a job whose tasks have ended, and removes what only its tasks have read. Any process may call it, again and at
 * once.
 *
 * @throws {CairnError} (as a rejection) what {@link commitJob} throws.
 */
export async function finishJob(directory: JobDirectory): Promise<JobResult> {
  const {
    job,
    store: { uri },
  } = directory;
  const info = await commitJob(uri, { job });
  const plan = await directory.plan();
  const records = [
    ...(await directory.endedRecords('map', plan)),
    ...(await directory.endedRecords('task', plan)),
  ];
  await removeUnread(directory, info, records);
  return { info, counters: sumCounts(records) };
}

const REMOVALS_AT_ONCE = 16;

/** Removes what the tasks of a committed job have written and nothing reads. What can't be removed is found by sweep. */
async function removeUnread(
  { store }: JobDirectory,
  { partitions }: StoreInfo,
  records: readonly AttemptRecord[],
): Promise<void> {
  const named = new Set(partitions.map(({ name }) => name));
  const names = records
    .flatMap((record) => record.partitions)
    .flatMap(({ name }) => (named.has(name) ? [] : name));
  for (let from = 0; from < names.length; from += REMOVALS_AT_ONCE) {
    const some = names.slice(from, from + REMOVALS_AT_ONCE);
    await Promise.allSettled(some.map((name) => store.storage.remove(store.partition(name))));
  }
}
