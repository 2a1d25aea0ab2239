import { compareBytes } from '../bytes/compare.ts';
import { fromHex, toHex } from '../bytes/hex.ts';
import { keyAt } from '../store/read/key-at.ts';
import type { JobDirectory } from './job-directory.ts';
import type { JobPlan } from './job-plan.ts';
import { closeRuns, openRuns, type RunRecord, readRuns } from './open-runs.ts';
import { chooseSplitters, SAMPLES_PER_TASK } from './sample-splitters.ts';
import { endOfShuffledPart } from './shuffle-key.ts';

const NAME = 'splitters.json';

/**
 * Returns the first keys of all ranges but the first, ascending: one fewer than there are tasks, or less if there are few
 * keys. They are chosen once, by ranks in the runs of all map tasks, and kept with the job.
 */
export async function readSplitters(directory: JobDirectory, plan: JobPlan): Promise<Uint8Array[]> {
  const known = await directory.read(NAME);
  if (known !== undefined) return decode(known.keys);
  const keys = (await splittersOf(directory, await readRuns(directory, plan), plan.tasks)).map(toHex);
  if (await directory.put(NAME, { keys })) return decode(keys);
  return decode((await directory.read(NAME))?.keys);
}

function decode(keys: unknown): Uint8Array[] {
  return (keys as string[]).map((key) => fromHex(key) as Uint8Array);
}

async function splittersOf(
  directory: JobDirectory,
  records: readonly RunRecord[],
  tasks: number,
): Promise<Uint8Array[]> {
  if (tasks === 1) return [];
  const counts = records.map((partitions) => partitions.reduce((sum, { count }) => sum + count, 0));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const samples: Uint8Array[] = [];
  const step = Math.max(1, Math.floor(total / (tasks * SAMPLES_PER_TASK)));
  // One sequence of ranks over all runs, so that each run is looked at in proportion to its entries.
  let rank = Math.floor(step / 2);
  for (const [task, count] of counts.entries()) {
    if (rank < count) {
      const ranks: number[] = [];
      for (; rank < count; rank += step) ranks.push(rank);
      samples.push(...(await partsAt(directory, records[task], ranks)));
    }
    rank -= count;
  }
  samples.sort(compareBytes);
  return chooseSplitters(samples, tasks);
}

/** Returns the keys of a run at some ranks, without their numbers: equal keys are in one range. */
async function partsAt(
  directory: JobDirectory,
  record: RunRecord,
  ranks: readonly number[],
): Promise<Uint8Array[]> {
  const [run] = await openRuns(directory, [record]);
  try {
    const parts: Uint8Array[] = [];
    for (const rank of ranks) {
      const key = await keyAt(run, rank);
      parts.push(key.subarray(0, endOfShuffledPart(key.length)));
    }
    return parts;
  } finally {
    await closeRuns([run]);
  }
}
