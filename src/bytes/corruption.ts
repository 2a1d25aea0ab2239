import { CairnError } from '../errors.ts';

/** Where bytes come from, for error messages: the section's name in FORMAT.md and its place in the file. */
export interface Place {
  readonly file: string;
  readonly section: string;
  /** Bytes from the start of the file to the first byte of the section. */
  readonly offset: number;
}

/** A `CORRUPTION` error at `relative` bytes behind the start of `place`. */
export function corruption(
  place: Place,
  relative: number,
  what: string,
  expected?: string,
  actual?: string,
  cause?: unknown,
): CairnError {
  const offset = place.offset + relative;
  const evidence = expected === undefined ? '' : `: expected ${expected}, found ${actual}`;
  return new CairnError(
    'CORRUPTION',
    `${place.file}: ${what} (${place.section}, offset ${offset})${evidence}. ` +
      `The file was damaged or is not what was written; restore it from a good copy`,
    {
      file: place.file,
      section: place.section,
      offset,
      cause,
      expected,
      actual,
    },
  );
}
