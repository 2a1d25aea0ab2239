/** The result of a step over the data in memory. */
export const ABSENT = 0;
export const FOUND = 1;
/** Something is not in memory: `load` it and take the step again. */
export const MISSING = 2;
export type Outcome = typeof ABSENT | typeof FOUND | typeof MISSING;
