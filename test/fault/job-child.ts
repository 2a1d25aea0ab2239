// Runs a job, or goes on with it, and kills itself, as `kill -9` would, just before the N-th call that changes the file
// system.

// First, before the library takes hold of the functions that it replaces.
import '../support/fs-hooks.ts';

import { runJob } from '../../src/node/batch.ts';
import { isCairnError } from '../../src/node/index.ts';
import { JOB } from './job-definition.ts';
import { killBefore } from './kill-before.ts';

const [input, output, nth] = process.argv.slice(2);

const calls = killBefore(Number(nth), output);
try {
  await runJob(JOB, { input, output, resume: true, workers: 3 });
} catch (error) {
  // Another process was faster.
  if (!isCairnError(error, 'ALREADY_EXISTS', 'CONFLICT')) throw error;
}
process.stdout.write(`${calls()}\n`);
