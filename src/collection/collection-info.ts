import { loadChecksum } from '../bytes/xxh64.ts';
import type { JsonValue } from '../codec/values/json-value.ts';
import type { CompressionName } from '../format/properties.ts';
import { locate } from '../io/uri.ts';
import { signalOf, type WaitOptions } from '../wait-options.ts';
import { CollectionDirectory } from './version/collection-directory.ts';
import { notACollection, pathOfCollection } from './version/collection-state.ts';
import { bytesOf, type CollectionDefinition, entriesOf, type VersionState } from './version/version-state.ts';

/** What is known of a collection without reading its entries. */
export interface CollectionInfo {
  readonly uri: string;
  /** A random word of its maker's. */
  readonly id: string;
  readonly keyEncoding: string;
  readonly valueEncoding: string;
  readonly compression: CompressionName;
  /** What the maker noted: `openCollection`'s `metadata`. */
  readonly metadata: { readonly [key: string]: JsonValue };
  /** The newest version; 0 if nothing has been committed. */
  readonly version: number;
  /** The oldest version that is kept. */
  readonly oldestVersion: number;
  /** Entries and tombstones of all generations. A key that several generations have counts several times. */
  readonly storedEntries: number;
  /** Bytes of the newest version's partitions. */
  readonly bytes: number;
  /** Bytes of files that only older versions name. */
  readonly droppedBytes: number;
  /** The newest first. */
  readonly generations: readonly GenerationInfo[];
}

/** One generation of a collection's newest version. */
export interface GenerationInfo {
  readonly entries: number;
  /** Marks of deleted keys among them. */
  readonly tombstones: number;
  readonly bytes: number;
  /** Names of its partition files in the collection's `data` directory; none where it lies in the version file. */
  readonly files: readonly string[];
}

/**
 * What a collection says of itself. Reads its definition and its newest version file.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `NOT_A_STORE` if something else is there, `CORRUPTION`,
 *   `UNSUPPORTED_FORMAT`, `IO`.
 *
 * @example
 * ```ts
 * import { collectionInfo, openCollection } from 'cairnkv/collection';
 *
 * const collection = await openCollection('memory:described');
 * await collection.set('a', 1);
 * const { version, generations } = await collectionInfo('memory:described');
 * console.log(version, generations.length); // 1 1
 * ```
 */
export async function collectionInfo(uri: string | URL, options?: WaitOptions): Promise<CollectionInfo> {
  const signal = signalOf(options);
  const directory = new CollectionDirectory(locate(uri), await loadChecksum());
  const definition = await requireDefinition(directory, signal);
  return describeCollection(directory.uri, definition, await directory.newest(definition, undefined, signal));
}

/** Returns the definition of a collection that must be there. */
export async function requireDefinition(
  directory: CollectionDirectory,
  signal: AbortSignal | undefined,
): Promise<CollectionDefinition> {
  const definition = await directory.readDefinition(signal);
  if (definition !== undefined) return definition;
  throw notACollection(directory, await pathOfCollection(directory));
}

/** Returns what a collection says of itself at a version; `state` is undefined before the first. */
export function describeCollection(
  uri: string,
  { id, keyEncoding, valueEncoding, compression, metadata }: CollectionDefinition,
  state: VersionState | undefined,
): CollectionInfo {
  const generations = (state?.generations ?? []).map((generation) => ({
    entries: entriesOf(generation),
    tombstones: generation.tombstones,
    bytes: bytesOf(generation),
    files: generation.inline === undefined ? generation.partitions.map(({ name }) => name) : [],
  }));
  return {
    uri,
    id,
    keyEncoding,
    valueEncoding,
    compression,
    metadata,
    version: state?.number ?? 0,
    oldestVersion: state?.oldest ?? 0,
    storedEntries: generations.reduce((sum, { entries }) => sum + entries, 0),
    bytes: generations.reduce((sum, { bytes }) => sum + bytes, 0),
    droppedBytes: (state?.dropped ?? []).reduce((sum, { bytes }) => sum + bytes, 0),
    generations,
  };
}
