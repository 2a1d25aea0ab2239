import { MISSING } from '../../partition/cache/outcome.ts';
import type { PartitionReader, PinnedBlock } from '../../partition/cache/partition-reader.ts';
import type { PartitionSet } from './partition-set.ts';

/** Returns the stored key at a rank, a copy. Reads at most a block. */
export async function keyAt(set: PartitionSet, rank: number): Promise<Uint8Array> {
  const pinned: PinnedBlock[] = [];
  while (set.entryAt(rank, pinned) === MISSING) {
    const block = await (set.partition as PartitionReader).load();
    if (block !== undefined) pinned.push(block);
  }
  const { bytes, keyStart, keyEnd } = set.cursor;
  return bytes.slice(keyStart, keyEnd);
}
