import { renameStore } from '../../node/index.ts';
import { EXIT } from '../terminal/failure.ts';

/** What `cairn rename` is asked for. */
export interface RenameArgs {
  readonly from: string;
  readonly to: string;
}

/** Gives a store another path, in one step. */
export async function runRename({ from, to }: RenameArgs): Promise<number> {
  await renameStore(from, to);
  return EXIT.ok;
}
