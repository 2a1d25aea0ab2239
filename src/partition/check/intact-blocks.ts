import type { Checksum } from '../../bytes/checksum.ts';
import { compareBytes, compareRanges } from '../../bytes/compare.ts';
import { corruption } from '../../bytes/corruption.ts';
import { isCairnError } from '../../errors.ts';
import { BlockCursor, EntrySpans } from '../../format/block.ts';
import type { SparseIndex } from '../../format/sparse-index.ts';
import type { PartitionFile } from '../partition-file.ts';
import { keysOfBlock } from './partition-check.ts';
import { problemOf, type VerifyProblem } from './verify-problem.ts';

/** An intact block, with the positions of its entries in `bytes`. */
export interface IntactBlock {
  readonly block: number;
  readonly bytes: Uint8Array;
  readonly spans: EntrySpans;
  readonly count: number;
}

/** A block that could not be read, or whose entries contradict its index. */
export interface LostBlock {
  readonly block: number;
  readonly entries: number;
  readonly problem: VerifyProblem;
}

/**
 * Yields the blocks of a partition in order, each proven or lost. The spans are valid until the next step.
 *
 * A block is proven by its checksum in the sparse index; then its keys must ascend and lie between its
 * separators and within the partition. The tail must have been read.
 *
 * @throws {CairnError} `IO` if a retry may help; errors that are not about the file.
 */
export async function* intactBlocks(
  file: PartitionFile,
  index: SparseIndex,
  signal: AbortSignal | undefined,
): AsyncGenerator<IntactBlock | LostBlock> {
  const cursor = new BlockCursor();
  const spans = new EntrySpans();
  for (let block = 0; block < index.blocks; block++) {
    signal?.throwIfAborted();
    const count = index.entries(block);
    try {
      const bytes = await file.readBlocks(block, 1, signal);
      const fits =
        cursor.open(bytes, 0, bytes.length, count) &&
        spans.read(bytes, 0, cursor.entriesEnd, count) &&
        spans.valueEnds[count - 1] === cursor.entriesEnd &&
        isPlausible(file, index, block, bytes, spans);
      if (!fits)
        throw corruption(file.blockRegion(block), 'the entries do not fit their block or its neighbours');
      yield { block, bytes, spans, count };
    } catch (error) {
      if (isCairnError(error, 'IO') && error.transient === true) throw error;
      const keys = keysOfBlock(index, block, file.record);
      yield { block, entries: count, problem: problemOf(error, file.source.name, { keys }) };
    }
  }
}

function isPlausible(
  { record }: PartitionFile,
  index: SparseIndex,
  block: number,
  bytes: Uint8Array,
  { keyStarts, keyEnds, count }: EntrySpans,
): boolean {
  const { gte, lt, lte } = keysOfBlock(index, block, record);
  if (compareRanges(gte, 0, gte.length, bytes, keyStarts[0], keyEnds[0]) > 0) return false;
  for (let i = 1; i < count; i++) {
    if (compareRanges(bytes, keyStarts[i - 1], keyEnds[i - 1], bytes, keyStarts[i], keyEnds[i]) >= 0)
      return false;
  }
  const last = bytes.subarray(keyStarts[count - 1], keyEnds[count - 1]);
  return (
    (lt === undefined || compareBytes(last, lt) < 0) && (lte === undefined || compareBytes(last, lte) <= 0)
  );
}

/**
 * Whether the blocks of a file are those of the partition that the manifest names, all of them: by the sum of
 * the hashes of their entries. It is the proof if the file's description is damaged.
 */
export async function isWholeContent(
  file: PartitionFile,
  index: SparseIndex,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let sum = 0n;
  for await (const found of intactBlocks(file, index, signal)) {
    if (!('spans' in found)) return false;
    const { bytes, spans, count } = found;
    for (let i = 0, at = 0; i < count; at = spans.valueEnds[i], i++)
      sum += checksum.hash(bytes.subarray(at, spans.valueEnds[i]));
  }
  return BigInt.asUintN(64, sum) === file.record.contentSum;
}
