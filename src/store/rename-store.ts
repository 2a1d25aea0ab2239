import { loadChecksum } from '../bytes/xxh64.ts';
import { checkFlag, checkOptions } from '../check-options.ts';
import { CairnError, isCairnError } from '../errors.ts';
import { HOST } from '../io/host.ts';
import { narrowStorage, REMOVAL_MEMBERS, STORAGE_MEMBERS } from '../io/narrow-storage.ts';
import type { PartitionRecord } from '../partition/partition-record.ts';
import type { WaitOptions } from '../wait-options.ts';
import { deleteStore } from './delete-store.ts';
import { placePartition } from './manifest/copy-into.ts';
import { notComplete, reportPath } from './manifest/path-state.ts';
import { refuseLink } from './manifest/refuse-link.ts';
import { refuseShared } from './manifest/shared-files.ts';
import { StoreDirectory } from './manifest/store-directory.ts';
import { alreadyExists, freshName, isSame, refuseWithin, StoreDraft } from './manifest/store-draft.ts';

/** How a store is renamed. */
export interface RenameOptions extends WaitOptions {
  /**
   * Takes the place of the store that is at the new path: see `replace` of `createStore`. That store changes in one step; the
   * one at the old path is deleted after it, so that a crash may leave both. Default: false.
   */
  readonly replace?: boolean | undefined;
}

/**
 * Moves a complete store to a path that does not exist (or is an empty directory), in one step; with `replace`, also to that
 * of a store. Readers that have it open go on. A symbolic link to a store is refused, and so is a store that relative links
 * of its own would not follow.
 *
 * In a bucket all objects are copied by the storage, the manifest last, before the old ones are removed: a kill may leave
 * the store at both places, and readers of the old one may miss what they have not read.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `ALREADY_EXISTS`,
 *   `INVALID_ARGUMENT` (into itself), `UNSUPPORTED` (another file system or storage), `IO`; with `replace`, `CONFLICT`.
 */
export async function renameStore(
  from: string | URL,
  to: string | URL,
  options: RenameOptions = {},
): Promise<void> {
  const { signal, replace = false } = checkOptions(options, ['signal', 'replace']);
  checkFlag('replace', replace);
  signal?.throwIfAborted();
  const source = StoreDirectory.at(from, 'from');
  const narrowed = narrowStorage(source, 'renamed', ['moveDirectory', 'list']);
  const target = StoreDirectory.at(to, 'to');
  const state = await source.state();
  if (state !== 'complete') throw notComplete(source, state);
  if (source.storage !== target.storage) {
    throw new CairnError(
      'UNSUPPORTED',
      `${source.uri} can't be renamed to another storage; copy it with copyStore, then delete it`,
      { uri: target.uri },
    );
  }
  if (isSame(source, target)) return;
  await refuseLink(narrowed, 'renamed');
  refuseWithin(target, source);
  const { state: there, foreign } = await reportPath(target);
  if (there === 'complete' && replace) return moveOver(source, target, signal);
  if (there !== 'absent' && there !== 'empty')
    throw alreadyExists(target, there, { foreign, replaceable: !replace });
  signal?.throwIfAborted();
  await narrowed.storage.moveDirectory(source.path, target.path);
}

/**
 * Gives the partitions of a store second names in the directory of another one, which it replaces then, and deletes it where
 * it was.
 */
async function moveOver(
  from: StoreDirectory,
  to: StoreDirectory,
  signal: AbortSignal | undefined,
): Promise<void> {
  const source = new StoreDirectory(narrowStorage(from, 'renamed', REMOVAL_MEMBERS));
  const target = new StoreDirectory(narrowStorage(to, 'replaced', STORAGE_MEMBERS));
  const checksum = await loadChecksum();
  await refuseShared(source, 'complete', 'renamed', checksum);
  const manifest = await source.readManifest(checksum, signal);
  const draft = await StoreDraft.begin(target, { checksum, signal, replace: true });
  await draft.complete(async () => {
    const partitions: PartitionRecord[] = [];
    for (const record of manifest.partitions) {
      signal?.throwIfAborted();
      // Names in the old directory may be those of another build in the new one.
      const name = freshName(record.name, HOST.uniqueName());
      partitions.push(await placePartition(draft, name, source, record, signal));
    }
    signal?.throwIfAborted();
    await draft.commit({ ...manifest, partitions });
  });
  await deleteMoved(source, target);
}

/** Deletes a store that has taken the place of another. What can't be removed of it is left to sweep. */
async function deleteMoved(source: StoreDirectory, target: StoreDirectory): Promise<void> {
  try {
    await deleteStore(source.uri);
  } catch (error) {
    if (!isCairnError(error)) throw error;
    if ((await source.state().catch(() => 'complete')) !== 'complete') return;
    throw new CairnError(
      'IO',
      `${target.uri} has been replaced by ${source.uri}, but that could not be deleted: ${error.message}. Delete it`,
      { uri: source.uri, operation: 'delete', transient: error.transient, cause: error },
    );
  }
}
