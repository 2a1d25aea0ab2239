import type { Checksum } from '../bytes/checksum.ts';
import type { Place } from '../bytes/corruption.ts';
import { corruption } from '../bytes/corruption.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import type { KeyCodec, KeyEncoding, KeyOf } from '../codec/keys/key-codec.ts';
import { loadKeyCodec } from '../codec/keys/load-key-codec.ts';
import { loadValueDecoder, type ValueDecoder } from '../codec/values/plain-decoders.ts';
import type { StandardSchema, ValueOutput } from '../codec/values/schema.ts';
import type { ValueEncoding } from '../codec/values/value-codec.ts';
import { invalidArgument, isCairnError, notLoaded } from '../errors.ts';
import { blobName, isBlob } from '../io/blob.ts';
import type { ByteSource } from '../io/byte-source.ts';
import type { AccessOptions } from '../io/storage.ts';
import { type Location, locate } from '../io/uri.ts';
import type { MemoryBudget } from '../partition/cache/memory-budget.ts';
import { ResidentPartition } from '../partition/cache/resident-partition.ts';
import type { OpenedFiles } from '../partition/describe-partition.ts';
import { loadDecompressors, PartitionFile } from '../partition/partition-file.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import { describedKeys, type StoreInfo, storeInfo } from './manifest/describe-store.ts';
import { DATA_DIRECTORY, type Manifest, type PartitionRecord } from './manifest/manifest.ts';
import { manifestPlace, readManifest } from './manifest/store-directory.ts';
import { EntryDecoder } from './read/entry-decoder.ts';
import { PartitionSet } from './read/partition-set.ts';
import { checkReadOptions, type OpenStoreOptions, type ReadOptions } from './read/read-options.ts';
import { ReaderPromise } from './read/reader-promise.ts';
import { StoreReader } from './read/store-reader.ts';

/**
 * Opens a complete store, or a single partition file. Reads the manifest; everything else is read when needed.
 *
 * A partition file may also come as a `Blob`: a `File` that was chosen or dropped on a page, or what `fs.openAsBlob`
 * gives. It is read piece by piece, as the methods need it; those with the suffix `Sync` are `UNSUPPORTED` then.
 *
 * The store knows its encodings, so no options are needed; give the types as `openStore<string, Row>(uri)`, or by
 * naming the encodings. The returned promise also has the reader's methods: `await openStore(uri).get(key)`.
 *
 * With a `schema`, every method that gives a value throws `INVALID_ARGUMENT` (argument `schema`) for one that does not
 * meet it.
 *
 * A reader keeps the store as it was when it was opened, whatever is merged, renamed or deleted later. Of a store that
 * lies far away it keeps what it has read.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `CORRUPTION`,
 *   `UNSUPPORTED_FORMAT`, `UNSUPPORTED`, `INVALID_ARGUMENT`, `IO`.
 *
 * @example
 * ```ts
 * import { createStore, openStore } from 'cairnkv';
 *
 * await createStore('memory:words', { valueEncoding: 'utf8' }).put('cairn', 'a heap of stones').close();
 * const store = await openStore('memory:words', { valueEncoding: 'utf8' });
 * console.log(await store.get('cairn')); // a heap of stones
 * console.log(store.getSync('stone')); // undefined
 * for await (const [word, meaning] of store.entries({ prefix: 'ca' })) console.log(word, meaning);
 * await store.close();
 * ```
 *
 * @example
 * ```ts
 * import { openAsBlob } from 'node:fs';
 * import { createStore, openStore } from 'cairnkv';
 *
 * const { partitions } = await createStore('./words').put('cairn', 'a heap of stones').close();
 * const file = await openAsBlob(`./words/data/${partitions[0].name}`); // on a page: input.files[0]
 * console.log(await openStore(file).get('cairn')); // a heap of stones
 * ```
 */
export function openStore<
  const KE extends KeyEncoding = 'utf8',
  const VE extends ValueEncoding = 'msgpack',
  S extends StandardSchema = StandardSchema,
>(
  uri: string | URL | Blob,
  options?: OpenStoreOptions<KE, VE, S>,
): ReaderPromise<KeyOf<KE>, ValueOutput<VE, S>>;
export function openStore<K, V>(uri: string | URL | Blob, options?: OpenStoreOptions): ReaderPromise<K, V>;
export function openStore<K, V>(
  uri: string | URL | Blob,
  options: OpenStoreOptions = {},
): ReaderPromise<K, V> {
  return ReaderPromise.of(open<K, V>(uri, options));
}

async function open<K, V>(uri: string | URL | Blob, options: OpenStoreOptions): Promise<StoreReader<K, V>> {
  const checked = checkReadOptions(options);
  const { signal } = checked;
  const counter = new ReadCounter();
  const place = isBlob(uri) ? uri : accessedBy(locate(uri), checked, counter);
  signal?.throwIfAborted();
  const memory = import('../partition/cache/memory-budget.ts').catch(notLoaded);
  // Whoever waits for it is told; an opening that fails before does not.
  memory.catch(() => undefined);
  const checksum = await loadChecksum();
  const { manifest, sources, tail } = isBlob(place)
    ? await openBlob(place, checksum, signal)
    : await openFiles(place, checksum, signal);
  try {
    checked.signal?.throwIfAborted();
    const keys = (await codecOf(
      'keyEncoding',
      manifest.keyEncoding,
      checked.keyEncoding,
      loadKeyCodec,
    )) as KeyCodec<K>;
    const values = (await codecOf(
      'valueEncoding',
      manifest.valueEncoding,
      checked.valueEncoding,
      loadValueDecoder,
    )) as ValueDecoder<V>;
    const decompressors = await loadDecompressors(manifest.partitions.map(({ compression }) => compression));
    const files = manifest.partitions.map(
      (record, i) => new PartitionFile(sources[i], record, checksum, decompressors, counter),
    );
    const uri = isBlob(place) ? blobName(place) : place.uri;
    const where: Place = isBlob(place) ? { file: uri, section: 'manifest', offset: 0 } : manifestPlace(place);
    const info: StoreInfo<K> = storeInfo(uri, manifest, describedKeys(keys, where));
    if (tail !== undefined) files[0].acceptTail(tail);
    return new StoreReader<K, V>({
      info,
      set: await partitionSet(files, checked, (await memory).PROCESS_MEMORY, counter),
      counter,
      decoder: await entryDecoder(keys, values, checked),
      verify: async (verifyOptions) => {
        const { Verifier } = await import('./verify/verifier.ts').catch(notLoaded);
        const verifier = new Verifier(checksum, verifyOptions);
        await verifier.partitions(files, manifest, decompressors, counter);
        return verifier.report;
      },
    });
  } catch (error) {
    await Promise.all(sources.map((source) => source.close()));
    throw error;
  }
}

async function openBlob(
  blob: Blob,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<OpenedFiles> {
  const { BlobSource } = await import('../io/blob-source.ts').catch(notLoaded);
  const { openPartition } = await import('../partition/describe-partition.ts').catch(notLoaded);
  const source = new BlobSource(blob);
  const { name } = source;
  return openPartition({ uri: name, name, source }, checksum, signal);
}

/** The place as this reader wants it: its requests are counted, and reported to who asked. */
function accessedBy(location: Location, options: ReadOptions, counter: ReadCounter): Location {
  const { storage } = location;
  if (storage.withAccess === undefined) return location;
  const access: AccessOptions = {
    fetch: options.fetch,
    onRequest: (report) => {
      counter.requests++;
      counter.bytes += report.bytes;
      options.onRequest?.(report);
    },
  };
  return { ...location, storage: storage.withAccess(access) };
}

/** A store that fits is made resident; for a larger one, what reads it by and by is loaded first. */
async function partitionSet(
  files: readonly PartitionFile[],
  { cacheBytes, verify }: ReadOptions,
  budget: MemoryBudget,
  counter: ReadCounter,
): Promise<PartitionSet> {
  const total = files.reduce((sum, { record }) => sum + record.dataBytes + record.hashBytes, 0);
  const checkEachUse = verify === 'always';
  const release = checkEachUse ? undefined : budget.admit(total, cacheBytes);
  if (release !== undefined) {
    const readers = files.map((file) => new ResidentPartition(file, true));
    budget.releaseAfter(readers, release);
    return new PartitionSet(readers, release);
  }
  const { pagedPartitions } = await import('../partition/cache/paged-partitions.ts').catch(notLoaded);
  const paged = pagedPartitions(files, { cacheBytes, checkEachUse, budget }, counter);
  return new PartitionSet(paged.readers, paged.release);
}

/** What reads entries; with a schema, the values are checked on their way out. */
async function entryDecoder<K, V>(
  keys: KeyCodec<K>,
  values: ValueDecoder<V>,
  { schema, views }: ReadOptions,
): Promise<EntryDecoder<K, V>> {
  if (schema === undefined) return new EntryDecoder(keys, values, views);
  const { decoderWithSchema } = await import('../codec/values/schema-values.ts').catch(notLoaded);
  const { schemaError } = await import('./read/schema-error.ts').catch(notLoaded);
  return new EntryDecoder(keys, decoderWithSchema(values, schema), views, schemaError);
}

/** The codec that the store names; the caller's where it is the caller's own. */
async function codecOf<E extends KeyEncoding | ValueEncoding, C>(
  option: string,
  stored: string,
  given: E | undefined,
  codecFor: (encoding: E) => C | Promise<C>,
): Promise<C> {
  const name = typeof given === 'object' ? given.name : given;
  if (name !== undefined && name !== stored) {
    throw invalidArgument(option, `the store was written with ${option} '${stored}', not '${name}'`);
  }
  try {
    return await codecFor(given ?? (stored as E));
  } catch (error) {
    if (given !== undefined || isCairnError(error, 'IO')) throw error;
    throw invalidArgument(
      option,
      `the store was written with ${option} '${stored}', a codec of its writer: pass that codec as ${option}`,
      error,
    );
  }
}

const PARTITION_SUFFIX = '.cairn';

/** How often a store is looked at again whose partitions vanish while it is opened. */
const MOST_ATTEMPTS = 8;

/** The manifest of a store and its opened partitions, or those of a partition that stands for itself. */
async function openFiles(
  location: Location,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<OpenedFiles> {
  const { storage, path } = location;
  if (storage.split(path).name.endsWith(PARTITION_SUFFIX)) {
    try {
      return await openFile(location, checksum, signal);
    } catch (error) {
      // A store may have such a name, too.
      if (!isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE')) throw error;
    }
  }
  const data = storage.join(path, DATA_DIRECTORY);
  let before: string | undefined;
  for (let attempt = 1; ; attempt++) {
    let manifest: Manifest;
    try {
      manifest = await readManifest(location, checksum, signal);
    } catch (error) {
      if (!isCairnError(error, 'NOT_A_STORE') || (await storage.kind(path)) !== 'file') throw error;
      return openFile(location, checksum, signal);
    }
    const names = manifest.partitions.map(({ name }) => name);
    const { sources, missing, cause } = await openAll(location, manifest.partitions);
    if (missing === undefined) return { manifest, sources };
    // Renamed, deleted or merged into since its manifest was read? Then that is another one now, or gone.
    const state = `${manifest.id} ${names.join(' ')}`;
    if (before === state || attempt === MOST_ATTEMPTS) {
      const file = storage.uri(storage.join(data, missing));
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
  { storage, path }: Location,
  partitions: readonly PartitionRecord[],
): Promise<{ sources: ByteSource[]; missing?: string; cause?: unknown }> {
  const data = storage.join(path, DATA_DIRECTORY);
  const opened = await Promise.allSettled(
    partitions.map((record) => storage.open(storage.join(data, record.name), record)),
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
  { storage, path, uri }: Location,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<OpenedFiles> {
  const { openPartition } = await import('../partition/describe-partition.ts').catch(notLoaded);
  const source = await storage.open(path, undefined, signal);
  return openPartition({ uri, name: storage.split(path).name, source }, checksum, signal);
}
