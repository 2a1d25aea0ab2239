import { type CopyObserver, copyPartition } from '../../partition/copy-partition.ts';
import { PartitionFile } from '../../partition/partition-file.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import { ReadCounter } from '../../partition/read-counter.ts';
import type { StoreDirectory } from './store-directory.ts';
import type { StoreDraft } from './store-draft.ts';

/**
 * Copies a partition of a store into a draft, under a name of its own, and makes the copy durable. Every byte is checked on
 * its way. If it fails, nothing remains.
 *
 * @throws {CairnError} (as a rejection) `ALREADY_EXISTS` if the name is taken, `NOT_FOUND`, `CORRUPTION`, `IO`.
 */
export async function copyInto(
  draft: StoreDraft,
  name: string,
  from: StoreDirectory,
  record: PartitionRecord,
  observer: CopyObserver,
): Promise<void> {
  const { directory, checksum } = draft;
  const source = await from.storage.open(from.partition(record.name), record, observer.signal);
  try {
    const file = await PartitionFile.open(source, record, checksum, new ReadCounter());
    const sink = directory.storage.create(directory.partition(name));
    try {
      await copyPartition(file, checksum, sink, observer);
      await sink.finish();
    } catch (error) {
      await sink.abort().catch(() => undefined);
      throw error;
    }
    draft.adopt(name);
  } finally {
    await source.close();
  }
}
