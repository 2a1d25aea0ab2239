import { finishJob } from '../../batch/finish-job.ts';
import { JobDirectory } from '../../batch/job-directory.ts';
import '../../node/register.ts';
import { formatInfoJson } from '../../text/info-json.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { JobCommitArgs } from '../usage/job-steps.ts';
import { formatBytes, formatCount } from '../words/quantity.ts';
import { JOB_ADVICE, requiredOption } from '../words/required-option.ts';

/** Makes the store of what the tasks of a job have written. */
export async function runJobCommit(args: JobCommitArgs, io: Io): Promise<number> {
  const { output: uri, quiet = false, json = false } = args;
  const { info } = await finishJob(await JobDirectory.at(uri, requiredOption(args.job, 'job', JOB_ADVICE)));
  const { count, bytes, partitions } = info;
  if (!quiet) {
    io.stderr.write(
      `wrote ${formatCount(count, 'entry', 'entries')}, ${formatBytes(bytes)} in ` +
        `${formatCount(partitions.length, 'partition', 'partitions')}\n`,
    );
  }
  const output = new Output(io.stdout, { optional: true });
  if (json) output.write(`${formatInfoJson(info)}\n`);
  await output.finish();
  return EXIT.ok;
}
