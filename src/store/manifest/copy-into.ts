import { type CopyObserver, copyPartition } from '../../partition/copy-partition.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import { ReadCounter } from '../../partition/read-counter.ts';
import { partitionFile } from './open-files.ts';
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
    const file = await partitionFile(source, record, { checksum, counter: new ReadCounter() }, from);
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

/**
 * Gives a partition of another store a second name in a draft, or copies it where the storage has no such names. Returns its
 * record there. `name` must be unique to this attempt.
 *
 * @throws {CairnError} (as a rejection) as {@link copyInto}.
 */
export async function placePartition(
  draft: StoreDraft,
  name: string,
  from: StoreDirectory,
  record: PartitionRecord,
  signal: AbortSignal | undefined,
): Promise<PartitionRecord> {
  const { storage } = draft.directory;
  const isLinked =
    from.storage === storage && (await storage.link?.(from.partition(record.name), draft.adopt(name)));
  if (isLinked !== true) await copyInto(draft, name, from, record, { signal, onBytes: () => undefined });
  return { ...record, name };
}
