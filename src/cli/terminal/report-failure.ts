import { BrokenPipe, exitCodeOf, messageOf } from './failure.ts';
import type { Io } from './io.ts';

/** Writes a failure as one message to standard error, and returns the exit code. */
export function reportFailure(error: unknown, io: Io): number {
  if (!(error instanceof BrokenPipe)) io.stderr.write(`cairn: ${messageOf(error)}\n`);
  if (io.env.CAIRN_DEBUG !== undefined && error instanceof Error) io.stderr.write(`${error.stack}\n`);
  return exitCodeOf(error);
}
