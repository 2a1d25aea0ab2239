import { CairnError, invalidArgument } from '../errors.ts';
import { narrowStorage } from '../io/narrow-storage.ts';
import { locate } from '../io/uri.ts';
import { inspectPath, isWithin, notComplete } from './manifest/store-directory.ts';

/**
 * Moves a complete store to a path that does not exist (or is an empty directory), in one step. Readers that have it open go on.
 *
 * In a bucket all objects are copied by the storage, the manifest last, before the old ones are removed: a kill may leave
 * the store at both places, and readers of the old one may miss what they have not read.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `INCOMPLETE`, `NOT_A_STORE`, `ALREADY_EXISTS`,
 *   `INVALID_ARGUMENT` (into itself), `UNSUPPORTED` (another file system or storage), `IO`.
 */
export async function renameStore(from: string | URL, to: string | URL): Promise<void> {
  const source = narrowStorage(locate(from, 'from'), 'renamed', ['moveDirectory', 'list']);
  const target = locate(to, 'to');
  const state = await inspectPath(source);
  if (state !== 'complete') throw notComplete(source, state);
  if (source.storage !== target.storage) {
    throw new CairnError(
      'UNSUPPORTED',
      `${source.uri} can't be renamed to another storage; copy it with copyStore, then delete it`,
      {
        uri: target.uri,
      },
    );
  }
  if (source.path === target.path) return;
  if (isWithin(target, source)) throw invalidArgument('to', `${target.uri} lies within ${source.uri}`);
  const there = await inspectPath(target);
  if (there !== 'absent' && there !== 'empty') {
    throw new CairnError('ALREADY_EXISTS', `${target.uri} exists already; choose another path`, {
      uri: target.uri,
    });
  }
  await source.storage.moveDirectory(source.path, target.path);
}
