import type { JobLaunch } from '../../batch/job-engine.ts';
import { quote, taskLine } from './task-line.ts';

/** The largest array of AWS Batch. */
const MAX_ARRAY = 10_000;

/**
 * Returns a script that submits a job to AWS Batch: an array for each stage, which depends on the one before, and the commit. It has
 * been compared with the documentation, and not been run.
 */
export function awsBatchTemplate(launch: JobLaunch): string {
  const name = `cairn-${launch.job.replace(/[^A-Za-z0-9_-]+/g, '-')}`;
  const parts: string[] = [];
  let after: readonly string[] = [];
  for (const { stage, total } of launch.stages) {
    const chunks = Array.from({ length: Math.ceil(total / MAX_ARRAY) }, (_, i) => i * MAX_ARRAY);
    for (const first of chunks) {
      const size = Math.min(MAX_ARRAY, total - first);
      // An array has at least two.
      const index = size === 1 ? `${first}` : `$((AWS_BATCH_JOB_ARRAY_INDEX + ${first}))`;
      parts.push(
        submission(launch, {
          variable: variable(stage, first),
          name: `${name}-${stage}`,
          size,
          after,
          task: `${stage}:${index}`,
        }),
      );
    }
    after = chunks.map((first) => variable(stage, first));
  }
  parts.push(
    submission(launch, { variable: 'commit', name: `${name}-commit`, size: 1, after, task: 'commit' }),
  );
  return `#!/bin/sh
# Submits the job ${launch.job}, which makes ${launch.output}, to AWS Batch.
# A task may run twice, at once or late: the storage decides which attempt counts.
set -eu
queue=\${1:?name the job queue}
definition=\${2:?name the job definition: its image has Node, the command cairn and the module of the job}

${parts.join('\n')}
echo "$commit"
`;
}

function variable(stage: string, first: number): string {
  return first === 0 ? stage : `${stage}_${first}`;
}

interface Submission {
  readonly variable: string;
  readonly name: string;
  readonly size: number;
  readonly after: readonly string[];
  /** In the words of the container's shell. */
  readonly task: string;
}

function submission(launch: JobLaunch, { variable: id, name, size, after, task }: Submission): string {
  const command = JSON.stringify({ command: ['sh', '-c', `exec ${taskLine(launch, task)}`] });
  // The job's code or input is wrong: another attempt would fail, too.
  const retries = JSON.stringify({
    attempts: launch.retries,
    evaluateOnExit: ['1', '2', '3'].map((code) => ({ onExitCode: code, action: 'EXIT' })),
  });
  const lines = [
    `--job-name ${name} --job-queue "$queue" --job-definition "$definition"`,
    ...(size === 1 ? [] : [`--array-properties size=${size}`]),
    ...(after.length === 0 ? [] : [`--depends-on ${after.map((one) => `jobId="$${one}"`).join(' ')}`]),
    `--retry-strategy ${quote(retries)}`,
    `--container-overrides ${quote(command)}`,
    '--query jobId --output text',
  ];
  return `${id}=$(aws batch submit-job ${lines.join(' \\\n  ')})\n`;
}
