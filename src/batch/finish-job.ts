import { commitJob } from './commit-job.ts';
import type { JobDirectory } from './job-directory.ts';
import { jobStatus } from './job-status.ts';
import type { JobResult } from './run-job.ts';

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
  const { counters } = await jobStatus(uri, { job });
  await removeRuns(directory);
  return { info, counters };
}

/** Removes the runs of a committed job: nothing reads them. What can't be removed is found by sweep. */
async function removeRuns(directory: JobDirectory): Promise<void> {
  const { store } = directory;
  for (const { partitions } of await directory.mapRecords()) {
    for (const { name } of partitions)
      await store.storage.remove(store.partition(name)).catch(() => undefined);
  }
}
