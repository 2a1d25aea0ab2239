import { corruption } from '../../bytes/corruption.ts';
import { CairnError, isCairnError, notLoaded } from '../../errors.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import { PartitionFile } from '../../partition/partition-file.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import type { Manifest } from './manifest.ts';
import type { OpenedFiles, OpenTools } from './opened-files.ts';
import type { StoreDirectory } from './store-directory.ts';

const PARTITION_SUFFIX = '.cairn';

/** How often a store is looked at again whose partitions vanish while it is opened. */
const MAX_ATTEMPTS = 8;

/**
 * Opens all partitions of a complete store, so that they can be read whatever happens to their names; or one partition file
 * alone.
 *
 * @throws {CairnError} `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `CORRUPTION`, `UNSUPPORTED_FORMAT`, `UNSUPPORTED`, `IO`.
 */
export async function openFiles(directory: StoreDirectory, tools: OpenTools): Promise<OpenedFiles> {
  const { storage, path } = directory;
  if (storage.split(path).name.endsWith(PARTITION_SUFFIX)) {
    try {
      return await openFile(directory, tools);
    } catch (error) {
      // A store may have such a name, too.
      if (!isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE')) throw error;
    }
  }
  let before: string | undefined;
  for (let attempt = 1; ; attempt++) {
    let manifest: Manifest;
    try {
      manifest = await directory.readManifest(tools.checksum, tools.signal);
    } catch (error) {
      if (!isCairnError(error, 'NOT_A_STORE') || (await storage.kind(path)) !== 'file') throw error;
      return openFile(directory, tools);
    }
    const { sources, missing, cause } = await openPartitions(directory, manifest.partitions);
    if (missing === undefined)
      return { manifest, files: await partitionFiles(sources, manifest.partitions, tools, directory) };
    // If the store was renamed, deleted, replaced or merged into since its manifest was read, that is another one now, or gone.
    const state = `${manifest.id} ${manifest.partitions.map(({ name }) => name).join(' ')}`;
    if (before === state) {
      const file = storage.uri(directory.partition(missing));
      throw corruption({ file, section: 'file', offset: 0 }, 'a partition is missing', { cause });
    }
    if (attempt === MAX_ATTEMPTS) {
      const { uri } = directory;
      throw new CairnError('REPLACED', `${uri} is replaced again and again while it is opened: try again`, {
        uri,
        cause,
      });
    }
    before = state;
  }
}

/** Opens all partitions of a store at once, or says which is missing; then none is open. @throws {CairnError} `IO`. */
export async function openPartitions(
  directory: StoreDirectory,
  partitions: readonly PartitionRecord[],
): Promise<{ sources: ByteSource[]; missing?: string; cause?: unknown }> {
  const opened = await Promise.allSettled(
    partitions.map((record) => directory.storage.open(directory.partition(record.name), record)),
  );
  const sources = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = opened.findIndex((result) => result.status === 'rejected');
  if (failed < 0) return { sources };
  await closeAll(sources);
  const { reason } = opened[failed] as PromiseRejectedResult;
  if (!isCairnError(reason, 'NOT_FOUND')) throw reason;
  return { sources: [], missing: partitions[failed].name, cause: reason };
}

async function openFile({ storage, path, uri }: StoreDirectory, tools: OpenTools): Promise<OpenedFiles> {
  const source = await storage.open(path, undefined, tools.signal);
  const { openAlone } = await import('./open-alone.ts').catch(notLoaded);
  return openAlone({ uri, name: storage.split(path).name, source }, tools);
}

/**
 * Makes partition files of opened sources, one a record. Closes the sources if that fails.
 *
 * @param directory that of the store, whose manifest names them; absent if something else does.
 */
export async function partitionFiles(
  sources: readonly ByteSource[],
  records: readonly PartitionRecord[],
  tools: Pick<OpenTools, 'checksum' | 'counter'>,
  directory?: StoreDirectory,
): Promise<PartitionFile[]> {
  try {
    return await Promise.all(records.map((record, i) => partitionFile(sources[i], record, tools, directory)));
  } catch (error) {
    await closeAll(sources);
    throw error;
  }
}

/** Makes the file of one partition of a store. Of a remote one, a loss is explained by the manifest that is there then. */
export async function partitionFile(
  source: ByteSource,
  record: PartitionRecord,
  { checksum, counter }: Pick<OpenTools, 'checksum' | 'counter'>,
  directory?: StoreDirectory,
): Promise<PartitionFile> {
  const file = await PartitionFile.open(source, record, checksum, counter);
  if (source.remote === true && directory !== undefined) {
    file.explain = async (error) => {
      const { explainLoss } = await import('./explain-loss.ts').catch(notLoaded);
      return explainLoss(error, directory, record, checksum);
    };
  }
  return file;
}

async function closeAll(sources: readonly ByteSource[]): Promise<void> {
  await Promise.all(sources.map((source) => source.close()));
}
