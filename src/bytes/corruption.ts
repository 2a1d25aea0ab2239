import { CairnError } from '../errors.ts';

/** The part of a file that bytes come from, for error messages: the section's name in FORMAT.md and where it begins. */
export interface Region {
  readonly file: string;
  readonly section: string;
  /** Bytes from the start of the file to the first byte of the section. */
  readonly offset: number;
}

/** What is known of damage beyond its {@link Region}. */
export interface CorruptionDetails {
  /** Bytes from the start of the region to the damage; default: 0. */
  readonly at?: number;
  readonly expected?: string | undefined;
  /** Found instead of `expected`: the two go together. */
  readonly actual?: string | undefined;
  readonly cause?: unknown;
}

/** Returns a `CORRUPTION` error: `what` is wrong in `region`. */
export function corruption(
  { file, section, offset: start }: Region,
  what: string,
  { at = 0, expected, actual, cause }: CorruptionDetails = {},
): CairnError {
  const offset = start + at;
  const evidence = expected === undefined ? '' : `: expected ${expected}, found ${actual}`;
  return new CairnError(
    'CORRUPTION',
    `${file}: ${what} (${section}, offset ${offset})${evidence}. ` +
      `The file was damaged or replaced; restore it from a good copy`,
    { file, section, offset, cause, expected, actual },
  );
}
