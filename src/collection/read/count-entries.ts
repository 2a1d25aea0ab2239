import { FOUND, MISSING } from '../../partition/cache/outcome.ts';
import type { PartitionReader, PinnedBlock } from '../../partition/cache/partition-reader.ts';
import { INCOMPLETE_STEP, type PartitionSet } from '../../store/read/partition-set.ts';
import type { EncodedRange } from '../../store/read/range.ts';
import type { GenerationReader } from './generation-reader.ts';
import { LayeredLookup } from './layered-lookup.ts';
import { MergeScan } from './merge-scan.ts';

/**
 * Counts the entries of a range exactly: those of the oldest generation by its order statistics, and what the newer ones
 * add to them or take away, key by key.
 */
export async function countEntries(
  generations: readonly GenerationReader[],
  range: EncodedRange,
  check: () => void,
): Promise<number> {
  const parts = split(generations);
  let count = 0;
  for (const step = countStep(parts.oldest, range); ; ) {
    const result = step();
    if (result !== INCOMPLETE_STEP) {
      count = result;
      break;
    }
    const block = await ((parts.oldest as PartitionSet).partition as PartitionReader).load(range.signal);
    check();
    step.pin(block);
  }
  const lookup = new LayeredLookup();
  const scan = new MergeScan(parts.newer, unlimited(range), { tombstones: true });
  try {
    for (;;) {
      const next = scan.next();
      if (!(typeof next === 'boolean' ? next : await next)) return Math.min(count, range.limit);
      check();
      for (let i = 0; i < scan.spans.count; i++) {
        let outcome = find(lookup, scan, i, parts.oldestAlone, false);
        if (outcome === MISSING) {
          const found = await lookup.findLater(parts.oldestAlone, () => true, check, range.signal);
          outcome = found === true ? FOUND : 0;
        }
        count += difference(scan, i, outcome === FOUND);
      }
    }
  } finally {
    scan.close();
  }
}

/** {@link countEntries} without waiting. */
export function countEntriesSync(generations: readonly GenerationReader[], range: EncodedRange): number {
  const parts = split(generations);
  let count = 0;
  for (const step = countStep(parts.oldest, range); ; ) {
    const result = step();
    if (result !== INCOMPLETE_STEP) {
      count = result;
      break;
    }
    step.pin(((parts.oldest as PartitionSet).partition as PartitionReader).loadSync());
  }
  const lookup = new LayeredLookup();
  const scan = new MergeScan(parts.newer, unlimited(range), { tombstones: true });
  try {
    while (scan.nextSync()) {
      for (let i = 0; i < scan.spans.count; i++) {
        const outcome = find(lookup, scan, i, parts.oldestAlone, true);
        const found = outcome === FOUND || (outcome === MISSING && lookup.findNow(parts.oldestAlone));
        count += difference(scan, i, found);
      }
    }
    return Math.min(count, range.limit);
  } finally {
    scan.close();
  }
}

interface Parts {
  /** Undefined where it may have tombstones, which order statistics count. */
  readonly oldest: PartitionSet | undefined;
  readonly oldestAlone: readonly GenerationReader[];
  readonly newer: readonly GenerationReader[];
}

function split(generations: readonly GenerationReader[]): Parts {
  const oldest = generations.at(-1);
  if (oldest === undefined || oldest.isMarked)
    return { oldest: undefined, oldestAlone: [], newer: generations };
  return { oldest: oldest.set, oldestAlone: [oldest], newer: generations.slice(0, -1) };
}

interface CountStep {
  (): number | typeof INCOMPLETE_STEP;
  pin(block: PinnedBlock | undefined): void;
}

/** Counts the entries of one generation, in steps that say what they lack. */
function countStep(set: PartitionSet | undefined, { lower, upper, signal }: EncodedRange): CountStep {
  const pinned: PinnedBlock[] = [];
  const step = (): number => {
    signal?.throwIfAborted();
    if (set === undefined) return 0;
    const from = lower === undefined ? 0 : set.rank(lower.key, !lower.inclusive, pinned);
    if (from === INCOMPLETE_STEP) return INCOMPLETE_STEP;
    const to = upper === undefined ? set.count : set.rank(upper.key, upper.inclusive, pinned);
    return to === INCOMPLETE_STEP ? INCOMPLETE_STEP : Math.max(0, to - from);
  };
  return Object.assign(step, {
    pin: (block: PinnedBlock | undefined) => {
      if (block !== undefined) pinned.push(block);
    },
  });
}

function unlimited(range: EncodedRange): EncodedRange {
  return { ...range, reverse: false, limit: Number.POSITIVE_INFINITY };
}

function find(
  lookup: LayeredLookup,
  { current, from }: MergeScan,
  index: number,
  generations: readonly GenerationReader[],
  mayRead: boolean,
): ReturnType<LayeredLookup['find']> {
  const { keyStarts, keyEnds } = current.spans;
  lookup.key.setRange(current.bytes, keyStarts[from + index], keyEnds[from + index]);
  return lookup.find(generations, mayRead);
}

/** What an entry of a newer generation adds to the number of entries. */
function difference(scan: MergeScan, index: number, wasThere: boolean): number {
  if (scan.isTombstone(index)) return wasThere ? -1 : 0;
  return wasThere ? 0 : 1;
}
