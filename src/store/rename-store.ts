import { CairnError } from '../errors.ts';
import { narrowStorage } from '../io/narrow-storage.ts';
import { signalOf, type WaitOptions } from '../wait-options.ts';
import { notComplete, reportPath } from './manifest/path-state.ts';
import { refuseLink } from './manifest/refuse-link.ts';
import { StoreDirectory } from './manifest/store-directory.ts';
import { alreadyExists, isSame, refuseWithin } from './manifest/store-draft.ts';

/**
 * Moves a complete store to a path that does not exist (or is an empty directory), in one step. Readers that have it open go on.
 * A symbolic link to a store is refused, and so is a store that relative links of its own would not follow.
 *
 * In a bucket all objects are copied by the storage, the manifest last, before the old ones are removed: a kill may leave
 * the store at both places, and readers of the old one may miss what they have not read.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `ALREADY_EXISTS`,
 *   `INVALID_ARGUMENT` (into itself), `UNSUPPORTED` (another file system or storage), `IO`.
 */
export async function renameStore(
  from: string | URL,
  to: string | URL,
  options?: WaitOptions,
): Promise<void> {
  const signal = signalOf(options);
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
  if (there !== 'absent' && there !== 'empty') throw alreadyExists(target, there, foreign);
  signal?.throwIfAborted();
  await narrowed.storage.moveDirectory(source.path, target.path);
}
