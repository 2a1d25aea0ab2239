import { CairnError, isCairnError } from '../../errors.ts';
import { COMMIT_NAME } from '../objects/commit-name.ts';
import { changedMeanwhile, existsAlready } from '../objects/object-conflicts.ts';
import type { UploadSettings } from '../objects/parts-sink.ts';
import type { AzureClient } from './azure-client.ts';
import { type BlobPlace, prefixOf, uriOf } from './azure-path.ts';
import { copyBlob } from './copy-blob.ts';
import { type ListedBlob, listPages } from './list-blobs.ts';
import { putOnce, removeOwn } from './put-once.ts';
import { blobKind, removeMark, removeVersion } from './remove-blob.ts';

/** A user's way on, where both places may hold something. */
const LOOK = 'look at it, and try again';

/**
 * Moves everything below a place to another, which must have nothing below it. Blobs can't be renamed: all
 * are copied within the storage. A store is moved in the moment when its manifest appears at the new place:
 * that is made as a commit is, after all else is there, and the old manifest, exactly as it was read, is
 * removed right after it. A kill between these two leaves the store at both places; before them, a copy that
 * sweep finds; after them, orphan files at the old place.
 *
 * @throws {CairnError} `NOT_FOUND`, `ALREADY_EXISTS`, `CONFLICT` when the source changed meanwhile, `IO`.
 */
export async function moveBlobs(
  settings: UploadSettings<AzureClient>,
  from: BlobPlace,
  to: BlobPlace,
): Promise<void> {
  const { client, semaphore } = settings;
  const moved = (name: string): BlobPlace => ({
    container: to.container,
    blob: prefixOf(to) + name.slice(prefixOf(from).length),
  });
  const source = (name: string): BlobPlace => ({ container: from.container, blob: name });
  const commit = source(prefixOf(from) + COMMIT_NAME);
  const target = moved(commit.blob);
  const manifest = await client.read(commit);
  const found = await blobsBelow(client, from);
  if (found.length === 0)
    throw new CairnError('NOT_FOUND', `${uriOf(from)} does not exist`, { uri: uriOf(from) });
  await refuseTaken(client, to);

  const writeId = client.host.uniqueName();
  const files = found.filter(({ name, directory }) => !directory && name !== commit.blob);
  const copied: BlobPlace[] = [];
  const removeCopies = (): Promise<void> =>
    semaphore.runEach(copied, (place) => removeOwn(client, place, writeId)).catch(() => undefined);
  let committing = false;
  try {
    await semaphore.runEach(files, async ({ name }) => {
      copied.push(moved(name));
      await copyBlob(client, source(name), moved(name), writeId);
    });
    if (manifest !== undefined) {
      const headers = { 'x-ms-blob-type': 'BlockBlob' };
      const request = { method: 'PUT', ...target, headers, body: manifest.body } as const;
      committing = true;
      if ((await putOnce(client, request, writeId)).state !== 'made') throw existsAlready(uriOf(to));
    }
  } catch (error) {
    // Where the manifest may still appear, it must find its files.
    if (!committing || !isCairnError(error) || error.unanswered !== true) await removeCopies();
    throw error;
  }
  if (manifest !== undefined) {
    const outcome = await removeVersion(client, commit, manifest.headers.get('etag') ?? '');
    if (outcome === 'changed' && (await removeOwn(client, target, writeId))) await removeCopies();
    if (outcome !== 'removed') throw changedMeanwhile(uriOf(from), LOOK);
  }
  // The store has moved: sweep finds what can't be removed.
  const leave = (): undefined => undefined;
  await semaphore.runEach(files, ({ name }) => client.remove(source(name)).catch(leave));
  // What stands for directories: those within others first.
  const marks = found.filter(({ directory }) => directory).map(({ name }) => name);
  for (const name of marks.sort().reverse()) await client.remove(source(name)).catch(leave);
  await removeMark(client, from).catch(leave);
}

async function blobsBelow(client: AzureClient, place: BlobPlace): Promise<ListedBlob[]> {
  const found: ListedBlob[] = [];
  const listing = { container: place.container, prefix: prefixOf(place) };
  for await (const { blobs } of listPages(client, listing)) found.push(...blobs);
  return found;
}

async function refuseTaken(client: AzureClient, to: BlobPlace): Promise<void> {
  if ((await blobKind(client, to)) === 'file') throw existsAlready(uriOf(to));
  const listing = { container: to.container, prefix: prefixOf(to) };
  for await (const { blobs } of listPages(client, listing)) {
    // A blob of that name stands for an empty directory.
    if (blobs.some(({ name }) => name !== prefixOf(to))) throw existsAlready(uriOf(to));
  }
}
