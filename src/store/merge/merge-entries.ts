import { compareRanges } from '../../bytes/compare.ts';
import { CairnError, isCairnError } from '../../errors.ts';
import type { PartitionReader } from '../../partition/cache/partition-reader.ts';
import { PartitionSet } from '../read/partition-set.ts';
import { EVERYTHING } from '../read/range.ts';
import { RangeScan } from '../read/range-scan.ts';
import { showStoredKey } from '../write/entry-check.ts';
import { EntryDeduplicator } from '../write/entry-deduplicator.ts';
import type { DrainObserver } from '../write/entry-sink.ts';
import { merge, puttingInto } from '../write/merge-queue.ts';
import type { OnDuplicate } from '../write/on-duplicate.ts';
import type { StoreBuilder } from '../write/store-builder.ts';
import { ScanInput } from './scan-input.ts';

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
  const inputs = sources.map((partitions) => new StoreInput(partitions, observer.signal));
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
class StoreInput extends ScanInput {
  constructor(partitions: readonly PartitionReader[], signal: AbortSignal | undefined) {
    super(new RangeScan(new PartitionSet(partitions), { ...EVERYTHING, signal }));
  }

  compareKey(other: this): number {
    return compareRanges(this.bytes, this.keyStart, this.keyEnd, other.bytes, other.keyStart, other.keyEnd);
  }
}
