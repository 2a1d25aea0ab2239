import { invalidArgument } from '../../errors.ts';

/** Returns the value of an option that has no default. @throws {CairnError} `INVALID_ARGUMENT` that says what to write. */
export function requiredOption<T>(value: T | undefined, name: string, advice: string): T {
  if (value !== undefined) return value;
  throw invalidArgument(name, `--${name} is missing: ${advice}`);
}

/** What to write for `--job`. */
export const JOB_ADVICE: string =
  'name the job with --job; cairn job status <output> lists those that there are';
