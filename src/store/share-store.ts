import type { Checksum } from '../bytes/checksum.ts';
import { asText, CairnError, invalidArgument, isCairnError, notLoaded } from '../errors.ts';
import { isBlob } from '../io/blob.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { ResidentPartition } from '../partition/cache/resident-partition.ts';
import { sharePartition, useSharedMemory } from '../partition/cache/share-partition.ts';
import { decodeManifest } from './manifest/decode-manifest.ts';
import { encodeManifest, type Manifest } from './manifest/manifest.ts';
import { partitionFiles } from './manifest/open-files.ts';
import type { OpenedFiles, OpenTools } from './manifest/opened-files.ts';
import { StoreDirectory } from './manifest/store-directory.ts';
import { checkReadOptions, type OpenStoreOptions } from './read/read-options.ts';
import type { AcceptedHandle, SharedStore, StoreHandle, StoreSharing } from './read/store-sharing.ts';

const KIND: StoreHandle['kind'] = 'cairnkv store handle';
const VERSION: StoreHandle['version'] = 1;

/** Shares stores of local files that are resident: see `StoreReader.share`. */
export const storeSharing: StoreSharing = { share, accept };

function share({ uri, manifest, readers, views, checksum }: SharedStore): StoreHandle {
  const unsupported = (message: string): CairnError =>
    new CairnError('UNSUPPORTED', `${uri} can't be shared: ${message}`, { uri });
  const partitions = readers.map((partition): [string, ResidentPartition] => {
    const { path } = partition.file.source;
    if (path === undefined) throw unsupported('other threads can open stores of local files only');
    if (!(partition instanceof ResidentPartition)) {
      throw unsupported(
        "the reader does not keep it in memory. Open it with a cacheBytes that holds it, and without verify: 'always'",
      );
    }
    return [path, partition];
  });
  return {
    kind: KIND,
    version: VERSION,
    uri,
    manifest: encodeManifest(manifest, checksum),
    views,
    partitions: partitions.map(([path, partition]) => ({ path, memory: sharePartition(partition) })),
  };
}

function accept(value: unknown, options: OpenStoreOptions): AcceptedHandle | undefined {
  if (typeof value !== 'object' || value === null || value instanceof URL || isBlob(value)) return undefined;
  const handle = checkHandle(value);
  if (checkReadOptions(options).verify === 'always') {
    throw invalidArgument('verify', "a shared store's blocks are checked once: open the store by its URI");
  }
  return {
    uri: handle.uri,
    options: { ...options, views: options.views ?? handle.views },
    openFiles: (location, tools) => openFiles(handle, new StoreDirectory(location), tools),
    readers: (files) => ({
      readers: files.map((file, i) => {
        const partition = new ResidentPartition(file, true);
        useSharedMemory(handle.partitions[i].memory, partition);
        return partition;
      }),
      // The memory is counted where it was allocated.
      release: undefined,
    }),
  };
}

/** Opens the files of the handle's partitions; each checks itself against the manifest when it is first read. */
async function openFiles(
  handle: StoreHandle,
  directory: StoreDirectory,
  tools: OpenTools,
): Promise<OpenedFiles> {
  const manifest = manifestOf(handle, tools.checksum);
  const opened = await Promise.allSettled(
    manifest.partitions.map((record, i) => directory.storage.open(handle.partitions[i].path, record)),
  );
  const sources: ByteSource[] = [];
  for (const result of opened) if (result.status === 'fulfilled') sources.push(result.value);
  const failed = opened.find((result) => result.status === 'rejected');
  if (failed === undefined)
    return { manifest, files: await partitionFiles(sources, manifest.partitions, tools, directory) };
  await Promise.all(sources.map((source) => source.close()));
  // The files are known by their paths alone.
  const { explainLoss } = await import('./manifest/explain-loss.ts').catch(notLoaded);
  throw await explainLoss(
    failed.reason,
    directory,
    manifest.partitions[opened.indexOf(failed)],
    tools.checksum,
  );
}

function manifestOf(handle: StoreHandle, checksum: Checksum): Manifest {
  let manifest: Manifest;
  try {
    manifest = decodeManifest(handle.manifest, handle.uri, checksum);
  } catch (error) {
    if (isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT')) throw damaged('its manifest', error);
    throw error;
  }
  if (manifest.partitions.length !== handle.partitions.length) throw damaged('its list of partitions');
  return manifest;
}

function checkHandle(value: object): StoreHandle {
  const handle = value as Partial<StoreHandle>;
  if (handle.kind !== KIND) {
    throw invalidArgument(
      'uri',
      'uri must be a path or URI, a Blob, or what reader.share() returns, not another object',
    );
  }
  if (handle.version !== VERSION) {
    throw invalidArgument(
      'uri',
      `the handle is of version ${asText(handle.version)}, not ${VERSION}: share and open with the same cairnkv`,
    );
  }
  if (typeof handle.uri !== 'string') throw damaged('its uri');
  if (!(handle.manifest instanceof Uint8Array)) throw damaged('its manifest');
  if (typeof handle.views !== 'boolean') throw damaged('its views');
  const partitions: unknown = handle.partitions;
  if (!Array.isArray(partitions)) throw damaged('its list of partitions');
  for (const one of partitions as readonly (Partial<StoreHandle['partitions'][number]> | null)[]) {
    if (typeof one?.path !== 'string' || !(one.memory instanceof SharedArrayBuffer))
      throw damaged('its list of partitions');
  }
  return handle as StoreHandle;
}

function damaged(part: string, cause?: unknown): CairnError {
  return invalidArgument(
    'uri',
    `the handle is damaged: ${part} is not what was shared. Take one from reader.share()`,
    cause,
  );
}
