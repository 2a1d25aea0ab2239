import type { Encodings } from '../partition/check/verify-partition.ts';
import type { VerifyProblem } from '../partition/check/verify-problem.ts';
import type { PartitionRecord } from '../partition/partition-record.ts';

/** A partition that a thread is to check: a file that stays open in the thread that asks. */
export interface VerifyJob {
  readonly partition: number;
  readonly fd: number;
  readonly name: string;
  readonly size: number;
  readonly record: PartitionRecord;
  readonly encodings: Encodings;
  readonly locateBits: boolean;
}

/** What a thread is started with: a descriptor, and the file that it is in the thread that asks. */
export interface VerifyProbe {
  readonly fd: number;
  readonly dev: bigint;
  readonly ino: bigint;
}

/** A message of a thread. */
export type VerifyMessage =
  /** Descriptors are not shared between threads here: it can't read what it would be asked to. */
  | { readonly kind: 'useless' }
  /** It can take a partition: at the beginning, and whenever it is done with one. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'problem'; readonly partition: number; readonly problem: VerifyProblem }
  | { readonly kind: 'advance'; readonly bytes: number; readonly blocks: number; readonly entries: number }
  /** It can't go on, for a reason that is not in the files. */
  | { readonly kind: 'failed'; readonly error: unknown };
