import { loadChecksum } from '../bytes/xxh64.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import { keyCodecFor } from '../codec/keys/key-codecs.ts';
import type { KeyEncoding, KeyOf } from '../codec/keys/key-encoding.ts';
import { loadValueCodec } from '../codec/values/load-value-codec.ts';
import type { StandardSchema, ValueInput } from '../codec/values/schema.ts';
import { codecWithSchema } from '../codec/values/schema-values.ts';
import type { ValueCodec } from '../codec/values/value-codec.ts';
import type { ValueEncoding } from '../codec/values/value-encoding.ts';
import { loadCompressor } from '../compression/compressions.ts';
import { CairnError, notLoaded } from '../errors.ts';
import { HOST, type Host } from '../io/host.ts';
import { narrowStorage, STORAGE_MEMBERS } from '../io/narrow-storage.ts';
import type { ListableStorage } from '../io/storage.ts';
import { type Location, locate } from '../io/uri.ts';
import { alreadyExists } from './manifest/already-exists.ts';
import { commitManifest } from './manifest/commit.ts';
import { describeStore, type StoreInfo } from './manifest/describe-store.ts';
import { contentId, DATA_DIRECTORY, MANIFEST_NAME, type Manifest } from './manifest/manifest.ts';
import { inspectPath, leftovers, uidOf, unfinishedHere } from './manifest/store-directory.ts';
import { EntryDeduplicator } from './write/entry-deduplicator.ts';
import { EntrySorter } from './write/sort/entry-sorter.ts';
import { sortPlace } from './write/sort/sort-place.ts';
import type { CloseOptions, WriterOutcome } from './write/store-writer.ts';
import { StoreWriter } from './write/store-writer.ts';
import type { CreateStoreOptions } from './write/write-options.ts';
import { checkWriteOptions } from './write/write-options.ts';
import { WriterPromise } from './write/writer-promise.ts';

/**
 * Starts a store at a path that does not exist, an empty directory, or over the leftovers of a crashed writer.
 *
 * The store is there for readers once `close()` has resolved, and not before. The returned promise also has
 * the writer's methods, so that calls can be chained.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `ALREADY_EXISTS`, `CONFLICT` (leftovers with the same
 *   `buildId`), `UNSUPPORTED`, `IO`.
 *
 * @example
 * ```ts
 * import { createStore } from 'cairnkv';
 *
 * const writer = await createStore('memory:fruit', { valueEncoding: 'utf8' });
 * writer.put('apple', 'red');
 * writer.put('banana', 'yellow');
 * const info = await writer.close();
 * console.log(info.count); // 2
 * ```
 */
export function createStore<
  const KE extends KeyEncoding = 'utf8',
  const VE extends ValueEncoding = 'msgpack',
  S extends StandardSchema = StandardSchema,
>(
  uri: string | URL,
  options: CreateStoreOptions<KE, VE, S> = {},
  host: Host = HOST,
): WriterPromise<KeyOf<KE>, ValueInput<VE, S>> {
  return WriterPromise.of(open(uri, options, host));
}

async function open<K, V>(
  uri: string | URL,
  options: CreateStoreOptions,
  host: Host,
): Promise<StoreWriter<K, V>> {
  const checked = checkWriteOptions(options);
  const location = narrowStorage(locate(uri), 'written to', STORAGE_MEMBERS);
  const { storage, path } = location;
  checked.signal?.throwIfAborted();
  const keys = keyCodecFor(checked.keyEncoding) as KeyCodec<K>;
  const values = codecWithSchema(
    await loadValueCodec(checked.valueEncoding),
    checked.schema,
  ) as ValueCodec<V>;
  const place = checked.sort ? sortPlace(location, checked.sortDirectory, host.uniqueName()) : undefined;
  const [checksum, compressor, { StoreBuilder }] = await Promise.all([
    loadChecksum(),
    loadCompressor(checked.compression),
    import('./write/store-builder.ts').catch(notLoaded),
  ]);

  const state = await inspectPath(location);
  if (state === 'complete' || state === 'file' || state === 'foreign') throw alreadyExists(location, state);
  if (checked.buildId !== undefined) await refuseLeftovers(location, checked.buildId);
  checked.signal?.throwIfAborted();
  await storage.prepareCommit?.(storage.join(path, MANIFEST_NAME));
  const created = await storage.makeDirectory(path);
  await storage.makeDirectory(storage.join(path, DATA_DIRECTORY));
  const builder = await StoreBuilder.create(
    storage,
    path,
    {
      keyEncoding: keys.name,
      valueEncoding: values.name,
      compressor,
      partitionBytes: checked.partitionBytes,
      blockBytes: checked.blockBytes,
      hashIndex: checked.hashIndex,
      uid: checked.buildId ?? host.uniqueName(),
    },
    checksum,
  );
  const holding = place
    ? new EntrySorter(builder, checksum, place, checked)
    : checked.onDuplicate === 'error'
      ? undefined
      : new EntryDeduplicator(builder, checked.onDuplicate);
  // Set when the manifest may be there although the storage said no: it must find its partitions then.
  let mayClean = true;
  const commit = async (onProgress: CloseOptions['onProgress']): Promise<StoreInfo<K>> => {
    if (holding !== undefined) {
      const total = holding.entries;
      await holding.drain({
        signal: checked.signal,
        onProgress: onProgress && ((entries) => onProgress({ unit: 'entries', done: entries, total })),
      });
      // The store doesn't fail because of temporary files: what can't be removed now is found by sweep.
      await holding.close().catch(() => undefined);
    }
    const partitions = await builder.finish();
    const manifest: Omit<Manifest, 'id'> = {
      keyEncoding: keys.name,
      valueEncoding: values.name,
      compression: checked.compression,
      metadata: checked.metadata,
      partitions,
    };
    // Described before it is committed: a codec that can't decode what it encoded must not fail afterwards.
    const info = describeStore(location.uri, { ...manifest, id: contentId(manifest, checksum) }, (key) =>
      keys.decode(key, 0, key.length),
    );
    const { state, shared, error } = await commitManifest(location, manifest, checksum);
    if (state === 'unclear' || shared === true) mayClean = false;
    if (error !== undefined) throw error;
    if (state === 'lost') throw alreadyExists(location, 'complete');
    return info;
  };
  const cleanUp = async (): Promise<void> => {
    await holding?.close();
    if (!mayClean) return;
    await builder.abort();
    // What other writers have there keeps the directories.
    if (await storage.removeDirectory(storage.join(path, DATA_DIRECTORY))) {
      if (created) await storage.removeDirectory(path);
    }
  };
  const nothing: Manifest = {
    id: '',
    keyEncoding: keys.name,
    valueEncoding: values.name,
    compression: checked.compression,
    metadata: checked.metadata,
    partitions: [],
  };
  const outcome: WriterOutcome<K> = {
    commit,
    cleanUp,
    nothing: { ...describeStore<K>(location.uri, nothing, never), id: contentId(nothing, checksum) },
  };
  if (checked.signal?.aborted) {
    await cleanUp();
    checked.signal.throwIfAborted();
  }
  return new StoreWriter<K, V>(location.uri, holding ?? builder, keys, values, outcome, checked.signal);
}

function never(): never {
  throw new Error('an empty store has no keys');
}

async function refuseLeftovers(location: Location<ListableStorage>, buildId: string): Promise<void> {
  const begun = await unfinishedHere(location);
  const names = begun.map(({ path }) => location.storage.split(path).name);
  for await (const { name } of leftovers(location)) names.push(name);
  for (const name of names) {
    if (uidOf(name) !== buildId) continue;
    throw new CairnError(
      'CONFLICT',
      `${location.uri} holds ${name}, of another writer with the buildId ${JSON.stringify(buildId)} that is at work ` +
        'or was killed. Sweep its leftovers, or choose another buildId',
      { uri: location.uri },
    );
  }
}
