import type { TaskName } from '../../batch/job-engine.ts';
import { invalidArgument } from '../../errors.ts';
import { type JobTaskResult, runJobTask } from '../../node/batch.ts';
import { failureEvent } from '../../node/engines/task-failure.ts';
import { registerSchemes } from '../stores/register-schemes.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { RunArgs } from '../usage/jobs.ts';
import { formatBytes, formatCount } from '../words/quantity.ts';
import { JOB_ADVICE, requiredOption } from '../words/required-option.ts';

/** Runs one task of a job that is planned: what the engines' command lines do. */
export async function runOneTask(
  args: RunArgs,
  words: Readonly<Record<string, string>>,
  io: Io,
): Promise<number> {
  const { module, output: uri, task = 'commit', quiet = false, json = false } = args;
  if (uri === undefined)
    throw invalidArgument('output', '--output is missing: name the store that the job makes');
  // What the task reads is said by the plan.
  await registerSchemes(['s3:', 'az:'], io.env);
  const output = new Output(io.stdout, { optional: true });
  let result: JobTaskResult;
  try {
    result = await runJobTask(module, {
      output: uri,
      job: requiredOption(args.job, 'job', JOB_ADVICE),
      task: task as TaskName,
      arguments: words,
      retries: args.retries,
      maxSkips: args.maxSkips,
      memoryBytes: args.memory,
      signal: io.interrupts(),
    });
  } catch (error) {
    if (json) {
      output.write(`${JSON.stringify(failureEvent(error))}\n`);
      await output.finish();
    }
    throw error;
  }
  if (!quiet) io.stderr.write(`${summary(result)}\n`);
  if (json) output.write(`${JSON.stringify(lineOf(result))}\n`);
  await output.finish();
  return EXIT.ok;
}

function summary(result: JobTaskResult): string {
  if (result.stage === 'commit') return `wrote ${sizeOf(result.info.count, result.info.bytes)}`;
  const { stage, task, ran, record } = result;
  const what = sizeOf(record.entries, record.bytes);
  return `${stage} task ${task} ${ran ? 'wrote' : 'had ended before, and wrote'} ${what}`;
}

function sizeOf(entries: number, bytes: number): string {
  return `${formatCount(entries, 'entry', 'entries')}, ${formatBytes(bytes)}`;
}

function lineOf(result: JobTaskResult): object {
  if (result.stage !== 'commit') return { event: 'task', ...result };
  const { id, uri, count, bytes } = result.info;
  return { event: 'store', id, uri, count, bytes, counters: result.counters };
}
