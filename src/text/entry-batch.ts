/** Entries that were read from text, and where. The three arrays are of one length. */
export interface EntryBatch {
  readonly keys: unknown[];
  readonly values: unknown[];
  /** The line of each entry, from 1. */
  readonly lines: number[];
}

/** Why a line holds no entry: what its reader may want to do differs. */
export type InvalidLineReason =
  /** Nothing separates a key from a value. */
  | 'separator'
  /** The key is empty. */
  | 'empty-key'
  /** A byte that isn't UTF-8. */
  | 'utf8'
  /** JSON that is broken, or isn't what the format or the encoding asks for. */
  | 'json';

/** A line that holds no entry. */
export interface InvalidLine {
  /** From 1. */
  readonly line: number;
  /** Bytes of the input before what is wrong, or before the line when all of it is. */
  readonly offset: number;
  readonly reason: InvalidLineReason;
  /** What is wrong: a clause that begins in lower case and has no full stop. */
  readonly problem: string;
}

/** What becomes of lines that hold no entry: a function that returns passes over the line. */
export type OnInvalidLine = (line: InvalidLine) => void;
