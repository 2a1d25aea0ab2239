import { deleteStore } from '../../node/index.ts';
import { EXIT } from '../terminal/failure.ts';

/** What `cairn delete` is asked for. */
export interface DeleteArgs {
  readonly store: string;
}

/** Removes a store, complete or not. */
export async function runDelete({ store }: DeleteArgs): Promise<number> {
  await deleteStore(store);
  return EXIT.ok;
}
