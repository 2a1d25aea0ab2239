import { runGet } from './commands/get.ts';
import type { Io } from './terminal/io.ts';
import { reportFailure } from './terminal/report-failure.ts';
import type { GetArgs } from './usage/read.ts';

export { processIo } from './terminal/io.ts';

/** Runs `cairn get`, and resolves with the exit code. A failure is one message on standard error. */
export async function lookUp(args: GetArgs, io: Io): Promise<number> {
  try {
    return await runGet(args, io);
  } catch (error) {
    return reportFailure(error, io);
  }
}
