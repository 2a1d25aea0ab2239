import type { ByteSource } from '../../io/byte-source.ts';
import type { Encodings } from '../../partition/check/verify-partition.ts';
import type { VerifyProblem } from '../../partition/check/verify-problem.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';

/** Partitions to check, and who is told of each, by its position. */
export interface VerifyWork {
  readonly partitions: readonly { readonly source: ByteSource; readonly record: PartitionRecord }[];
  readonly encodings: Encodings;
  readonly locateBits: boolean;
  readonly signal: AbortSignal | undefined;
  problem(partition: number, problem: VerifyProblem): void;
  advance(bytes: number, blocks: number, entries: number): void;
}

/**
 * Checks partitions in several threads at once; false, before anything was checked, where that can't be done or does not
 * pay.
 */
export type VerifyThreads = (work: VerifyWork) => Promise<boolean>;

let threads: VerifyThreads | undefined;

/** Gives verifications the platform's threads. */
export function registerVerifyThreads(ofPlatform: VerifyThreads): void {
  threads = ofPlatform;
}

/** Checks partitions by the platform's threads, if it has any; see {@link VerifyThreads}. */
export async function verifyInThreads(work: VerifyWork): Promise<boolean> {
  return threads === undefined ? false : threads(work);
}
