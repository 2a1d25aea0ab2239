import { renameStore } from '../../node/index.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { RenameArgs } from '../usage/manage.ts';

/** Gives a store another path, in one step. */
export async function runRename({ from, to, replace }: RenameArgs, io: Io): Promise<number> {
  // A rename in one step is not worth handlers of signals.
  await renameStore(from, to, replace === true ? { replace, signal: io.interrupts() } : {});
  return EXIT.ok;
}
