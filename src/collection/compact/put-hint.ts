import { CairnError, isCairnError } from '../../errors.ts';
import type { Storage } from '../../io/storage.ts';
import type { CollectionDirectory } from '../version/collection-directory.ts';

/**
 * Writes the number of a version as the hint for readers without listings, unless the hint is a later one.
 *
 * @param isThere whether it was written before.
 * @throws {CairnError} (as a rejection) `IO`.
 */
export async function putHint(
  { storage, latest }: CollectionDirectory<Storage>,
  number: number,
  isThere: boolean,
): Promise<void> {
  const bytes = new TextEncoder().encode(`${number}\n`);
  try {
    if (!isThere && (await storage.putIfAbsent(latest, bytes))) return;
  } catch (error) {
    if (!isCairnError(error, 'IO')) throw error;
  }
  try {
    await storage.replace(latest, bytes, (current) => {
      if (Number(new TextDecoder().decode(current)) >= number)
        throw new CairnError('CONFLICT', 'the hint is newer');
    });
  } catch (error) {
    // Another writer has written a later one, or writes one now.
    if (!isCairnError(error, 'CONFLICT')) throw error;
  }
}
