import { CairnError } from '../errors.ts';

/** Entries that were read from text or bytes, and where. The arrays are of one length. */
export interface EntryBatch {
  readonly keys: unknown[];
  readonly values: unknown[];
  /** Where each entry stands, in the unit of its format: lines, elements and records from 1, bytes from 0. */
  readonly places: number[];
  /** The line of each entry, from 1, where the unit is another one and the input is text. */
  readonly lines?: number[];
}

/** Why a piece of the input holds no entry: what its reader may want to do differs. */
export type InvalidReason =
  /** Nothing separates a key from a value. */
  | 'separator'
  /** The key is empty. */
  | 'empty-key'
  /** A byte that isn't UTF-8. */
  | 'utf8'
  /** JSON that is broken, or isn't what the format or the encoding asks for. */
  | 'json'
  /** CSV: too few or too many cells, a column that is missing, or quotes that don't match. */
  | 'csv'
  /** A text that is no number, or that a number can't hold exactly. */
  | 'number'
  /** A key that isn't written as the key format asks for. */
  | 'key'
  /** Bytes that aren't what a binary format asks for, or end too early. */
  | 'bytes'
  /** More bytes than one record may have. */
  | 'too-long';

/** A piece of the input that holds no entry. */
export interface InvalidEntry {
  /** In the unit of {@link EntryBatch.places}. */
  readonly place: number;
  /** The line, where the unit is another one and the input is text. */
  readonly line?: number;
  /** Bytes of the input before what is wrong, or before the piece when all of it is. */
  readonly offset: number;
  readonly reason: InvalidReason;
  /** What is wrong: a clause that begins in lower case and has no full stop. */
  readonly problem: string;
  /** Whether nothing after it can be read: to pass over it is impossible. */
  readonly final: boolean;
}

/** What becomes of pieces that hold no entry: a function that returns passes over the piece, unless it is final. */
export type OnInvalidEntry = (invalid: InvalidEntry) => void;

/** Bytes that one line, row, element or field may have: more is taken for a damaged file before it fills the memory. */
export const MAX_RECORD_BYTES: number = 256 * 1024 * 1024;

/** A batch without entries, to be filled. */
export function emptyBatch(): EntryBatch & { lines?: number[] } {
  return { keys: [], values: [], places: [] };
}

/** Reports what ends the reading of an input, and ends it. */
export function giveUp(onInvalid: OnInvalidEntry, invalid: Omit<InvalidEntry, 'final'>): never {
  onInvalid({ ...invalid, final: true });
  throw new CairnError(
    invalid.reason === 'too-long' ? 'TOO_LARGE' : 'INVALID_ARGUMENT',
    `the input can't be read from offset ${invalid.offset} on: ${invalid.problem}`,
  );
}
