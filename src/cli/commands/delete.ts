import { deleteStore } from '../../node/index.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import type { DeleteArgs } from '../usage/manage.ts';

/** Removes a store, complete or not. */
export async function runDelete({ store }: DeleteArgs, io: Io): Promise<number> {
  await deleteStore(store, { onSkip: ({ error }) => io.stderr.write(`cairn: ${error.message}\n`) });
  return EXIT.ok;
}
