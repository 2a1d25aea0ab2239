import { type JobEvent, type JobProgress, planLaunch, runJob } from '../../node/batch.ts';
import { slurmDryRun } from '../../node/engines/slurm-engine.ts';
import { registerInThreads } from '../../node/job-threads.ts';
import { EXIT, messageOf } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import type { RunArgs } from '../usage/jobs.ts';
import { jobArguments } from '../words/job-arguments.ts';
import { formatBytes, formatCount } from '../words/quantity.ts';
import { checkEngineOptions, engineOf, slurmOptions } from './run-engine.ts';

/** Runs a batch job. */
export async function runRun(args: RunArgs, io: Io): Promise<number> {
  const { quiet = false, json = false } = args;
  checkEngineOptions(args);
  const words = jobArguments(args.arg ?? []);
  if (args.task !== undefined) return (await import('./run-task.ts')).runOneTask(args, words, io);
  if (args.worker === true) return (await import('./run-worker.ts')).runWorker(args, io);
  const signal = io.interrupts();
  for (const scheme of ['s3', 'az']) registerInThreads(scheme);
  const output = new Output(io.stdout, { optional: true });
  const progress = new Progress(io, 'map', { quiet });
  const began = io.now();
  const said = {
    input: args.input,
    output: args.output,
    job: args.job,
    workers: args.workers,
    arguments: words,
    retries: args.retries,
    maxSkips: args.maxSkips,
    memoryBytes: args.memory,
    resume: args.resume === true,
    signal,
  };
  if (args.dryRun === true) {
    output.write(
      await slurmDryRun(await planLaunch(args.module, { ...said, dryRun: true }), slurmOptions(args)),
    );
    await output.finish();
    return EXIT.ok;
  }
  const say = (message: string): void => {
    progress.end();
    io.stderr.write(`cairn: ${message}\n`);
  };
  const { info, counters } = await runJob(args.module, {
    ...said,
    engine: engineOf(args, quiet ? () => undefined : say),
    onProgress: ({ stage, done, total, entries, share }: JobProgress) => {
      progress.phase(stage, `${done} of ${formatCount(total, 'task', 'tasks')}`);
      // An engine does not say how many entries its tasks have taken.
      progress.update(share, args.engine === undefined ? entries : undefined);
    },
    onEvent: (event: JobEvent) => {
      if (json) writeNow(output, lineOf(event));
      if (event.event !== 'retry' || quiet) return;
      const { stage, task, attempt, error } = event;
      say(`attempt ${attempt} of ${stage} task ${task} failed: ${messageOf(error)}`);
    },
  }).finally(() => progress.end());
  const { id, uri, count, bytes, partitions } = info;
  if (!quiet) {
    const seconds = Math.max((io.now() - began) / 1000, 0.001).toFixed(1);
    const counted = Object.entries(counters).map(([name, number]) => `, ${name}: ${number}`);
    io.stderr.write(
      `wrote ${formatCount(count, 'entry', 'entries')}, ${formatBytes(bytes)} in ` +
        `${formatCount(partitions.length, 'partition', 'partitions')}, ${seconds} s${counted.join('')}\n`,
    );
  }
  if (json) output.write(`${JSON.stringify({ event: 'store', id, uri, count, bytes, counters })}\n`);
  await output.finish();
  return EXIT.ok;
}

/** Writes a line of JSON that a program waits for: bytes are not collected. */
function writeNow(output: Output, line: object): void {
  const waiting = output.write(Buffer.from(`${JSON.stringify(line)}\n`));
  // `finish` reports the failure.
  waiting?.catch(() => undefined);
}

function lineOf(event: JobEvent): object {
  return event.event === 'retry' ? { ...event, error: messageOf(event.error) } : event;
}
