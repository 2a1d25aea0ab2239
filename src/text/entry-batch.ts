/** Entries that were read from text, and where. The three arrays are of one length. */
export interface EntryBatch {
  readonly keys: unknown[];
  readonly values: unknown[];
  /** The line of each entry, from 1. */
  readonly lines: number[];
}

/** A line that holds no entry. */
export interface InvalidLine {
  /** From 1. */
  readonly line: number;
  /** Bytes of the input before what is wrong, or before the line when all of it is. */
  readonly offset: number;
  /** What is wrong, and what to do: a clause that begins in lower case and has no full stop. */
  readonly problem: string;
}

/** What becomes of lines that hold no entry: a function that returns passes over the line. */
export type OnInvalidLine = (line: InvalidLine) => void;
