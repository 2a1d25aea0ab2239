import { isCairnError } from '../../errors.ts';
import { deleteStore } from '../../node/index.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { DeleteArgs } from '../usage/manage.ts';

/** Removes a store, complete or not, or a collection. */
export async function runDelete({ store }: DeleteArgs, io: Io): Promise<number> {
  try {
    await deleteStore(store, { onSkip: ({ error }) => io.stderr.write(`cairn: ${error.message}\n`) });
  } catch (error) {
    if (!isCairnError(error, 'NOT_A_STORE')) throw error;
    const { deleteCollectionInstead } = await import('../stores/delete-collection.ts');
    if (!(await deleteCollectionInstead(store))) throw error;
  }
  return EXIT.ok;
}
