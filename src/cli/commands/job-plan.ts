import { invalidArgument } from '../../errors.ts';
import { planJob, planSplits } from '../../node/batch.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { JobPlanArgs } from '../usage/job-steps.ts';

/** Begins a job, and prints its name. */
export async function runJobPlan(args: JobPlanArgs, io: Io): Promise<number> {
  const { output: uri, job, input = [], json = false } = args;
  if (input.length === 0 && args.splits !== undefined)
    throw invalidArgument('splits', '--splits belongs to --input: name the stores that are split');
  const splits = input.length === 0 ? [] : await planSplits(input, { splits: args.splits });
  const tasks = args.tasks ?? (input.length === 0 ? undefined : Math.max(1, splits.length));
  if (tasks === undefined)
    throw invalidArgument('tasks', 'say how many tasks write the store with --tasks, or name an --input');
  const plan = await planJob(uri, {
    job,
    tasks,
    splits,
    keyEncoding: args.keyEncoding ?? 'utf8',
    valueEncoding: args.valueEncoding ?? 'utf8',
    partitionBytes: args.partitionBytes,
    blockBytes: args.blockBytes,
    compression: args.compression,
    hashIndex: args.hashIndex,
    metadata: args.metadata,
    sort: args.sort,
    sortBytes: args.sortBytes,
    onDuplicate: args.onDuplicate,
    onOverlap: args.onOverlap,
  });
  const output = new Output(io.stdout);
  output.write(json ? `${JSON.stringify(plan)}\n` : `${plan.job}\n`);
  await output.finish();
  return EXIT.ok;
}
