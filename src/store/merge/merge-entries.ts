import { compareRanges } from '../../bytes/compare.ts';
import { CairnError, isCairnError } from '../../errors.ts';
import type { PartitionReader } from '../../partition/cache/partition-reader.ts';
import { PartitionSet } from '../read/partition-set.ts';
import { EVERYTHING } from '../read/range.ts';
import { RangeScan } from '../read/range-scan.ts';
import { showStoredKey } from '../write/entry-check.ts';
import { EntryDeduplicator } from '../write/entry-deduplicator.ts';
import type { DrainObserver } from '../write/entry-sink.ts';
import type { MergeInput } from '../write/merge-queue.ts';
import { merge, puttingInto } from '../write/merge-queue.ts';
import type { OnDuplicate } from '../write/on-duplicate.ts';
import type { StoreBuilder } from '../write/store-builder.ts';

/**
 * Adds the entries of several sorted sources to a builder, in order. Each source is a list of partitions of one
 * store; of equal keys, `onDuplicate` says whose entry is kept.
 *
 * @throws {CairnError} (as a rejection) `DUPLICATE_KEY`, `CORRUPTION`, `TOO_LARGE`, `IO`.
 */
export async function mergeEntries(
  sources: readonly (readonly PartitionReader[])[],
  builder: StoreBuilder,
  onDuplicate: OnDuplicate,
  observer: DrainObserver = {},
): Promise<void> {
  const inputs = sources.map((partitions) => new ScanInput(partitions, observer.signal));
  if (onDuplicate !== 'error') {
    const sink = new EntryDeduplicator(builder, onDuplicate);
    await merge(inputs, puttingInto(sink), observer);
    await sink.drain();
    return;
  }
  try {
    await merge(inputs, puttingInto(builder), observer);
  } catch (error) {
    if (!isCairnError(error, 'DUPLICATE_KEY') || error.key === undefined) throw error;
    throw new CairnError(
      'DUPLICATE_KEY',
      `the key ${showStoredKey(error.key, builder.keyEncoding)} is in more than one store. Say which entry stays: onDuplicate 'first' or 'last'`,
      { key: error.key },
    );
  }
}

/** A run of partitions of one store. */
class ScanInput implements MergeInput {
  readonly #scan: RangeScan;
  #at = 0;
  #count = 0;

  constructor(partitions: readonly PartitionReader[], signal: AbortSignal | undefined) {
    this.#scan = new RangeScan(new PartitionSet(partitions), { ...EVERYTHING, signal });
  }

  get bytes(): Uint8Array {
    return this.#scan.bytes;
  }

  get keyStart(): number {
    return this.#scan.spans.keyStarts[this.#at];
  }

  get keyEnd(): number {
    return this.#scan.spans.keyEnds[this.#at];
  }

  get valueEnd(): number {
    return this.#scan.spans.valueEnds[this.#at];
  }

  next(): boolean | Promise<boolean> {
    if (++this.#at < this.#count) return true;
    const next = this.#scan.next();
    return typeof next === 'boolean' ? this.#enter(next) : next.then((more) => this.#enter(more));
  }

  compareKey(other: ScanInput): number {
    return compareRanges(this.bytes, this.keyStart, this.keyEnd, other.bytes, other.keyStart, other.keyEnd);
  }

  #enter(more: boolean): boolean {
    this.#at = 0;
    this.#count = more ? this.#scan.spans.count : 0;
    return more;
  }
}
