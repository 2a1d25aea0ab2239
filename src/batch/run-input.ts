import { compareRanges } from '../bytes/compare.ts';
import { ScanInput } from '../store/merge/scan-input.ts';
import type { PartitionSet } from '../store/read/partition-set.ts';
import type { EncodedRange } from '../store/read/range.ts';
import { RangeScan } from '../store/read/range-scan.ts';
import { endOfShuffledPart } from './shuffle-key.ts';

/** A range of one run, for a merge. */
export class RunInput extends ScanInput {
  constructor(run: PartitionSet, range: EncodedRange) {
    super(new RangeScan(run, range));
  }

  /** Compares without the numbers: of equal keys, those of the earlier split come first. */
  compareKey(other: this): number {
    const [end, otherEnd] = [endOfShuffledPart(this.keyEnd), endOfShuffledPart(other.keyEnd)];
    return compareRanges(this.bytes, this.keyStart, end, other.bytes, other.keyStart, otherEnd);
  }
}
