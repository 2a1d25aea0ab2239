import { invalidArgument } from '../../errors.ts';
import { bullmqEngine, type JobEngine, slurmEngine } from '../../node/batch.ts';
import type { BullmqOptions } from '../../node/engines/bullmq-engine.ts';
import type { SlurmOptions } from '../../node/engines/slurm-engine.ts';
import type { EngineName } from '../usage/choices.ts';
import type { RunArgs } from '../usage/jobs.ts';
import { flagOf } from '../words/flag-of.ts';

/** The options that belong to one engine. */
const OPTIONS_OF: Readonly<Record<string, readonly (keyof RunArgs)[]>> = {
  slurm: ['sbatch', 'logs', 'dryRun'],
  bullmq: ['redis', 'queue', 'worker', 'lock'],
};

/** Refuses options that do not go together. @throws {CairnError} `INVALID_ARGUMENT`. */
export function checkEngineOptions(args: RunArgs): void {
  const engine: EngineName = args.engine ?? 'local';
  for (const [owner, names] of Object.entries(OPTIONS_OF)) {
    const name = names.find((one) => args[one] !== undefined);
    if (name !== undefined && owner !== engine)
      throw invalidArgument(name, `${flagOf(name)} belongs to --engine ${owner}`);
  }
  if (args.lock !== undefined && args.worker !== true)
    throw invalidArgument('lock', '--lock belongs to --worker');
  if (args.task === undefined) return;
  const other = (['engine', 'worker', 'input', 'resume', 'workers'] as const).find(
    (one) => args[one] !== undefined,
  );
  if (other !== undefined)
    throw invalidArgument(
      other,
      `--${other} is for whole jobs: leave it out with --task, which runs one task of a plan`,
    );
}

/** How the command line has Slurm run a job. */
export function slurmOptions({ sbatch, logs }: RunArgs): SlurmOptions {
  return { sbatch, directory: logs };
}

/** The engine that the command line names; undefined for this process. `say` writes a line for people. */
export function engineOf(args: RunArgs, say: (message: string) => void): JobEngine | undefined {
  switch (args.engine) {
    case 'slurm':
      return slurmEngine(slurmOptions(args));
    case 'bullmq': {
      const options: BullmqOptions = { redis: args.redis, queue: args.queue, onIdle: say };
      return bullmqEngine(options);
    }
    default:
      return undefined;
  }
}
