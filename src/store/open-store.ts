import { type Checksum, loadChecksum } from '../bytes/checksum.ts';
import { corruption } from '../bytes/corruption.ts';
import { type KeyCodec, type KeyEncoding, type KeyOf, keyCodecFor } from '../codec/key-codec.ts';
import { type StandardSchema, type ValueOutput, withSchema } from '../codec/schema.ts';
import { loadValueCodec, type ValueCodec, type ValueEncoding } from '../codec/value-codec.ts';
import { CairnError, invalidArgument, isCairnError } from '../errors.ts';
import { checkHeader, decodeFooter, FOOTER, HEADER, MAGIC } from '../format/layout.ts';
import type { ByteSource } from '../io/byte-source.ts';
import type { AccessOptions } from '../io/storage.ts';
import { type Location, locate } from '../io/uri.ts';
import { BlockCache } from './block-cache.ts';
import { EntryDecoder } from './entry-decoder.ts';
import { contentId, DATA_DIRECTORY, type Manifest, type PartitionRecord } from './manifest.ts';
import { PagedPartition } from './paged-partition.ts';
import { decodeTail, loadCompressors, PartitionFile } from './partition-file.ts';
import type { PartitionReader } from './partition-reader.ts';
import { PartitionSet } from './partition-set.ts';
import { ReadCounter } from './read-counter.ts';
import { checkReadOptions, type OpenStoreOptions, type ReadOptions } from './read-options.ts';
import { ReaderPromise } from './reader-promise.ts';
import { ResidentPartition } from './resident-partition.ts';
import { type StoreInfo, storeInfo } from './store-info.ts';
import { notComplete, readManifest } from './store-path.ts';
import { StoreReader } from './store-reader.ts';
import { Verifier } from './verify.ts';

/**
 * Opens a complete store, or a single partition file. Reads the manifest; everything else is read when needed.
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
 */
export function openStore<
  const KE extends KeyEncoding = 'utf8',
  const VE extends ValueEncoding = 'msgpack',
  S extends StandardSchema = StandardSchema,
>(uri: string | URL, options?: OpenStoreOptions<KE, VE, S>): ReaderPromise<KeyOf<KE>, ValueOutput<VE, S>>;
export function openStore<K, V>(uri: string | URL, options?: OpenStoreOptions): ReaderPromise<K, V>;
export function openStore<K, V>(uri: string | URL, options: OpenStoreOptions = {}): ReaderPromise<K, V> {
  return ReaderPromise.of(open<K, V>(uri, options));
}

async function open<K, V>(uri: string | URL, options: OpenStoreOptions): Promise<StoreReader<K, V>> {
  const checked = checkReadOptions(options);
  const counter = new ReadCounter();
  const location = accessedBy(locate(uri), checked, counter);
  checked.signal?.throwIfAborted();
  const checksum = await loadChecksum();
  const { manifest, sources, tail } = await openFiles(location, checksum, checked.signal);
  try {
    checked.signal?.throwIfAborted();
    const keys = (await codecOf(
      'keyEncoding',
      manifest.keyEncoding,
      checked.keyEncoding,
      keyCodecFor,
    )) as KeyCodec<K>;
    const values = (await codecOf(
      'valueEncoding',
      manifest.valueEncoding,
      checked.valueEncoding,
      loadValueCodec,
    )) as ValueCodec<V>;
    const compressors = await loadCompressors(manifest.partitions.map(({ compression }) => compression));
    const files = manifest.partitions.map(
      (record, i) => new PartitionFile(sources[i], record, checksum, compressors, counter),
    );
    if (tail !== undefined) files[0].acceptTail(tail);
    const info: StoreInfo<K> = storeInfo(location.uri, manifest, (key) => keys.decode(key, 0, key.length));
    return new StoreReader<K, V>({
      info,
      set: new PartitionSet(partitionReaders(files, checked, counter)),
      counter,
      decoder: new EntryDecoder(keys, withSchema(values, checked.schema), checked.views),
      verify: async (verifyOptions) => {
        const verifier = new Verifier(checksum, info.bytes, verifyOptions);
        for (const { source, record } of files) {
          await verifier.partition(new PartitionFile(source, record, checksum, compressors, counter), record);
        }
        return verifier.report;
      },
    });
  } catch (error) {
    await Promise.all(sources.map((source) => source.close()));
    throw error;
  }
}

/** The place as this reader wants it: its requests are counted, and reported to who asked. */
function accessedBy(location: Location, options: ReadOptions, counter: ReadCounter): Location {
  const { storage } = location;
  if (storage.forReader === undefined) return location;
  const access: AccessOptions = {
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    onRequest: (report) => {
      counter.requests++;
      counter.bytes += report.bytes;
      options.onRequest?.(report);
    },
  };
  return { ...location, storage: storage.forReader(access) };
}

/** The part of the cache that hash indexes may take in a store that doesn't fit. */
const HASH_INDEX_SHARE = 7 / 8;

/** A store that fits is made resident; of a larger one, parts are kept. */
function partitionReaders(
  files: readonly PartitionFile[],
  options: ReadOptions,
  counter: ReadCounter,
): PartitionReader[] {
  const { cacheBytes } = options;
  const always = options.verify === 'always';
  const total = files.reduce((sum, { record }) => sum + record.dataBytes + record.hashBytes, 0);
  if (!always && total <= cacheBytes) return files.map((file) => new ResidentPartition(file, true));
  // A hash index saves more reads than the same memory as cache would.
  let hashBytes = 0;
  let cache: BlockCache | undefined;
  const paging = {
    always,
    counter,
    cacheFor: (blockBytes: number): BlockCache => {
      cache ??= new BlockCache(cacheBytes - hashBytes, blockBytes);
      return cache;
    },
  };
  return files.map((file) => {
    const fits = !always && hashBytes + file.record.hashBytes <= cacheBytes * HASH_INDEX_SHARE;
    if (fits) hashBytes += file.record.hashBytes;
    return new PagedPartition(file, fits, paging);
  });
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
    if (given !== undefined) throw error;
    throw invalidArgument(
      option,
      `the store was written with ${option} '${stored}', a codec of its writer: pass that codec as ${option}`,
      error,
    );
  }
}

const PARTITION_SUFFIX = '.cairn';

/** Bytes at the end of a partition that are read in the hope that its tail is among them. */
const MOST_GUESSED_TAIL = 1 << 17;

/** How often a store is looked at again whose partitions vanish while it is opened. */
const MOST_ATTEMPTS = 8;

/** What is opened of a store. */
interface OpenedFiles {
  readonly manifest: Manifest;
  readonly sources: readonly ByteSource[];
  /** The tail of a partition that stands for itself: it has been read. */
  readonly tail?: Uint8Array;
}

/** The manifest of a store and its opened partitions, or those of a partition that stands for itself. */
async function openFiles(
  location: Location,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<OpenedFiles> {
  const { storage, path } = location;
  if (storage.split(path).name.endsWith(PARTITION_SUFFIX)) {
    try {
      return await openPartition(location, checksum, signal);
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
      return openPartition(location, checksum, signal);
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

async function openPartition(
  location: Location,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<OpenedFiles> {
  const source = await location.storage.open(location.path);
  try {
    const { manifest, tail } = await describePartition(location, source, checksum, signal);
    return { manifest, sources: [source], tail };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** A manifest for one partition file, made from what it says of itself. */
async function describePartition(
  location: Location,
  source: ByteSource,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<{ manifest: Manifest; tail: Uint8Array }> {
  const header = new Uint8Array(Math.min(HEADER.length, source.size));
  await source.read(0, header, signal);
  if (header.length < HEADER.length || MAGIC.some((byte, i) => byte !== header[i]))
    throw notComplete(location, 'file');
  checkHeader(header, source.name, checksum);
  // From far away, the whole tail is likely to come along.
  const end = new Uint8Array(
    Math.min(source.remote === true ? MOST_GUESSED_TAIL : FOOTER.length, source.size),
  );
  await source.read(source.size - end.length, end, signal);
  const footer = decodeFooter(end.subarray(-FOOTER.length), source.size, source.name, checksum);
  if (footer.indexOffset < HEADER.length) throw new CairnError('NOT_A_STORE', `${source.name} has no blocks`);
  const length = source.size - footer.indexOffset;
  let bytes = end.slice(end.length - length);
  if (length > end.length) {
    bytes = new Uint8Array(length);
    await source.read(footer.indexOffset, bytes, signal);
  }
  const { properties, footer: counts } = decodeTail(bytes, source, checksum, false);
  const record: PartitionRecord = {
    name: location.storage.split(location.path).name,
    bytes: source.size,
    compression: properties.compression,
    count: counts.entries,
    dataBytes: counts.dataBytes,
    hashBytes: footer.hashLength,
    tailBytes: bytes.length,
    tailChecksum: checksum.hash(bytes),
    contentSum: properties.contentSum,
    firstKey: properties.firstKey,
    lastKey: properties.lastKey,
  };
  const manifest: Omit<Manifest, 'id'> = {
    keyEncoding: properties.keyEncoding,
    valueEncoding: properties.valueEncoding,
    compression: properties.compression,
    metadata: {},
    partitions: [record],
  };
  return { manifest: { ...manifest, id: contentId(manifest, checksum) }, tail: bytes };
}
