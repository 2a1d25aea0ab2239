import { CairnError } from '../../errors.ts';
import type { ListableStorage, ReadableStorage } from '../../io/storage.ts';
import type { Location } from '../../io/uri.ts';

/**
 * Refuses the path of a store that is a symbolic link to it. An operation that removes the store would leave the link, or
 * remove what other links lead to.
 *
 * @param done the operation as a participle.
 * @throws {CairnError} `NOT_A_STORE`, `IO`.
 */
export async function refuseLink(
  { storage, path, uri }: Location<ReadableStorage & Pick<ListableStorage, 'readLink'>>,
  done: string,
): Promise<void> {
  const target = await storage.readLink?.(path);
  if (target === undefined) return;
  throw new CairnError(
    'NOT_A_STORE',
    `${uri} is a symbolic link to ${target}, and links are not ${done}: name the store that it leads to, or change ` +
      'the link itself',
    { uri },
  );
}
