import type { Checksum } from '../../bytes/checksum.ts';
import { corruption } from '../../bytes/corruption.ts';
import { isCairnError, notLoaded } from '../../errors.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import type { SingleFile } from '../../partition/describe-partition.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import { type Manifest, withId } from './manifest.ts';
import type { StoreDirectory } from './store-directory.ts';

/** What is opened of a store. */
export interface OpenedFiles {
  readonly manifest: Manifest;
  readonly sources: readonly ByteSource[];
  /** The tail of a partition that stands for itself: it has been read. */
  readonly tail?: Uint8Array;
}

export async function openBlob(
  blob: Blob,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<OpenedFiles> {
  const { BlobSource } = await import('../../io/blob-source.ts').catch(notLoaded);
  const source = new BlobSource(blob);
  const { name } = source;
  return openAlone({ uri: name, name, source }, checksum, signal);
}

const PARTITION_SUFFIX = '.cairn';

/** How often a store is looked at again whose partitions vanish while it is opened. */
const MOST_ATTEMPTS = 8;

/** The manifest of a store and its opened partitions, or those of a partition that stands for itself. */
export async function openFiles(
  directory: StoreDirectory,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<OpenedFiles> {
  const { storage, path } = directory;
  if (storage.split(path).name.endsWith(PARTITION_SUFFIX)) {
    try {
      return await openFile(directory, checksum, signal);
    } catch (error) {
      // A store may have such a name, too.
      if (!isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE')) throw error;
    }
  }
  let before: string | undefined;
  for (let attempt = 1; ; attempt++) {
    let manifest: Manifest;
    try {
      manifest = await directory.readManifest(checksum, signal);
    } catch (error) {
      if (!isCairnError(error, 'NOT_A_STORE') || (await storage.kind(path)) !== 'file') throw error;
      return openFile(directory, checksum, signal);
    }
    const names = manifest.partitions.map(({ name }) => name);
    const { sources, missing, cause } = await openAll(directory, manifest.partitions);
    if (missing === undefined) return { manifest, sources };
    // Renamed, deleted or merged into since its manifest was read? Then that is another one now, or gone.
    const state = `${manifest.id} ${names.join(' ')}`;
    if (before === state || attempt === MOST_ATTEMPTS) {
      const file = storage.uri(directory.partition(missing));
      throw corruption(
        { file, section: 'file', offset: 0 },
        0,
        'a partition is missing',
        undefined,
        undefined,
        cause,
      );
    }
    before = state;
  }
}

/** Opens all partitions at once, so that the reader has them whatever happens to their names; or says which is gone. */
async function openAll(
  directory: StoreDirectory,
  partitions: readonly PartitionRecord[],
): Promise<{ sources: ByteSource[]; missing?: string; cause?: unknown }> {
  const opened = await Promise.allSettled(
    partitions.map((record) => directory.storage.open(directory.partition(record.name), record)),
  );
  const sources = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = opened.findIndex((result) => result.status === 'rejected');
  if (failed < 0) return { sources };
  await Promise.all(sources.map((source) => source.close()));
  const { reason } = opened[failed] as PromiseRejectedResult;
  if (!isCairnError(reason, 'NOT_FOUND')) throw reason;
  return { sources: [], missing: partitions[failed].name, cause: reason };
}

async function openFile(
  { storage, path, uri }: StoreDirectory,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<OpenedFiles> {
  const source = await storage.open(path, undefined, signal);
  return openAlone({ uri, name: storage.split(path).name, source }, checksum, signal);
}

/** A partition file that stands alone, with a manifest made of what it says of itself. Closes the source if there is none. */
export async function openAlone(
  file: SingleFile,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<OpenedFiles> {
  try {
    const { describePartition } = await import('../../partition/describe-partition.ts').catch(notLoaded);
    const { record, tail, ...encodings } = await describePartition(file, checksum, signal);
    const manifest = withId({ ...encodings, metadata: {}, partitions: [record] }, checksum);
    return { manifest, sources: [file.source], tail };
  } catch (error) {
    await file.source.close();
    throw error;
  }
}
