import { CairnError, isCairnError } from '../../errors.ts';
import { COMMIT_NAME } from '../objects/commit-name.ts';
import { changedMeanwhile, existsAlready } from '../objects/object-conflicts.ts';
import { copyObject } from './copy-object.ts';
import { isAnythingBelow, listPages } from './list-objects.ts';
import { lookAt } from './look-at.ts';
import { ownerOf, putOnce, WRITE_HEADER } from './put-once.ts';
import type { S3Client } from './s3-client.ts';
import { prefixOf, type S3Place, uriOf } from './s3-path.ts';
import type { S3UploadSettings } from './s3-sink.ts';

/** A user's way on, where both places may hold something. */
const LOOK = 'look at it, and try again';

/**
 * Moves everything below a place to another, which must have nothing below it. Objects can't be renamed: all
 * are copied within the storage. A store is moved in the moment when its manifest appears at the new place:
 * that is made as a commit is, after all else is there, and the old manifest is removed right after it. A
 * kill between these two leaves the store at both places; before them, a copy that sweep finds; after them,
 * orphan files at the old place.
 *
 * @throws {CairnError} `NOT_FOUND`, `ALREADY_EXISTS`, `CONFLICT` when either side changed meanwhile,
 *   `UNSUPPORTED` where the storage can't copy, `IO`.
 */
export async function moveObjects(settings: S3UploadSettings, from: S3Place, to: S3Place): Promise<void> {
  const { client, semaphore, conditional } = settings;
  const commit = { bucket: from.bucket, key: prefixOf(from) + COMMIT_NAME };
  const manifest = await client.read(commit);
  const keys = await keysBelow(client, from);
  if (keys.length === 0)
    throw new CairnError('NOT_FOUND', `${uriOf(from)} does not exist`, { uri: uriOf(from) });
  await refuseTaken(client, to);

  const writeId = client.host.uniqueName();
  const moved = (key: string): S3Place => ({
    bucket: to.bucket,
    key: prefixOf(to) + key.slice(prefixOf(from).length),
  });
  const others = keys.filter((key) => key !== commit.key);
  const copied: S3Place[] = [];
  const target = moved(commit.key);
  try {
    await semaphore.runEach(others, async (key) => {
      const place = moved(key);
      copied.push(place);
      if (await copyObject(client, { bucket: from.bucket, key }, place, writeId)) return;
      throw new CairnError(
        'UNSUPPORTED',
        `the storage of ${uriOf(to)} can't copy; copy it with copyStore, then delete it`,
        {
          uri: uriOf(to),
        },
      );
    });
    if (manifest !== undefined) {
      const now = await lookAt(client, commit);
      if (now?.headers.get('etag') !== manifest.headers.get('etag'))
        throw changedMeanwhile(uriOf(from), LOOK);
      const headers = { [WRITE_HEADER]: writeId };
      const request = { method: 'PUT', ...target, headers, body: manifest.body } as const;
      if ((await putOnce(client, request, writeId, conditional)) !== 'made') throw existsAlready(uriOf(to));
      // Two moves to one place, of stores with the same file names, could have got into each other's way.
      await semaphore.runEach(copied, async (place) => {
        if ((await ownerOf(client, place, writeId)) === 'us') return;
        await client.remove(target);
        throw changedMeanwhile(uriOf(to), LOOK);
      });
    }
  } catch (error) {
    // Where the manifest may still appear, it must find its files.
    if (!isCairnError(error) || error.unanswered !== true) {
      await semaphore
        .runEach(copied, async (place) => {
          if ((await ownerOf(client, place, writeId)) === 'us') await client.remove(place);
        })
        .catch(() => undefined);
    }
    throw error;
  }
  if (manifest !== undefined) await client.remove(commit);
  // The store has moved: sweep finds what can't be removed.
  const leave = (): undefined => undefined;
  await semaphore.runEach(others, (key) => client.remove({ bucket: from.bucket, key }).catch(leave));
}

async function keysBelow(client: S3Client, place: S3Place): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of listPages(client, { bucket: place.bucket, prefix: prefixOf(place) })) {
    for (const { key } of page.objects) keys.push(key);
  }
  return keys;
}

async function refuseTaken(client: S3Client, to: S3Place): Promise<void> {
  if (to.key !== '' && (await lookAt(client, to)) !== undefined) throw existsAlready(uriOf(to));
  const keys = (await isAnythingBelow(client, to.bucket, prefixOf(to))).any
    ? await keysBelow(client, to)
    : [];
  // An object of that name stands for an empty directory.
  if (keys.some((key) => key !== prefixOf(to))) throw existsAlready(uriOf(to));
}
