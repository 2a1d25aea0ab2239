import type { ByteSource } from '../../io/byte-source.ts';
import type { Encodings } from '../../partition/check/verify-partition.ts';
import type { VerifyProblem } from '../../partition/check/verify-problem.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';

/** Partitions to check, and the callbacks for each, by its position. */
export interface VerifyWork {
  readonly partitions: readonly { readonly source: ByteSource; readonly record: PartitionRecord }[];
  readonly encodings: Encodings;
  readonly locateBits: boolean;
  readonly signal: AbortSignal | undefined;
  problem(partition: number, problem: VerifyProblem): void;
  advance(bytes: number, blocks: number, entries: number): void;
}

/**
 * Checks partitions in several threads at once; returns false before anything was checked if that is not
 * possible or not worthwhile.
 */
export type VerifyThreads = (work: VerifyWork) => Promise<boolean>;

let threads: VerifyThreads | undefined;

/** Registers the platform's threads for verifications. */
export function registerVerifyThreads(ofPlatform: VerifyThreads): void {
  threads = ofPlatform;
}

/** Checks partitions in the platform's threads, if it has any; see {@link VerifyThreads}. */
export async function verifyInThreads(work: VerifyWork): Promise<boolean> {
  return threads === undefined ? false : threads(work);
}
