import { checkOptions } from '../check-options.ts';
import { CairnError } from '../errors.ts';
import { jobFiles } from '../store/manifest/orphan-files.ts';
import { commitJob, type JobOptions } from './commit-job.ts';
import { JobDirectory, recordedTask } from './job-directory.ts';

/**
 * Ends a job without a store, and removes what its tasks have written; the output can be written by another job then. What
 * attempts write that are still running is removed by them, or found by sweep. Calling it twice is a no-op.
 *
 * @throws {CairnError} (as a rejection) `CONFLICT` if the job is committed: the store is there, then. `NOT_FOUND`, `IO`.
 */
export async function abortJob(output: string | URL, options: JobOptions): Promise<void> {
  const { job: name } = checkOptions(options, ['job']);
  const directory = await JobDirectory.at(output, name);
  const { store, job } = directory;
  await directory.plan();
  const { decision } = await directory.decide({ decision: 'abort' });
  if (decision === 'commit') {
    // Its committer may have ended before the store was there.
    await commitJob(output, options);
    throw new CairnError('CONFLICT', `the job ${job} is committed: the store ${store.uri} is complete`, {
      uri: store.uri,
    });
  }
  await removeAttempts(directory);
}

/** Removes what is recorded of the tasks of a job that nothing else names. */
async function removeAttempts(directory: JobDirectory): Promise<void> {
  const { store, path } = directory;
  const { storage } = store;
  for await (const file of jobFiles(storage, path)) {
    const recorded = recordedTask(file.name);
    if (recorded === undefined) continue;
    const record = await directory.record(recorded.kind, recorded.task);
    for (const { name } of record?.partitions ?? []) await storage.remove(store.partition(name));
    await storage.remove(file.path);
  }
}
