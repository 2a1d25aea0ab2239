import { loadChecksum } from '../bytes/xxh64.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import { keyCodecFor } from '../codec/keys/key-codecs.ts';
import type { KeyEncoding, KeyOf } from '../codec/keys/key-encoding.ts';
import { loadValueCodec } from '../codec/values/load-value-codec.ts';
import type { StandardSchema, ValueOutput } from '../codec/values/schema.ts';
import { codecWithSchema } from '../codec/values/schema-values.ts';
import type { ValueCodec } from '../codec/values/value-codec.ts';
import type { ValueEncoding } from '../codec/values/value-encoding.ts';
import { CairnError, invalidArgument } from '../errors.ts';
import { HOST, type Host } from '../io/host.ts';
import { narrowStorage, STORAGE_MEMBERS } from '../io/narrow-storage.ts';
import type { Storage } from '../io/storage.ts';
import { type Location, locate } from '../io/uri.ts';
import { ReadCounter } from '../partition/read-counter.ts';
import { entryDecoder } from '../store/read/reader-codecs.ts';
import { Collection } from './collection.ts';
import {
  type CollectionOptions,
  checkCollectionOptions,
  type OpenCollectionOptions,
} from './collection-options.ts';
import { CollectionPromise } from './collection-promise.ts';
import { CollectionWriter } from './collection-writer.ts';
import { GenerationPool } from './read/generation-reader.ts';
import { openNewest } from './read/open-newest.ts';
import { CollectionDirectory } from './version/collection-directory.ts';
import { notACollection, pathOfCollection } from './version/collection-state.ts';
import { encodeDefinition } from './version/definition-file.ts';
import { beginBytes } from './version/version-name.ts';
import type { CollectionDefinition, Definition } from './version/version-state.ts';
import { Committer } from './write/committer.ts';

/**
 * Opens a collection at its newest version, and makes it if nothing is there.
 *
 * A collection is a sorted map that changes by commits: each adds a small file or two, and what was written before never
 * changes. Any number of processes read and commit at once, on a disk or in a bucket; there is no server and no lock.
 *
 * The returned promise also has the waiting methods of the collection: `await openCollection(uri).get(key)`.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND` with `create: false` or `readOnly`, `NOT_A_STORE` if something else is
 *   there (a store, say), `INVALID_ARGUMENT` for encodings that are not the collection's, `CORRUPTION`,
 *   `UNSUPPORTED_FORMAT`, `UNSUPPORTED`, `IO`.
 *
 * @example
 * ```ts
 * import { openCollection } from 'cairnkv/collection';
 *
 * const prices = await openCollection('./prices', { valueEncoding: 'json' });
 * await prices.set('apple', { cents: 120 });
 * await prices.set('pear', { cents: 90 });
 * console.log(await prices.get('apple')); // { cents: 120 }
 * for await (const [name, { cents }] of prices.entries()) console.log(name, cents);
 * await prices.close();
 * ```
 */
export function openCollection<
  const KE extends KeyEncoding = 'utf8',
  const VE extends ValueEncoding = 'msgpack',
  S extends StandardSchema = StandardSchema,
>(
  uri: string | URL,
  options?: OpenCollectionOptions<KE, VE, S>,
): CollectionPromise<KeyOf<KE>, ValueOutput<VE, S>>;
export function openCollection<K, V>(
  uri: string | URL,
  options?: OpenCollectionOptions,
): CollectionPromise<K, V>;
/** @internal With a clock and randomness of its own, for tests. */
export function openCollection<K, V>(
  uri: string | URL,
  options: OpenCollectionOptions | undefined,
  host: Host,
): CollectionPromise<K, V>;
export function openCollection<K, V>(
  uri: string | URL,
  options: OpenCollectionOptions = {},
  host: Host = HOST,
): CollectionPromise<K, V> {
  return CollectionPromise.of(() => open<K, V>(uri, options, host, false));
}

/**
 * Opens a collection as {@link openCollection} does, but makes one that is not there only when the first file is to be
 * written: nothing is made for a change that is refused.
 */
export function openCollectionLazily<K, V>(
  uri: string | URL,
  options: OpenCollectionOptions,
): Promise<Collection<K, V>> {
  return open<K, V>(uri, options, HOST, true);
}

async function open<K, V>(
  uri: string | URL,
  given: OpenCollectionOptions,
  host: Host,
  isLazy: boolean,
): Promise<Collection<K, V>> {
  const options = checkCollectionOptions(given);
  const { signal } = options;
  signal?.throwIfAborted();
  const location = locate(uri);
  const checksum = await loadChecksum();
  const directory = new CollectionDirectory(location, checksum);
  directory.requestHint(signal);
  let definition = await directory.readDefinition(signal);
  const writable = options.readOnly ? undefined : writableLocation(location, definition !== undefined);
  let make: (() => Promise<void>) | undefined;
  if (definition === undefined) {
    const { definition: planned, storage } = await plan(directory, writable, options, host);
    definition = planned;
    if (storage !== undefined && isLazy)
      make = onlyOnce(() => makeExactly(directory, storage, planned, signal));
    else if (storage !== undefined) definition = await makeCollection(directory, storage, planned, signal);
  }
  refuseOthers(definition, options, directory.uri);
  const keys = keyCodec<K>(definition, options.keyEncoding, directory.uri);
  const values = await valueCodec<V>(definition, options.valueEncoding, directory.uri);
  const decoder = await entryDecoder(keys, values, { schema: options.schema, views: false });
  const codecs = { keys, values: codecWithSchema(values, options.schema), decoder };
  const counter = new ReadCounter();
  const pool = new GenerationPool(directory, checksum, counter, options.cacheBytes);
  const otherCollection = (): CairnError => notACollection(directory, 'mixed');
  const version = await openNewest({ directory, pool, definition, otherCollection }, undefined, signal);
  const committer =
    writable && new Committer(new CollectionDirectory(writable, checksum), definition, pool, host, make);
  committer?.noteValid(version);
  const writer = committer && (await CollectionWriter.create(committer, codecs, options));
  return new Collection<K, V>({ directory, definition, options, codecs, pool, version, writer });
}

/** The location as one that can be written to; undefined where a collection is there that can't be. */
function writableLocation(location: Location, isThere: boolean): Location<Storage> | undefined {
  try {
    return narrowStorage(location, 'written to', STORAGE_MEMBERS);
  } catch (error) {
    if (isThere) return undefined;
    throw error;
  }
}

/**
 * Finds out that a collection can be made, and what it will be. Writes nothing. The storage is undefined if another process has
 * made the collection meanwhile: the definition is that one's.
 */
async function plan(
  directory: CollectionDirectory,
  writable: Location<Storage> | undefined,
  {
    create,
    keyEncoding = 'utf8',
    valueEncoding = 'msgpack',
    compression = 'none',
    metadata = {},
    signal,
  }: CollectionOptions,
  host: Host,
): Promise<{ readonly definition: CollectionDefinition; readonly storage: Storage | undefined }> {
  const state = await pathOfCollection(directory);
  if (state !== 'absent' && state !== 'free') {
    // Another process may have made it since the definition was looked for.
    const other = await directory.readDefinition(signal);
    if (other !== undefined) return { definition: other, storage: undefined };
    throw notACollection(directory, state);
  }
  if (writable === undefined || !create) throw notACollection(directory, 'absent');
  const definition: CollectionDefinition = {
    id: host.uniqueName(),
    // Codecs with names that can't be kept are refused here, before anything is made.
    keyEncoding: keyCodecFor(keyEncoding).name,
    valueEncoding: (await loadValueCodec(valueEncoding)).name,
    compression,
    metadata,
  };
  signal?.throwIfAborted();
  return { definition, storage: writable.storage };
}

/** Makes the collection, unless another process does so first: its definition is returned then. */
async function makeCollection(
  directory: CollectionDirectory,
  storage: Storage,
  definition: CollectionDefinition,
  signal: AbortSignal | undefined,
): Promise<CollectionDefinition> {
  const { checksum } = directory;
  await storage.prepareCommit?.(directory.definition);
  await storage.makeDirectory(directory.path);
  await storage.makeDirectory(directory.versions);
  const begin = directory.begin(definition.id);
  await storage.putIfAbsent(begin, beginBytes());
  // Last: from here on it is a collection.
  if (await storage.putIfAbsent(directory.definition, encodeDefinition(definition, checksum)))
    return definition;
  // Sweep finds it if it can't be removed.
  await storage.remove(begin).catch(() => undefined);
  const other = await directory.readDefinition(signal);
  if (other !== undefined) return other;
  throw new CairnError(
    'IO',
    `${directory.uri} was made and deleted by another process meanwhile; try again`,
    {
      uri: directory.uri,
      operation: 'open',
      transient: true,
    },
  );
}

/** Makes the collection, or says that another process has made one there. */
async function makeExactly(
  directory: CollectionDirectory,
  storage: Storage,
  definition: CollectionDefinition,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { uri } = directory;
  const { id } = await makeCollection(directory, storage, definition, signal);
  if (id === definition.id) return;
  throw new CairnError('CONFLICT', `another process has made the collection ${uri} meanwhile; try again`, {
    uri,
  });
}

/** Calls a function once, and again only if it failed. */
function onlyOnce(work: () => Promise<void>): () => Promise<void> {
  let working: Promise<void> | undefined;
  return () => {
    working ??= work().catch((error: unknown) => {
      working = undefined;
      throw error;
    });
    return working;
  };
}

/** @throws {CairnError} `INVALID_ARGUMENT` for options that contradict the collection. */
function refuseOthers(definition: CollectionDefinition, options: CollectionOptions, uri: string): void {
  const { keyEncoding, valueEncoding, compression, metadata } = options;
  const nameOf = (encoding: KeyEncoding | ValueEncoding | undefined): string | undefined =>
    typeof encoding === 'object' ? encoding.name : encoding;
  for (const [option, asked] of [
    ['keyEncoding', nameOf(keyEncoding)],
    ['valueEncoding', nameOf(valueEncoding)],
    ['compression', compression],
  ] as const) {
    if (asked === undefined || asked === definition[option]) continue;
    throw invalidArgument(
      option,
      `the collection ${uri} was made with ${option} '${definition[option]}', not '${asked}'; leave the option out`,
    );
  }
  if (metadata === undefined || JSON.stringify(metadata) === JSON.stringify(definition.metadata)) return;
  throw invalidArgument(
    'metadata',
    `the collection ${uri} was made with the metadata ${JSON.stringify(definition.metadata)}; leave the option out`,
  );
}

function keyCodec<K>(definition: Definition, given: KeyEncoding | undefined, uri: string): KeyCodec<K> {
  try {
    return keyCodecFor(given ?? (definition.keyEncoding as KeyEncoding)) as KeyCodec<K>;
  } catch (error) {
    throw given === undefined ? unknownCodec('keyEncoding', definition.keyEncoding, uri, error) : error;
  }
}

async function valueCodec<V>(
  definition: Definition,
  given: ValueEncoding | undefined,
  uri: string,
): Promise<ValueCodec<V>> {
  try {
    return (await loadValueCodec(given ?? (definition.valueEncoding as ValueEncoding))) as ValueCodec<V>;
  } catch (error) {
    throw given === undefined ? unknownCodec('valueEncoding', definition.valueEncoding, uri, error) : error;
  }
}

function unknownCodec(option: string, name: string, uri: string, cause: unknown): CairnError {
  return invalidArgument(
    option,
    `the collection ${uri} was made with ${option} '${name}', a codec of its maker: pass that codec as ${option}`,
    cause,
  );
}
