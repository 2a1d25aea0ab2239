import { CairnError } from '../errors.ts';

/** Entries read from text or bytes, and their places. The arrays have the same length. */
export interface EntryBatch {
  readonly keys: unknown[];
  readonly values: unknown[];
  /** The place of each entry in the unit of its format: lines, elements and records from 1, bytes from 0. */
  readonly places: number[];
  /** The line of each entry, from 1, if the input is text and the unit is not lines. */
  readonly lines?: number[];
  /** The number of lines that a pattern left out. */
  readonly skippedLines?: number;
  /** Whether a byte-order mark at the beginning of the input was left out of a key. */
  readonly skippedMark?: boolean;
  /** Whether the first key begins with a byte-order mark. */
  readonly keptMark?: boolean;
  /** Whether the whole input is one line without a newline, in which carriage returns stand. */
  readonly keptReturns?: boolean;
}

/** Why a piece of the input is not an entry: a closed list, by what a caller may want to do. */
export type InvalidReason =
  /** Nothing separates a key from a value. */
  | 'separator'
  /** The key is empty. */
  | 'empty-key'
  /** A byte is not UTF-8. */
  | 'utf8'
  /** Malformed JSON, or not the JSON that the format or the encoding requires. */
  | 'json'
  /** A JSON object lacks a member of the key or value. */
  | 'member'
  /** CSV: too few or too many cells, a missing column, or unbalanced quotes. */
  | 'csv'
  /** Text that is not a number, or that a number cannot hold exactly. */
  | 'number'
  /** A key that is not written in the key format. */
  | 'key'
  /** Bytes that are not in the binary format, or end too early. */
  | 'bytes'
  /** A record with more bytes than allowed. */
  | 'too-long';

/** A piece of the input that is not an entry. */
export interface InvalidEntry {
  /** In the unit of {@link EntryBatch.places}. */
  readonly place: number;
  /** The line, if the input is text and the unit is not lines. */
  readonly line?: number;
  /** Bytes of the input before the problem, or before the piece if all of it is wrong. */
  readonly offset: number;
  readonly reason: InvalidReason;
  /** The problem: a clause that begins in lower case and has no full stop. */
  readonly problem: string;
  /** Whether nothing after it can be read, so that it cannot be skipped. */
  readonly final: boolean;
}

/**
 * Called for pieces that are not entries: returning skips the piece, unless it is final; throwing ends the
 * reading.
 */
export type OnInvalidEntry = (invalid: InvalidEntry) => void;

/**
 * The most bytes of a line, row, element or field: longer input is refused as damaged before it fills the
 * memory.
 */
export const MAX_RECORD_BYTES: number = 256 * 1024 * 1024;

/** A batch without entries, to be filled. */
export function emptyBatch(): EntryBatch & { lines?: number[] } {
  return { keys: [], values: [], places: [] };
}

/** Reports a final problem, and throws. */
export function giveUp(onInvalid: OnInvalidEntry, invalid: Omit<InvalidEntry, 'final'>): never {
  onInvalid({ ...invalid, final: true });
  throw new CairnError(
    invalid.reason === 'too-long' ? 'TOO_LARGE' : 'INVALID_ARGUMENT',
    `the input can't be read from offset ${invalid.offset} on: ${invalid.problem}`,
  );
}
