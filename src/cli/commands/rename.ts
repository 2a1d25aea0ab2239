import { renameStore } from '../../node/index.ts';
import { EXIT } from '../terminal/failure.ts';
import type { RenameArgs } from '../usage/manage.ts';

/** Gives a store another path, in one step. */
export async function runRename({ from, to }: RenameArgs): Promise<number> {
  await renameStore(from, to);
  return EXIT.ok;
}
