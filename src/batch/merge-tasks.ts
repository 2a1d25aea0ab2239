import { compareBytes } from '../bytes/compare.ts';
import { loadCompressor } from '../compression/compressors.ts';
import { CairnError, isCairnError } from '../errors.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { HOST } from '../io/host.ts';
import { UncachedPartition } from '../partition/cache/uncached-partition.ts';
import type { PartitionRecord } from '../partition/partition-record.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import { openPartitions, partitionFiles } from '../store/manifest/open-files.ts';
import { StoreDraft } from '../store/manifest/store-draft.ts';
import { mergeEntries } from '../store/merge/merge-entries.ts';
import { overlapping } from '../store/merge/overlapping.ts';
import { showStoredKey } from '../store/write/entry-check.ts';
import { StoreBuilder } from '../store/write/store-builder.ts';
import { checkWriteOptions } from '../store/write/write-options.ts';
import type { Decision, JobDirectory } from './job-directory.ts';
import type { JobPlan } from './job-plan.ts';
import type { TaskPiece } from './task-piece.ts';

/**
 * Writes those partitions of tasks again whose keys overlap, merged, and decides that the job is committed with them. If
 * another process was first, its decision is returned, and what was written here is removed.
 *
 * @param pieces are in the order of their first keys.
 * @throws {CairnError} (as a rejection) `DUPLICATE_KEY`, `CORRUPTION`, `IO`.
 */
export async function mergeTasks(
  directory: JobDirectory,
  plan: JobPlan,
  pieces: readonly TaskPiece[],
): Promise<Decision> {
  try {
    return await mergeAndDecide(directory, plan, pieces);
  } catch (error) {
    // A process that was faster has made the store, or removed what was to be merged here.
    const decision = isCairnError(error, 'NOT_FOUND', 'ALREADY_EXISTS')
      ? await directory.decision()
      : undefined;
    if (decision !== undefined) return decision;
    throw error;
  }
}

async function mergeAndDecide(
  directory: JobDirectory,
  plan: JobPlan,
  pieces: readonly TaskPiece[],
): Promise<Decision> {
  const draft = await StoreDraft.begin(directory.store, { checksum: directory.checksum });
  return draft.complete(async () => {
    const partitions = await mergePieces(directory, plan, pieces, draft);
    const names = new Set(pieces.map(({ record }) => record.name));
    const made = partitions.find(({ name }) => !names.has(name)) as PartitionRecord;
    let decision: Decision;
    try {
      decision = await directory.decide({ decision: 'commit', partitions });
    } catch (error) {
      // The decision may be there, and name the files.
      draft.release();
      throw error;
    }
    const isOurs =
      decision.decision === 'commit' && decision.partitions.some(({ name }) => name === made.name);
    if (isOurs) draft.release();
    else await draft.abandon();
    return decision;
  });
}

async function mergePieces(
  { store, checksum }: JobDirectory,
  { output }: JobPlan,
  pieces: readonly TaskPiece[],
  draft: StoreDraft,
): Promise<PartitionRecord[]> {
  const { partitionBytes, blockBytes, hashIndex, compression, onDuplicate } = checkWriteOptions(output);
  const keyEncoding = output.keyEncoding as string;
  const builder = await StoreBuilder.create(draft, {
    keyEncoding,
    valueEncoding: output.valueEncoding as string,
    compressor: await loadCompressor(compression),
    partitionBytes,
    blockBytes,
    hashIndex,
    attemptId: HOST.uniqueName(),
  });
  const placed: PartitionRecord[] = [];
  for (const group of overlapping(pieces)) {
    if (group.length === 1) {
      placed.push(group[0].record);
      continue;
    }
    const records = group.map(({ record }) => record);
    const { sources, missing } = await openPartitions(store, records);
    if (missing !== undefined)
      throw new CairnError('NOT_FOUND', `the partition ${missing} of ${store.uri} is gone`, {
        uri: store.uri,
      });
    try {
      await mergeGroup(group, sources);
    } finally {
      await Promise.all(sources.map((source) => source.close()));
    }
    // The next partition may be one that is not rewritten: this one must not reach over it.
    await builder.roll();
  }
  return [...placed, ...(await builder.finish())].sort((a, b) => compareBytes(a.firstKey, b.firstKey));

  async function mergeGroup(group: readonly TaskPiece[], sources: readonly ByteSource[]): Promise<void> {
    const records = group.map(({ record }) => record);
    const files = await partitionFiles(sources, records, { checksum, counter: new ReadCounter() });
    const byTask = new Map<number, UncachedPartition[]>();
    for (const [i, { task }] of group.entries())
      byTask.set(task, [...(byTask.get(task) ?? []), new UncachedPartition(files[i])]);
    const inOrder = [...byTask].sort(([a], [b]) => a - b).map(([, readers]) => readers);
    try {
      await mergeEntries(inOrder, builder, onDuplicate);
    } catch (error) {
      if (!isCairnError(error, 'DUPLICATE_KEY') || error.key === undefined) throw error;
      throw new CairnError(
        'DUPLICATE_KEY',
        `the key ${showStoredKey(error.key, keyEncoding)} was written by two tasks. Say which entry stays: ` +
          "onDuplicate 'first' or 'last'",
        { key: error.key },
      );
    }
  }
}
