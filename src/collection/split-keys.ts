import { keyAt } from '../store/read/key-at.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Returns the stored keys at which all but the first of some ranges begin, ascending: they divide the largest generation of a
 * version evenly, and so the version about evenly. Reads at most a block for each.
 *
 * @param wanted returns how many ranges there are to be, by the number of partitions of the largest generation.
 */
export async function splitKeys(
  snapshot: Snapshot<unknown, unknown>,
  wanted: (partitions: number) => number,
): Promise<Uint8Array[]> {
  const sets = snapshot.opened.generations.map(({ set }) => set);
  const [largest] = sets.sort((a, b) => b.count - a.count);
  if (largest === undefined) return [];
  const ranges = Math.min(wanted(largest.partitions.length), largest.count);
  const keys: Uint8Array[] = [];
  for (let i = 1; i < ranges; i++) keys.push(await keyAt(largest, Math.floor((largest.count * i) / ranges)));
  return keys;
}
