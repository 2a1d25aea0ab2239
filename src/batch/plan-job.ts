import { checkOptions } from '../check-options.ts';
import { isKeyEncodingName, isValueEncodingName } from '../codec/encoding-names.ts';
import { asText, CairnError, invalidArgument } from '../errors.ts';
import { HOST } from '../io/host.ts';
import { reportPath } from '../store/manifest/path-state.ts';
import { alreadyExists } from '../store/manifest/store-draft.ts';
import { checkWriteOptions } from '../store/write/write-options.ts';
import { JobDirectory } from './job-directory.ts';
import type { JobPlan, OnOverlap, OutputOptions } from './job-plan.ts';
import { checkSplit } from './read-split.ts';
import type { Split } from './split.ts';

/** What a job is to do. */
export interface PlanJobOptions extends OutputOptions {
  /** The name of the job, unique for this output; default: 16 random hex digits. */
  readonly job?: string | undefined;
  /** How many tasks write the output, from 1 to 100,000. */
  readonly tasks: number;
  /** The input, for the tasks. */
  readonly splits?: readonly Split[] | undefined;
  /**
   * What `commitJob` does if the keys of two tasks overlap: `'error'`, the default, refuses them, and `'merge'` writes those
   * partitions again, merged. Of equal keys, `onDuplicate` says whose entry stays, the first or the last task's.
   */
  readonly onOverlap?: OnOverlap | undefined;
}

const OUTPUT_OPTIONS = [
  'keyEncoding',
  'valueEncoding',
  'partitionBytes',
  'blockBytes',
  'compression',
  'hashIndex',
  'metadata',
  'sort',
  'sortBytes',
  'onDuplicate',
] as const;

const MAX_TASKS = 100_000;

/**
 * Begins a job that writes a store by many tasks, which may run in other processes: {@link openTask} writes what one
 * task writes, {@link commitJob} makes the store. No store may be there. The same call again returns the same plan.
 *
 * @throws {CairnError} (as a rejection) `ALREADY_EXISTS`, `CONFLICT` if the job has another plan, `INVALID_ARGUMENT`,
 *   `UNSUPPORTED`, `IO`.
 *
 * @example
 * ```ts
 * import { openStore } from 'cairnkv';
 * import { commitJob, openTask, planJob } from 'cairnkv/batch';
 *
 * const { job } = await planJob('memory:squares', { tasks: 2, keyEncoding: 'number' });
 * for (const task of [1, 0]) {
 *   const writer = await openTask('memory:squares', { job, task });
 *   for (let n = task * 10; n < task * 10 + 10; n++) await writer.put(n, n * n);
 *   await writer.commit();
 * }
 * await commitJob('memory:squares', { job });
 * console.log(await openStore('memory:squares', { keyEncoding: 'number' }).get(12)); // 144
 * ```
 */
export async function planJob(output: string | URL, options: PlanJobOptions): Promise<JobPlan> {
  const {
    job = HOST.uniqueName(),
    tasks,
    splits = [],
    onOverlap = 'error',
    ...rest
  } = checkOptions(options, ['job', 'tasks', 'splits', 'onOverlap', ...OUTPUT_OPTIONS]);
  if (!Number.isSafeInteger(tasks) || tasks < 1 || tasks > MAX_TASKS)
    throw invalidArgument('tasks', `tasks must be an integer from 1 to ${MAX_TASKS}, not ${asText(tasks)}`);
  if (!Array.isArray(splits)) throw invalidArgument('splits', 'splits must be an array of splits');
  splits.forEach(checkSplit);
  if (onOverlap !== 'error' && onOverlap !== 'merge')
    throw invalidArgument('onOverlap', `onOverlap must be 'error' or 'merge', not ${asText(onOverlap)}`);
  const plan = asJson({ job, tasks, splits, output: checkOutput(rest), onOverlap });
  const directory = await JobDirectory.at(output, job);
  const { store } = directory;
  const known = await directory.findPlan();
  if (known === undefined) {
    const { state, foreign } = await reportPath(store);
    if (state === 'complete' || state === 'file' || state === 'foreign')
      throw alreadyExists(store, state, { foreign });
    await directory.make();
    if (await directory.putPlan(plan)) return plan;
  }
  const there = known ?? (await directory.plan());
  if (JSON.stringify(there) === JSON.stringify(plan)) return there;
  throw new CairnError(
    'CONFLICT',
    `the job ${job} at ${store.uri} has another plan: other tasks, splits or options. Choose another name for the job`,
    { uri: store.uri },
  );
}

/** Checks the options, and returns them in one order. */
function checkOutput(options: OutputOptions): OutputOptions {
  const { keyEncoding = 'utf8', valueEncoding = 'msgpack' } = options;
  // Other processes only know the names.
  if (!isKeyEncodingName(keyEncoding))
    throw invalidArgument('keyEncoding', 'keyEncoding of a job must be the name of a built-in encoding');
  if (!isValueEncodingName(valueEncoding))
    throw invalidArgument('valueEncoding', 'valueEncoding of a job must be the name of a built-in encoding');
  checkWriteOptions(options);
  const given = OUTPUT_OPTIONS.map((name) => [name, options[name]]);
  return { ...Object.fromEntries(given), keyEncoding, valueEncoding };
}

function asJson(plan: JobPlan): JobPlan {
  return JSON.parse(JSON.stringify(plan)) as JobPlan;
}
