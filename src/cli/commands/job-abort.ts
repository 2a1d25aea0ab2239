import { abortJob } from '../../node/batch.ts';
import { EXIT } from '../terminal/failure.ts';
import type { JobAbortArgs } from '../usage/job-steps.ts';
import { JOB_ADVICE, requiredOption } from '../words/required-option.ts';

/** Ends a job without a store. */
export async function runJobAbort({ output, job }: JobAbortArgs): Promise<number> {
  await abortJob(output, { job: requiredOption(job, 'job', JOB_ADVICE) });
  return EXIT.ok;
}
