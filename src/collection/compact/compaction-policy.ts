import { bytesOf, type Generation } from '../version/version-state.ts';

/** More generations are merged whatever their sizes: each look-up asks each of them. */
const MAX_GENERATIONS = 10;

/** With so many, commits wait for the compaction that is under way. */
export const STALLING_GENERATIONS: number = 12;

/** What is dropped and still kept may take so many times the bytes of what is live. */
const MAX_DROPPED = 2;

/** Generations `first…end − 1` of a version, the newest first. */
export interface Run {
  readonly first: number;
  readonly end: number;
}

/**
 * Chooses the generations that are to be merged; undefined for none. A generation is merged with all newer ones once
 * these have as many bytes together: so each entry is written about once for each doubling of the collection, half of that
 * on average, and there are at most as many generations as doublings.
 */
export function chooseRun(generations: readonly Generation[]): Run | undefined {
  // The changes in the version file are merged by commits.
  const first = generations[0]?.inline === undefined ? 0 : 1;
  let newer = 0;
  let end = first;
  for (let i = first; i < generations.length; i++) {
    const bytes = bytesOf(generations[i]);
    if (i > first && newer >= bytes) end = i + 1;
    newer += bytes;
  }
  const least = first + generations.length - MAX_GENERATIONS;
  end = Math.max(end, least > first + 1 ? least : 0);
  return end > first + 1 ? { first, end } : undefined;
}

/**
 * The oldest version to be kept where nothing is merged, because each commit replaces everything: the bytes of dropped files
 * stay within twice those that are live, and then as many as are live remain.
 *
 * @param dropped in the order in which they were dropped.
 */
export function chooseOldest(
  liveBytes: number,
  dropped: readonly { readonly bytes: number; readonly since: number }[],
): number | undefined {
  let bytes = dropped.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes <= MAX_DROPPED * liveBytes) return undefined;
  let oldest: number | undefined;
  for (const file of dropped) {
    if (bytes <= liveBytes && file.since !== oldest) break;
    oldest = file.since;
    bytes -= file.bytes;
  }
  return oldest;
}
