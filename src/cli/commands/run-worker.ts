import { bullmqWorker } from '../../node/batch.ts';
import { registerSchemes } from '../stores/register-schemes.ts';
import { messageOf } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { RunArgs } from '../usage/jobs.ts';

/** Runs tasks that others have submitted, until it is interrupted. */
export async function runWorker(args: RunArgs, io: Io): Promise<number> {
  const { quiet = false, json = false } = args;
  // What the tasks read and write is said by the queue.
  await registerSchemes(['s3:', 'az:'], io.env);
  return await bullmqWorker(args.module, {
    redis: args.redis,
    queue: args.queue,
    workers: args.workers,
    lockMs: args.lock,
    signal: io.interrupts(),
    onTask: (event, name, error) => {
      if (json) io.stdout.write(`${JSON.stringify({ event, name, error: error && messageOf(error) })}\n`);
      if (!quiet) io.stderr.write(`${event} ${name}${error === undefined ? '' : `: ${messageOf(error)}`}\n`);
    },
  });
}
