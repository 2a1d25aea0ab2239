import { deleteStore } from '../../node/index.ts';
import { EXIT } from '../terminal/failure.ts';
import type { DeleteArgs } from '../usage/manage.ts';

/** Removes a store, complete or not. */
export async function runDelete({ store }: DeleteArgs): Promise<number> {
  await deleteStore(store);
  return EXIT.ok;
}
