import { BlobSource } from '../../io/blob-source.ts';
import { describePartition, type SingleFile } from '../../partition/describe-partition.ts';
import { PartitionFile } from '../../partition/partition-file.ts';
import { withId } from './manifest.ts';
import type { OpenedFiles, OpenTools } from './opened-files.ts';

/** Opens a partition that comes as a `Blob`. @throws {CairnError} as `openFiles`. */
export async function openBlob(blob: Blob, tools: OpenTools): Promise<OpenedFiles> {
  const source = new BlobSource(blob);
  const { name } = source;
  return openAlone({ uri: name, name, source }, tools);
}

/** Opens a partition file alone, with a manifest made of its own description. Closes the source if that fails. */
export async function openAlone(file: SingleFile, tools: OpenTools): Promise<OpenedFiles> {
  const { checksum, signal } = tools;
  const { source } = file;
  try {
    const { record, tail, ...encodings } = await describePartition(file, checksum, signal);
    const manifest = withId({ ...encodings, metadata: {}, partitions: [record] }, checksum);
    const opened = await PartitionFile.open(source, record, checksum, tools.counter);
    opened.acceptTail(tail);
    return { manifest, files: [opened] };
  } catch (error) {
    await source.close();
    throw error;
  }
}
