import type { Region } from '../bytes/corruption.ts';
import { loadChecksum } from '../bytes/xxh64.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import type { KeyEncoding, KeyOf } from '../codec/keys/key-encoding.ts';
import { loadKeyCodec } from '../codec/keys/load-key-codec.ts';
import { loadValueDecoder } from '../codec/values/load-value-decoder.ts';
import type { StandardSchema, ValueOutput } from '../codec/values/schema.ts';
import type { ValueDecoder } from '../codec/values/value-codec.ts';
import type { ValueEncoding } from '../codec/values/value-encoding.ts';
import { notLoaded } from '../errors.ts';
import { blobName, isBlob } from '../io/blob.ts';
import type { AccessOptions } from '../io/storage.ts';
import { type Location, locate } from '../io/uri.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import { describedKeys, describeStore, type StoreInfo } from './manifest/describe-store.ts';
import { openFiles } from './manifest/open-files.ts';
import { StoreDirectory } from './manifest/store-directory.ts';
import { PartitionSet } from './read/partition-set.ts';
import { checkReadOptions, type OpenStoreOptions, type ReadOptions } from './read/read-options.ts';
import { codecOf, entryDecoder } from './read/reader-codecs.ts';
import { ReaderPromise } from './read/reader-promise.ts';
import { StoreReader } from './read/store-reader.ts';
import { type StoreHandle, sharing } from './read/store-sharing.ts';

/**
 * Opens a complete store, or a single partition file. Reads the manifest; everything else is read when needed.
 *
 * A partition file may also come as a `Blob`: a `File` that was chosen or dropped on a page, or what `fs.openAsBlob`
 * gives. It is read piece by piece, as the methods need it; those with the suffix `Sync` are `UNSUPPORTED` then.
 *
 * In a thread, it may be a handle that `reader.share()` returned in another: the store is opened on the same memory,
 * whatever `cacheBytes` says, and with the other reader's `views` by default. The files are opened by their paths; if the
 * store has been replaced since, that is `REPLACED`.
 *
 * The store knows its encodings, so no options are needed; give the types as `openStore<string, Row>(uri)`, or by
 * naming the encodings. The returned promise also has the reader's methods: `await openStore(uri).get(key)`, after which the
 * store is closed. For several calls keep a reader, which has the store in memory.
 *
 * With a `schema`, every method that gives a value throws `SCHEMA_MISMATCH` for one that does not
 * meet it.
 *
 * A reader keeps the store as it was when it was opened, whatever is merged, renamed, replaced or deleted later. Of a store
 * that lies far away it keeps what it has read; reading more of one that was replaced is `REPLACED`. Whether a reader is
 * still that of the store at its URI is found out by `isCurrent()`, and the store that is there now is opened by `reopen()`.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `CORRUPTION`,
 *   `UNSUPPORTED_FORMAT`, `UNSUPPORTED`, `INVALID_ARGUMENT`, `REPLACED`, `IO`.
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
  uri: string | URL | Blob | StoreHandle,
  options?: OpenStoreOptions<KE, VE, S>,
): ReaderPromise<KeyOf<KE>, ValueOutput<VE, S>>;
export function openStore<K, V>(
  uri: string | URL | Blob | StoreHandle,
  options?: OpenStoreOptions,
): ReaderPromise<K, V>;
export function openStore<K, V>(
  uri: string | URL | Blob | StoreHandle,
  options: OpenStoreOptions = {},
): ReaderPromise<K, V> {
  return ReaderPromise.of(() => open<K, V>(uri, options));
}

async function open<K, V>(
  from: string | URL | Blob | StoreHandle,
  options: OpenStoreOptions,
): Promise<StoreReader<K, V>> {
  const handle = sharing.accept(from, options);
  const checked = checkReadOptions(handle?.options ?? options);
  const { signal } = checked;
  const counter = new ReadCounter();
  const place = isBlob(from)
    ? from
    : new StoreDirectory(accessedBy(locate(handle?.uri ?? (from as string)), checked, counter));
  signal?.throwIfAborted();
  // Loaded meanwhile, because a page has less to load before it runs.
  const loading = import('../partition/cache/partition-readers.ts').catch(notLoaded);
  // An opening that fails before it waits for this fails for another reason.
  loading.catch(() => undefined);
  const checksum = await loadChecksum();
  const tools = { checksum, counter, signal };
  const { manifest, files } = isBlob(place)
    ? await (await import('./manifest/open-alone.ts').catch(notLoaded)).openBlob(place, tools)
    : await (handle?.openFiles(place, tools) ?? openFiles(place, tools));
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
    const uri = isBlob(place) ? blobName(place) : place.uri;
    const region: Region = isBlob(place)
      ? { file: uri, section: 'manifest', offset: 0 }
      : place.manifestRegion;
    const info: StoreInfo<K> = describeStore(uri, manifest, describedKeys(keys, region));
    const decoder = await entryDecoder(keys, values, checked);
    // Last, because the readers hold a share of the memory from now on.
    const { readers, release } =
      handle?.readers(files) ??
      (await (
        await loading
      ).partitionReaders(
        files,
        { cacheBytes: checked.cacheBytes, checkEachUse: checked.verify === 'always' },
        counter,
      ));
    return new StoreReader<K, V>({
      info,
      set: new PartitionSet(readers, release),
      counter,
      decoder,
      share: () => sharing.share({ uri, manifest, readers, views: checked.views, checksum }),
      isCurrent: async (waiting) => {
        if (isBlob(place)) return true;
        const { isCurrent } = await import('./manifest/current-manifest.ts').catch(notLoaded);
        return isCurrent(place, manifest, checksum, waiting);
      },
      // The shared memory is of the files that were replaced.
      reopen: (waiting) => open(handle?.uri ?? from, { ...(handle?.options ?? options), signal: waiting }),
      verify: async (verifyOptions) => {
        const { Verifier } = await import('./verify/verifier.ts').catch(notLoaded);
        const verifier = new Verifier(checksum, verifyOptions);
        await verifier.partitions(files, manifest, counter);
        const { report } = verifier;
        if (report.ok || isBlob(place)) return report;
        const { refuseReplaced } = await import('./verify/refuse-replaced.ts').catch(notLoaded);
        await refuseReplaced(report, place, { manifest, files }, checksum, verifyOptions.signal);
        return report;
      },
    });
  } catch (error) {
    await Promise.all(files.map(({ source }) => source.close()));
    throw error;
  }
}

/** The place as this reader wants it: its requests are counted, and reported to who asked. */
function accessedBy(location: Location, options: ReadOptions, counter: ReadCounter): Location {
  const { storage } = location;
  if (storage.withAccess === undefined) return location;
  const access: AccessOptions = {
    fetch: options.fetch,
    whole: options.whole,
    onRequest: (report) => {
      counter.requests++;
      counter.bytes += report.bytes;
      options.onRequest?.(report);
    },
  };
  return { ...location, storage: storage.withAccess(access) };
}
