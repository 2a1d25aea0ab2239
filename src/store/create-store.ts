import { loadChecksum } from '../bytes/xxh64.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import { keyCodecFor } from '../codec/keys/key-codecs.ts';
import type { KeyEncoding, KeyOf } from '../codec/keys/key-encoding.ts';
import { loadValueCodec } from '../codec/values/load-value-codec.ts';
import type { StandardSchema, ValueInput } from '../codec/values/schema.ts';
import { codecWithSchema } from '../codec/values/schema-values.ts';
import type { ValueCodec } from '../codec/values/value-codec.ts';
import type { ValueEncoding } from '../codec/values/value-encoding.ts';
import { loadCompressor } from '../compression/compressors.ts';
import { CairnError, notLoaded } from '../errors.ts';
import { HOST, type Host } from '../io/host.ts';
import type { ListableStorage } from '../io/storage.ts';
import type { PartitionRecord } from '../partition/partition-record.ts';
import { describeStore, type StoreInfo } from './manifest/describe-store.ts';
import { type Manifest, withId } from './manifest/manifest.ts';
import { attemptIdOf, incompleteUploads, orphanFiles } from './manifest/orphan-files.ts';
import type { StoreDirectory } from './manifest/store-directory.ts';
import { StoreDraft, targetDirectory } from './manifest/store-draft.ts';
import { EntryDeduplicator } from './write/entry-deduplicator.ts';
import { EntrySorter } from './write/sort/entry-sorter.ts';
import { sortPlace } from './write/sort/sort-place.ts';
import type { CloseOptions, WriterOutcome } from './write/store-writer.ts';
import { StoreWriter } from './write/store-writer.ts';
import type { CreateStoreOptions } from './write/write-options.ts';
import { checkWriteOptions } from './write/write-options.ts';
import { WriterPromise } from './write/writer-promise.ts';

/**
 * Starts a store at a path that does not exist, an empty directory, or among the orphan files of a crashed
 * writer; with `replace`, also where a store is, which stays until then.
 *
 * The store is there for readers once `close()` has resolved, and not before. The returned promise also has
 * the writer's methods, so that calls can be chained.
 *
 * @throws {CairnError} (as a rejection) `INVALID_ARGUMENT`, `ALREADY_EXISTS`, `CONFLICT` (files of the same
 *   `buildId`), `UNSUPPORTED`, `IO`; with `replace`, `NOT_A_STORE` (a symbolic link), `UNSUPPORTED_FORMAT`.
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
>(uri: string | URL, options?: CreateStoreOptions<KE, VE, S>): WriterPromise<KeyOf<KE>, ValueInput<VE, S>>;
/** @internal With a clock and randomness of its own, for tests. */
export function createStore<
  const KE extends KeyEncoding = 'utf8',
  const VE extends ValueEncoding = 'msgpack',
  S extends StandardSchema = StandardSchema,
>(
  uri: string | URL,
  options: CreateStoreOptions<KE, VE, S> | undefined,
  host: Host,
): WriterPromise<KeyOf<KE>, ValueInput<VE, S>>;
export function createStore<
  const KE extends KeyEncoding = 'utf8',
  const VE extends ValueEncoding = 'msgpack',
  S extends StandardSchema = StandardSchema,
>(
  uri: string | URL,
  options: CreateStoreOptions<KE, VE, S> = {},
  host: Host = HOST,
): WriterPromise<KeyOf<KE>, ValueInput<VE, S>> {
  return WriterPromise.of(openWriter(uri, options, host));
}

/**
 * Opens the writer of a store, or of a part of one.
 *
 * @internal
 * @param settle makes durable partitions visible; by default, by committing the store. If it fails, the draft is abandoned.
 *   With it, `replace` has no meaning.
 * @param ownKeys encodes keys in place of the codec that the options name.
 */
export async function openWriter<K, V>(
  uri: string | URL,
  options: CreateStoreOptions,
  host: Host,
  settle?: (draft: StoreDraft, manifest: Manifest) => Promise<void>,
  ownKeys?: KeyCodec<K>,
): Promise<StoreWriter<K, V>> {
  const checked = checkWriteOptions(options);
  const directory = targetDirectory(uri);
  const { signal, buildId } = checked;
  signal?.throwIfAborted();
  const keys = ownKeys ?? (keyCodecFor(checked.keyEncoding) as KeyCodec<K>);
  const values = codecWithSchema(
    await loadValueCodec(checked.valueEncoding),
    checked.schema,
  ) as ValueCodec<V>;
  const place = checked.sort ? sortPlace(directory, checked.sortDirectory, host.uniqueName()) : undefined;
  const [checksum, compressor, { StoreBuilder }] = await Promise.all([
    loadChecksum(),
    loadCompressor(checked.compression),
    import('./write/store-builder.ts').catch(notLoaded),
  ]);
  const draft = await StoreDraft.begin(directory, {
    checksum,
    signal,
    replace: settle === undefined ? checked.replace : undefined,
    precheck: async (replaced) => {
      if (buildId !== undefined) await refuseFilesOf(directory, buildId, replaced);
    },
  });
  const builder = await StoreBuilder.create(draft, {
    keyEncoding: keys.name,
    valueEncoding: values.name,
    compressor,
    partitionBytes: checked.partitionBytes,
    blockBytes: checked.blockBytes,
    hashIndex: checked.hashIndex,
    attemptId: buildId ?? host.uniqueName(),
  });
  const buffered = place
    ? new EntrySorter(builder, checksum, place, checked)
    : checked.onDuplicate === 'error'
      ? undefined
      : new EntryDeduplicator(builder, checked.onDuplicate);
  const sink = buffered ?? builder;
  const manifestOf = (partitions: readonly PartitionRecord[]): Manifest =>
    withId(
      {
        keyEncoding: keys.name,
        valueEncoding: values.name,
        compression: checked.compression,
        metadata: checked.metadata,
        partitions,
      },
      checksum,
    );
  const commit = async (onProgress: CloseOptions['onProgress']): Promise<StoreInfo<K>> => {
    const { entries: total } = sink;
    const report = onProgress && ((done: number) => onProgress({ unit: 'entries', done, total }));
    if (buffered !== undefined) {
      await buffered.drain({ signal, onProgress: report });
      // The store does not fail because of temporary files: sweep finds what could not be removed.
      await buffered.close().catch(() => undefined);
    }
    const manifest = manifestOf(await builder.finish());
    report?.(total);
    signal?.throwIfAborted();
    // Described before it is committed: a codec that can't decode what it encoded must not fail afterwards.
    const info = describeStore(directory.uri, manifest, (key) => keys.decode(key, 0, key.length));
    await (settle === undefined ? draft.commit(manifest) : settle(draft, manifest));
    return info;
  };
  const cleanUp = async (reason: unknown): Promise<void> => {
    try {
      await buffered?.close(reason);
    } finally {
      await draft.abandon(reason);
    }
  };
  const nothing = describeStore<K>(directory.uri, manifestOf([]), never);
  if (signal?.aborted) {
    await cleanUp(signal.reason);
    signal.throwIfAborted();
  }
  const outcome: WriterOutcome<K> = { commit, cleanUp, nothing };
  return new StoreWriter<K, V>(directory.uri, sink, keys, values, outcome, signal);
}

function never(): never {
  throw new Error('an empty store has no keys');
}

/**
 * @throws {CairnError} `CONFLICT` if another attempt with the same `buildId` has made files, or begun to, or if the store that
 *   is to be replaced has such files: who has it open would read other bytes under their names.
 */
async function refuseFilesOf(
  directory: StoreDirectory<ListableStorage>,
  buildId: string,
  replaced: Manifest | undefined,
): Promise<void> {
  const { storage, uri } = directory;
  const own = replaced?.partitions.find(({ name }) => attemptIdOf(name) === buildId);
  if (own !== undefined) {
    throw new CairnError(
      'CONFLICT',
      `${uri} has ${own.name} already, of the same buildId ${JSON.stringify(buildId)}: its readers would find other bytes ` +
        'under that name. Choose another buildId for the store that replaces it',
      { uri },
    );
  }
  const names = (await incompleteUploads(directory)).map(({ path }) => storage.split(path).name);
  for await (const { name } of orphanFiles(directory, replaced)) names.push(name);
  const taken = names.find((name) => attemptIdOf(name) === buildId);
  if (taken === undefined) return;
  throw new CairnError(
    'CONFLICT',
    `${uri} holds ${taken}, of another writer with the buildId ${JSON.stringify(buildId)} that is at work or was ` +
      'killed. Sweep its orphan files, or choose another buildId',
    { uri },
  );
}
