import { compareRanges } from '../bytes/compare.ts';
import type { PartitionSet } from '../store/read/partition-set.ts';
import type { EncodedRange } from '../store/read/range.ts';
import { RangeScan } from '../store/read/range-scan.ts';
import { type MergeInput, merge } from '../store/write/merge-queue.ts';
import type { JobDirectory } from './job-directory.ts';
import { closeRuns, openRuns, type RunRecord } from './open-runs.ts';
import { endOfShuffledPart } from './shuffle-key.ts';

/**
 * Merges a range of runs: calls `take` with the input of each entry, in the order of the keys, and of equal ones in that of the
 * runs. Waits for what it returns.
 *
 * @throws {CairnError} (as a rejection) `INCOMPLETE`, `CORRUPTION`, `IO`; the reason of the range's signal.
 */
export async function takeRuns(
  directory: JobDirectory,
  records: readonly RunRecord[],
  range: EncodedRange,
  take: (input: RunInput) => Promise<void> | undefined,
): Promise<void> {
  const runs = await openRuns(directory, records);
  const inputs = runs.map((run) => new RunInput(run, range));
  try {
    await merge(inputs, take, { signal: range.signal });
  } finally {
    for (const input of inputs) input.close();
    await closeRuns(runs);
  }
}

/** A range of one run, for a merge. What is compared is in fields of its own: a merge asks several times for each entry. */
export class RunInput implements MergeInput {
  bytes: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  valueEnd = 0;
  /** Where the part of the key ends that stands for the key of the caller's. */
  partEnd = 0;
  readonly #scan: RangeScan;
  #at = 0;
  #count = 0;

  constructor(run: PartitionSet, range: EncodedRange) {
    this.#scan = new RangeScan(run, range);
  }

  next(): boolean | Promise<boolean> {
    if (++this.#at < this.#count) {
      this.#enter();
      return true;
    }
    const next = this.#scan.next();
    return typeof next === 'boolean' ? this.#begin(next) : next.then((more) => this.#begin(more));
  }

  /** Compares without the numbers: of equal keys, those of the earlier split come first. */
  compareKey(other: this): number {
    return compareRanges(this.bytes, this.keyStart, this.partEnd, other.bytes, other.keyStart, other.partEnd);
  }

  /** Forgets what was read ahead. */
  close(): void {
    this.#scan.close();
  }

  #begin(more: boolean): boolean {
    this.#at = 0;
    this.#count = more ? this.#scan.spans.count : 0;
    if (!more) return false;
    this.bytes = this.#scan.bytes;
    this.#enter();
    return true;
  }

  #enter(): void {
    const { keyStarts, keyEnds, valueEnds } = this.#scan.spans;
    this.keyStart = keyStarts[this.#at];
    this.keyEnd = keyEnds[this.#at];
    this.valueEnd = valueEnds[this.#at];
    this.partEnd = endOfShuffledPart(this.keyEnd);
  }
}
