import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CairnError, invalidArgument } from '../../errors.ts';
import { type JobDefinition, runJob } from '../../node/batch.ts';
import { EXIT } from '../terminal/failure.ts';
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
  const definition = await loadJob(args.job);
  const output = new Output(io.stdout, { optional: true });
  const progress = new Progress(io, 'map', { quiet, counted: ['task', 'tasks'] });
  const began = io.now();
  const { info, counters } = await runJob(definition, {
    input: args.input,
    output: args.output,
    workers: args.workers,
    arguments: words,
    retries: args.retries,
    maxSkips: args.maxSkips,
    resume: args.resume === true,
    signal,
    onProgress: ({ stage, done, total }) => {
      progress.phase(stage);
      progress.update(total === 0 ? undefined : done / total, done);
      if (json) output.write(`${JSON.stringify({ event: 'task', stage, done, total })}\n`);
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

async function loadJob(file: string): Promise<JobDefinition> {
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(resolve(file)).href)) as typeof module;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CairnError('INVALID_ARGUMENT', `the job ${file} can't be loaded: ${reason}`, {
      argument: 'job',
      cause: error,
    });
  }
  const { default: definition } = module;
  if (typeof definition === 'object' && definition !== null) return definition as JobDefinition;
  throw invalidArgument('job', `${file} has no default export: write export default defineJob({ … })`);
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
