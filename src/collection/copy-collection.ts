import { loadChecksum } from '../bytes/xxh64.ts';
import { checkOptions } from '../check-options.ts';
import { CairnError, isCairnError } from '../errors.ts';
import { HOST } from '../io/host.ts';
import { narrowStorage, STORAGE_MEMBERS } from '../io/narrow-storage.ts';
import type { Storage } from '../io/storage.ts';
import { locate } from '../io/uri.ts';
import type { CopyObserver } from '../partition/copy-partition.ts';
import type { PartitionRecord } from '../partition/partition-record.ts';
import type { CopyOptions } from '../store/copy-store.ts';
import { copyInto } from '../store/manifest/copy-into.ts';
import { refuseWithin, StoreDraft } from '../store/manifest/store-draft.ts';
import { type CollectionInfo, describeCollection, requireDefinition } from './collection-info.ts';
import { GenerationGone } from './read/generation-reader.ts';
import { CollectionDirectory } from './version/collection-directory.ts';
import { notACollection, pathOfCollection } from './version/collection-state.ts';
import { encodeDefinition } from './version/definition-file.ts';
import { encodeVersion } from './version/version-file.ts';
import { beginBytes } from './version/version-name.ts';
import {
  bytesOf,
  type CollectionDefinition,
  entriesOf,
  filesOf,
  type VersionState,
} from './version/version-state.ts';

/** How often a copy begins anew because its files were compacted away meanwhile. */
const MAX_ATTEMPTS = 8;

/**
 * Copies the newest version of a collection to another place, in any storage: the partition files byte for byte, each of
 * them checked. The copy is a collection of its own, whose version 1 has these contents; earlier versions stay behind. It is
 * there once the promise has resolved, and not before. What is committed meanwhile is not in it.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `NOT_A_STORE`, `CORRUPTION` of the source, `ALREADY_EXISTS`,
 *   `INVALID_ARGUMENT` (into itself), `UNSUPPORTED`, `IO`; `CONFLICT` if compactions remove files again and again before they are copied.
 *
 * @example
 * ```ts
 * import { copyCollection, openCollection } from 'cairnkv/collection';
 *
 * const here = await openCollection('memory:here-now');
 * await here.set('a', 1);
 * await here.set('b', 2);
 * const { version } = await copyCollection('memory:here-now', 'memory:backup');
 * console.log(version, await openCollection('memory:backup').get('b')); // 1 2
 * ```
 */
export async function copyCollection(
  from: string | URL,
  to: string | URL,
  options: Omit<CopyOptions, 'resume'> = {},
): Promise<CollectionInfo> {
  const { signal } = checkOptions(options, ['onProgress', 'signal']);
  signal?.throwIfAborted();
  const checksum = await loadChecksum();
  const source = new CollectionDirectory(locate(from, 'from'), checksum);
  const target = new CollectionDirectory(
    narrowStorage(locate(to, 'to'), 'written to', STORAGE_MEMBERS),
    checksum,
  );
  const found = await requireDefinition(source, signal);
  refuseWithin(target, source);
  await refuseTaken(target);
  const definition = { ...found, id: HOST.uniqueName() };
  const { storage } = target;
  await storage.prepareCommit?.(target.definition);
  const isNew = (await storage.kind(target.path)) === undefined;
  const draft = await StoreDraft.beginChange(target.files, checksum);
  const made: string[] = [];
  const put = async (path: string, bytes: Uint8Array): Promise<void> => {
    if (!(await storage.putIfAbsent(path, bytes))) throw taken(target);
    made.push(path);
  };
  try {
    const state = await copyNewest(source, found, draft, definition, options);
    signal?.throwIfAborted();
    await storage.makeDirectory(target.versions);
    await put(target.begin(definition.id), beginBytes());
    if (state !== undefined) {
      await storage.syncDirectory(target.files.data);
      await put(target.version(1), encodeVersion(state, checksum));
      await put(target.latest, new TextEncoder().encode('1\n'));
    }
    // Last: from here on it is a collection.
    await put(target.definition, encodeDefinition(definition, checksum));
    return describeCollection(target.uri, definition, state);
  } catch (error) {
    // If an answer was lost, the definition may be there, and everything stays; else the first failure is the one to report.
    if (!isCairnError(error, 'IO') || error.unanswered !== true) {
      await removeMade(draft, target, made, isNew).catch(() => undefined);
    }
    throw error;
  }
}

/** @throws {CairnError} `ALREADY_EXISTS`. */
async function refuseTaken(target: CollectionDirectory): Promise<void> {
  const state = await pathOfCollection(target);
  if (state === 'absent' || state === 'free') return;
  const { message } = notACollection(target, state);
  throw new CairnError('ALREADY_EXISTS', `${message}. Choose another place, or delete what is there first`, {
    uri: target.uri,
  });
}

function taken({ uri }: CollectionDirectory): CairnError {
  return new CairnError('ALREADY_EXISTS', `another process has made a collection at ${uri} meanwhile`, {
    uri,
  });
}

/** Copies the files of the newest version, and returns it as the first one of the copy; undefined if there is none. */
async function copyNewest(
  source: CollectionDirectory,
  found: CollectionDefinition,
  draft: StoreDraft,
  definition: CollectionDefinition,
  { onProgress, signal }: Omit<CopyOptions, 'resume'>,
): Promise<VersionState | undefined> {
  const copied = new Set<string>();
  let known: VersionState | undefined;
  let lost: GenerationGone | undefined;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const before = known?.number;
    known = await source.newest(found, known, signal);
    if (known === undefined) return undefined;
    // No compaction has removed it, for there is no newer version.
    if (lost !== undefined && known.number === before) throw lost;
    const records = known.generations.flatMap(({ inline, partitions }) =>
      inline === undefined ? partitions : [],
    );
    const total = records.reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    const observer: CopyObserver = {
      signal,
      onBytes(more) {
        done += more;
        onProgress?.({ unit: 'bytes', done, total });
      },
    };
    lost = await copyAll(source, draft, records, copied, observer);
    if (lost === undefined) {
      await removeOthers(draft, copied, known);
      return firstVersion(known, definition);
    }
  }
  throw new CairnError(
    'CONFLICT',
    `files of ${source.uri} were compacted away ${MAX_ATTEMPTS} times before they were copied; try again when it changes less`,
    { uri: source.uri },
  );
}

/** Copies all partitions, or returns an error if one of them has no file: it may have been compacted away. */
async function copyAll(
  source: CollectionDirectory,
  draft: StoreDraft,
  records: readonly PartitionRecord[],
  copied: Set<string>,
  observer: CopyObserver,
): Promise<GenerationGone | undefined> {
  for (const record of records) {
    if (copied.has(record.name)) {
      observer.onBytes(record.bytes);
      continue;
    }
    try {
      await copyInto(draft, record.name, source.files, record, observer);
    } catch (error) {
      if (!isCairnError(error, 'NOT_FOUND')) throw error;
      return new GenerationGone(source.storage.uri(source.files.partition(record.name)), error);
    }
    copied.add(record.name);
  }
  return undefined;
}

/** Removes copies of files that a version had which is not the newest any more: sweep finds what can't be removed. */
async function removeOthers(
  { directory }: StoreDraft,
  copied: ReadonlySet<string>,
  state: VersionState,
): Promise<void> {
  const named = filesOf(state.generations);
  for (const name of copied) {
    if (!named.has(name)) await directory.storage.remove(directory.partition(name)).catch(() => undefined);
  }
}

/** The version that a copy begins with: the same generations, and no past. */
function firstVersion(
  { generations }: VersionState,
  { id, keyEncoding, valueEncoding, compression }: CollectionDefinition,
): VersionState {
  const deletes = generations.reduce((sum, { tombstones }) => sum + tombstones, 0);
  return {
    id,
    keyEncoding,
    valueEncoding,
    compression,
    number: 1,
    word: HOST.uniqueName(),
    cause: 'commit',
    sets: generations.reduce((sum, one) => sum + entriesOf(one), 0) - deletes,
    deletes,
    bytes: generations.reduce((sum, one) => sum + bytesOf(one), 0),
    changed: 1,
    oldest: 1,
    generations,
    dropped: [],
  };
}

/** Removes what a failed copy has made; directories that hold other files stay. */
async function removeMade(
  draft: StoreDraft,
  { storage, path, files, versions }: CollectionDirectory<Storage>,
  made: readonly string[],
  isNew: boolean,
): Promise<void> {
  for (const file of made) await storage.remove(file);
  await draft.abandon();
  await storage.removeDirectory(versions);
  await storage.removeDirectory(files.data);
  if (isNew) await storage.removeDirectory(path);
}
