import { CairnError, isCairnError } from '../../errors.ts';
import type { AzureAnswer } from './azure-answer.ts';
import type { AzureClient } from './azure-client.ts';
import { type BlobPlace, prefixOf, uriOf } from './azure-path.ts';
import type { UploadSettings } from './azure-sink.ts';
import { copyBlob } from './copy-blob.ts';
import { type ListedBlob, listPages } from './list-blobs.ts';
import { putOnce, removeOwn } from './put-once.ts';
import { blobKind, removeBlob, removeMark, removeVersion } from './remove-blob.ts';

/** The file whose presence makes a directory a store: it arrives last, and leaves first. */
const COMMIT_NAME = 'MANIFEST.json';

/**
 * Moves everything below a place to another, which must have nothing below it. Blobs can't be renamed: all are copied
 * within the storage. A store is moved in the moment when its manifest appears at the new place: that is made as a
 * commit is, after all else is there, and the old manifest, exactly as it was read, is removed right after it. A kill
 * between these two leaves the store at both places; before them, a copy that sweep finds; after them, leftovers at
 * the old place.
 *
 * @throws {CairnError} `NOT_FOUND`, `ALREADY_EXISTS`, `CONFLICT` when the source changed meanwhile, `IO`.
 */
export async function moveBlobs(settings: UploadSettings, from: BlobPlace, to: BlobPlace): Promise<void> {
  const { client } = settings;
  const moved = (name: string): BlobPlace => ({
    container: to.container,
    blob: prefixOf(to) + name.slice(prefixOf(from).length),
  });
  const source = (name: string): BlobPlace => ({ container: from.container, blob: name });
  const commit = source(prefixOf(from) + COMMIT_NAME);
  const target = moved(commit.blob);
  const manifest = await read(client, commit);
  const found = await blobsBelow(client, from);
  if (found.length === 0)
    throw new CairnError('NOT_FOUND', `${uriOf(from)} does not exist`, { uri: uriOf(from) });
  await refuseTaken(client, to);

  const writeId = client.platform.uniqueName();
  const files = found.filter(({ name, directory }) => !directory && name !== commit.blob);
  const copied: BlobPlace[] = [];
  const removeCopies = (): Promise<void> =>
    forEach(settings, copied, (place) => removeOwn(client, place, writeId)).catch(() => undefined);
  let committing = false;
  try {
    await forEach(settings, files, async ({ name }) => {
      copied.push(moved(name));
      await copyBlob(client, source(name), moved(name), writeId);
    });
    if (manifest !== undefined) {
      const headers = { 'x-ms-blob-type': 'BlockBlob' };
      const request = { method: 'PUT', ...target, headers, body: manifest.body } as const;
      committing = true;
      if ((await putOnce(client, request, writeId)).state !== 'made') throw exists(to);
    }
  } catch (error) {
    // Where the manifest may still appear, it must find its files.
    if (!committing || !isCairnError(error) || error.unanswered !== true) await removeCopies();
    throw error;
  }
  if (manifest !== undefined) {
    const outcome = await removeVersion(client, commit, manifest.headers.get('etag') ?? '');
    if (outcome === 'changed' && (await removeOwn(client, target, writeId))) await removeCopies();
    if (outcome !== 'removed') throw changed(from);
  }
  await forEach(settings, files, ({ name }) => removeBlob(client, source(name)));
  // What stands for directories: those within others first.
  const marks = found.filter(({ directory }) => directory).map(({ name }) => name);
  for (const name of marks.sort().reverse()) await removeBlob(client, source(name));
  await removeMark(client, from);
}

/** Does something with several blobs at once; waits for all that were begun, also when one fails. */
async function forEach<T>(
  { slots }: UploadSettings,
  items: readonly T[],
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  let failed = false;
  const outcomes = await Promise.allSettled(
    items.map(async (item) => {
      const turn = slots.ask();
      try {
        await turn.turn;
        if (!failed) await act(item);
      } catch (error) {
        failed = true;
        throw error;
      } finally {
        turn.release();
      }
    }),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function read(client: AzureClient, place: BlobPlace): Promise<AzureAnswer | undefined> {
  const answer = await client.send({ method: 'GET', ...place });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw answer.error('reading', uriOf(place));
  return answer;
}

async function blobsBelow(client: AzureClient, place: BlobPlace): Promise<ListedBlob[]> {
  const found: ListedBlob[] = [];
  const listing = { container: place.container, prefix: prefixOf(place) };
  for await (const { blobs } of listPages(client, listing)) found.push(...blobs);
  return found;
}

async function refuseTaken(client: AzureClient, to: BlobPlace): Promise<void> {
  if ((await blobKind(client, to)) === 'file') throw exists(to);
  const listing = { container: to.container, prefix: prefixOf(to) };
  for await (const { blobs } of listPages(client, listing)) {
    // A blob of that name stands for an empty directory.
    if (blobs.some(({ name }) => name !== prefixOf(to))) throw exists(to);
  }
}

function exists(place: BlobPlace): CairnError {
  return new CairnError('ALREADY_EXISTS', `${uriOf(place)} exists already`, { uri: uriOf(place) });
}

function changed(place: BlobPlace): CairnError {
  return new CairnError(
    'CONFLICT',
    `${uriOf(place)} was changed by another writer meanwhile; look at it, and try again`,
    { uri: uriOf(place) },
  );
}
