import { type CairnError, isCairnError } from '../../errors.ts';
import type { PartitionRecord } from '../partition-record.ts';
import type { FlippedBit } from './bit-flip-search.ts';

/** The keys, as they are stored, that a problem makes unreadable, or may. */
export interface AffectedKeys {
  readonly gte: Uint8Array;
  /** Exclusive upper bound. */
  readonly lt?: Uint8Array;
  /** Inclusive upper bound. */
  readonly lte?: Uint8Array;
  /** How many there are. */
  readonly entries: number;
}

/** One thing that is wrong. */
export interface VerifyProblem {
  /** The file, its section in the words of FORMAT.md, and bytes from the start of the file. */
  readonly file: string;
  readonly section: string;
  readonly offset: number;
  /** A code of {@link CairnError}: `CORRUPTION` in most cases. */
  readonly code: string;
  readonly message: string;
  /** The value that the file or its index states, and the one that was found, if there are two to compare. */
  readonly expected?: string;
  readonly actual?: string;
  /** The only flipped bit, if it was found: flipped back, it makes the checksum right. */
  readonly flipped?: FlippedBit;
  /**
   * Absent if no key is unreadable (a header), or all are (a statement of the manifest about the whole
   * store).
   */
  readonly keys?: AffectedKeys;
}

/**
 * An error as a problem of a store.
 *
 * @throws the error itself if it is not about the store's files.
 */
export function problemOf(
  error: unknown,
  file: string,
  { flipped, keys }: Pick<VerifyProblem, 'flipped' | 'keys'> = {},
): VerifyProblem {
  if (
    !isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT', 'NOT_A_STORE', 'NOT_FOUND', 'INCOMPLETE', 'IO')
  )
    throw error;
  const { code, expected, actual } = error as CairnError;
  return {
    file: error.file ?? error.uri ?? file,
    section: error.section ?? 'file',
    offset: error.offset ?? 0,
    code,
    message:
      flipped === undefined
        ? error.message
        : `${error.message}. One bit differs: bit ${flipped.bit} of byte ${flipped.byte}`,
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual }),
    ...(flipped === undefined ? {} : { flipped }),
    ...(keys === undefined ? {} : { keys }),
  };
}

/** All keys of a partition. */
export function keysOf({ firstKey, lastKey, count }: PartitionRecord): AffectedKeys {
  return { gte: firstKey, lte: lastKey, entries: count };
}
