import type { Checksum } from '../../bytes/checksum.ts';
import { CairnError, isCairnError } from '../../errors.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import { isSamePartition } from './manifest.ts';
import type { StoreDirectory } from './store-directory.ts';

/**
 * Returns why a partition of a store that is open is missing or has other bytes: `REPLACED`, if the manifest that is there
 * now does not name it any more; else the error itself. Reads the manifest.
 */
export async function explainLoss(
  error: unknown,
  directory: StoreDirectory,
  record: PartitionRecord,
  checksum: Checksum,
): Promise<unknown> {
  if (!isCairnError(error, 'CORRUPTION', 'NOT_FOUND')) return error;
  try {
    const { partitions } = await directory.readManifest(checksum);
    if (partitions.some((other) => other.name === record.name && isSamePartition(other, record)))
      return error;
  } catch {
    // Whether the store was replaced is unknown, or it is gone.
    return error;
  }
  const { uri } = directory;
  return new CairnError('REPLACED', `${uri} was replaced while it was open: open it again`, {
    uri,
    cause: error,
  });
}
