import { invalidArgument } from '../../errors.ts';
import { type JobEvent, type JobProgress, runJob } from '../../node/batch.ts';
import { registerInThreads } from '../../node/job-threads.ts';
import { EXIT, messageOf } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import type { RunArgs } from '../usage/jobs.ts';
import { formatBytes, formatCount } from '../words/quantity.ts';

/** Runs a batch job. */
export async function runRun(args: RunArgs, io: Io): Promise<number> {
  const { quiet = false, json = false } = args;
  const signal = io.interrupts();
  const words = jobArguments(args.arg ?? []);
  for (const scheme of ['s3', 'az']) registerInThreads(scheme);
  const output = new Output(io.stdout, { optional: true });
  const progress = new Progress(io, 'map', { quiet });
  const began = io.now();
  const { info, counters } = await runJob(args.job, {
    input: args.input,
    output: args.output,
    workers: args.workers,
    arguments: words,
    retries: args.retries,
    maxSkips: args.maxSkips,
    memoryBytes: args.memory,
    resume: args.resume === true,
    signal,
    onProgress: ({ stage, done, total, entries, share }: JobProgress) => {
      progress.phase(stage, `${done} of ${formatCount(total, 'task', 'tasks')}`);
      progress.update(share, entries);
    },
    onEvent: (event: JobEvent) => {
      if (json) writeNow(output, lineOf(event));
      if (event.event !== 'retry' || quiet) return;
      progress.end();
      const { stage, task, attempt, error } = event;
      io.stderr.write(`cairn: attempt ${attempt} of ${stage} task ${task} failed: ${messageOf(error)}\n`);
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

function jobArguments(list: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    list.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw invalidArgument('arg', `write name=value, not ${text}`);
    }),
  );
}
