import { jobNames } from '../../batch/job-directory.ts';
import { CairnError } from '../../errors.ts';
import { type JobStatus, jobStatus } from '../../node/batch.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import type { JobStatusArgs } from '../usage/job-steps.ts';
import { formatBytes } from '../words/quantity.ts';

/** Prints how far the jobs of an output are. */
export async function runJobStatus(
  { output: uri, job, json = false }: JobStatusArgs,
  io: Io,
): Promise<number> {
  const names = job === undefined ? (await jobNames(uri)).sort() : [job];
  if (names.length === 0) throw new CairnError('NOT_FOUND', `there is no job at ${uri}`, { uri });
  const found: { readonly name: string; readonly status: JobStatus }[] = [];
  for (const name of names) found.push({ name, status: await jobStatus(uri, { job: name }) });
  const output = new Output(io.stdout);
  if (json) {
    for (const { name, status } of found) await output.write(`${JSON.stringify({ job: name, ...status })}\n`);
  } else {
    const rows = found.map(({ name, status }) => [
      name,
      status.state,
      `${status.mapped}`,
      `${status.committed} of ${status.tasks}`,
      `${status.entries}`,
      formatBytes(status.bytes),
      Object.entries(status.counters)
        .map(([counter, count]) => `${counter}: ${count}`)
        .join(', '),
    ]);
    const columns = ['job', 'state', 'maps ended', 'tasks ended', 'entries', 'bytes', 'counters'];
    await output.write(formatTable(columns, rows, ['maps ended', 'tasks ended', 'entries', 'bytes']));
  }
  await output.finish();
  return EXIT.ok;
}
