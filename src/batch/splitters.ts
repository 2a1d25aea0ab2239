import { compareBytes } from '../bytes/compare.ts';
import { fromHex, toHex } from '../bytes/hex.ts';
import { keyAt } from '../store/read/key-at.ts';
import type { PartitionSet } from '../store/read/partition-set.ts';
import type { JobDirectory } from './job-directory.ts';
import type { JobPlan } from './job-plan.ts';
import { closeRuns, openRuns } from './open-runs.ts';
import { chooseSplitters } from './sample-splitters.ts';
import { endOfShuffledPart } from './shuffle-key.ts';

const NAME = 'splitters.json';

/** Keys that are looked at for each task. */
const SAMPLES_PER_TASK = 64;

/**
 * Returns the first keys of all ranges but the first, ascending: one fewer than there are tasks, or less if there are few
 * keys. They are chosen once, by ranks in the runs of all map tasks, and kept with the job.
 */
export async function readSplitters(directory: JobDirectory, plan: JobPlan): Promise<Uint8Array[]> {
  const known = await directory.read(NAME);
  if (known !== undefined) return decode(known.keys);
  const runs = await openRuns(directory, plan);
  try {
    const keys = (await splittersOf(runs, plan.tasks)).map(toHex);
    if (await directory.put(NAME, { keys })) return decode(keys);
  } finally {
    await closeRuns(runs);
  }
  return decode((await directory.read(NAME))?.keys);
}

function decode(keys: unknown): Uint8Array[] {
  return (keys as string[]).map((key) => fromHex(key) as Uint8Array);
}

async function splittersOf(runs: readonly PartitionSet[], tasks: number): Promise<Uint8Array[]> {
  if (tasks === 1) return [];
  const total = runs.reduce((sum, { count }) => sum + count, 0);
  const samples: Uint8Array[] = [];
  const step = Math.max(1, Math.floor(total / (tasks * SAMPLES_PER_TASK)));
  // One sequence of ranks over all runs, so that each run is looked at in proportion to its entries.
  let rank = Math.floor(step / 2);
  for (const run of runs) {
    for (; rank < run.count; rank += step) {
      const key = await keyAt(run, rank);
      // Without its number: equal keys are in one range.
      samples.push(key.subarray(0, endOfShuffledPart(key.length)));
    }
    rank -= run.count;
  }
  samples.sort(compareBytes);
  return chooseSplitters(samples, tasks);
}
