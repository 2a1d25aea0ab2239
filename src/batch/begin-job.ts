import { invalidArgument } from '../errors.ts';
import { HOST } from '../io/host.ts';
import { jobDirectories } from '../store/manifest/orphan-files.ts';
import { targetDirectory } from '../store/manifest/store-draft.ts';
import type { JobDefinition } from './define-job.ts';
import { JobDirectory } from './job-directory.ts';
import type { JobInput } from './job-input.ts';
import { type PlanJobOptions, planJob } from './plan-job.ts';
import { planInput } from './plan-splits.ts';
import type { Split } from './split.ts';

/** Which job to begin, or to go on with. */
export interface BeginOptions {
  readonly input: JobInput | undefined;
  readonly output: string;
  readonly job: string | undefined;
  readonly resume: boolean;
  readonly signal: AbortSignal;
}

/** Returns the directory of the job to go on with, or of a new one, and whether it was there. */
export async function beginJob(
  definition: JobDefinition,
  { input, output, job, resume, signal }: BeginOptions,
): Promise<{ readonly directory: JobDirectory; readonly resumed: boolean }> {
  if (resume) {
    const directory = await findOpenJob(output);
    if (directory !== undefined) return { directory, resumed: true };
  }
  const plan = await planJob(output, await planningOf(definition, { input, job, signal }));
  return { directory: await JobDirectory.at(output, plan.job), resumed: false };
}

/** What a job plans, with the name of the job and the splits of its input. Writes nothing. */
export async function planningOf(
  definition: JobDefinition,
  { input, job, signal }: Pick<BeginOptions, 'input' | 'job' | 'signal'>,
): Promise<PlanJobOptions & { readonly job: string; readonly splits: readonly Split[] }> {
  if (input === undefined) throw invalidArgument('input', 'input must say what the job reads');
  const { splits, description, nothing } = await planInput(input, {
    splits: definition.splits,
    bytes: undefined,
    signal,
  });
  const { keyEncoding, valueEncoding, metadata } = description;
  // What the metadata say of keys, a job that reduces most likely changes.
  const inherited = { keyEncoding, valueEncoding, metadata: definition.reduce === undefined ? metadata : {} };
  const tasks = definition.reduce === undefined ? Math.max(1, splits.length) : (definition.tasks ?? 2);
  return {
    ...inherited,
    ...definition.options,
    onOverlap: definition.onOverlap,
    job: job ?? HOST.uniqueName(),
    tasks,
    splits: splits.length > 0 ? splits : [nothing],
  };
}

/** Finds a job that has a plan and is not aborted. */
export async function findOpenJob(output: string): Promise<JobDirectory | undefined> {
  const store = targetDirectory(output, 'output');
  for await (const path of jobDirectories(store)) {
    const directory = await JobDirectory.at(output, store.storage.split(path).name);
    if ((await directory.findPlan()) === undefined) continue;
    if ((await directory.decision())?.decision !== 'abort') return directory;
  }
  return undefined;
}
