import { compareBytes } from '../../bytes/compare.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';

/** Groups partitions, sorted by their first keys: key ranges overlap within a group only. */
export function overlapping<Piece extends { readonly record: PartitionRecord }>(
  pieces: readonly Piece[],
): Piece[][] {
  const groups: Piece[][] = [];
  let last: Uint8Array | undefined;
  for (const piece of pieces) {
    const { firstKey, lastKey } = piece.record;
    if (last !== undefined && compareBytes(firstKey, last) <= 0) {
      groups[groups.length - 1].push(piece);
      if (compareBytes(lastKey, last) > 0) last = lastKey;
    } else {
      groups.push([piece]);
      last = lastKey;
    }
  }
  return groups;
}
