import { CairnError, isCairnError } from '../../errors.ts';
import { copyObject } from './copy-object.ts';
import { isAnythingBelow, listPages } from './list-objects.ts';
import { lookAt } from './look-at.ts';
import { ownerOf, putOnce, WRITE_HEADER } from './put-once.ts';
import type { S3Answer } from './s3-answer.ts';
import type { S3Client } from './s3-client.ts';
import { prefixOf, type S3Place, uriOf } from './s3-path.ts';
import { removeObject, type UploadSettings } from './s3-sink.ts';

/** The file whose presence makes a directory a store: it arrives last, and leaves first. */
export const COMMIT_NAME = 'MANIFEST.json';

/**
 * Moves everything below a place to another, which must have nothing below it. Objects can't be renamed: all are
 * copied within the storage. A store is moved in the moment when its manifest appears at the new place: that is made
 * as a commit is, after all else is there, and the old manifest is removed right after it. A kill between these two
 * leaves the store at both places; before them, a copy that sweep finds; after them, leftovers at the old place.
 *
 * @throws {CairnError} `NOT_FOUND`, `ALREADY_EXISTS`, `CONFLICT` when either side changed meanwhile, `UNSUPPORTED`
 *   where the storage can't copy, `IO`.
 */
export async function moveObjects(settings: UploadSettings, from: S3Place, to: S3Place): Promise<void> {
  const { client, conditional } = settings;
  const commit = { bucket: from.bucket, key: prefixOf(from) + COMMIT_NAME };
  const manifest = await read(client, commit);
  const keys = await keysBelow(client, from);
  if (keys.length === 0)
    throw new CairnError('NOT_FOUND', `${uriOf(from)} does not exist`, { uri: uriOf(from) });
  await refuseTaken(client, to);

  const writeId = client.platform.uniqueName();
  const moved = (key: string): S3Place => ({
    bucket: to.bucket,
    key: prefixOf(to) + key.slice(prefixOf(from).length),
  });
  const others = keys.filter((key) => key !== commit.key);
  const copied: S3Place[] = [];
  const target = moved(commit.key);
  try {
    await forEach(settings, others, async (key) => {
      const place = moved(key);
      copied.push(place);
      if (await copyObject(client, { bucket: from.bucket, key }, place, writeId)) return;
      throw new CairnError(
        'UNSUPPORTED',
        `the storage of ${uriOf(to)} can't copy; copy the store by a merge`,
        {
          uri: uriOf(to),
        },
      );
    });
    if (manifest !== undefined) {
      const now = await lookAt(client, commit);
      if (now?.headers.get('etag') !== manifest.headers.get('etag')) throw changed(from);
      const headers = { [WRITE_HEADER]: writeId };
      const request = { method: 'PUT', ...target, headers, body: manifest.body } as const;
      if ((await putOnce(client, request, writeId, conditional)) !== 'made') throw exists(to);
      // Two moves to one place, of stores with the same file names, could have got into each other's way.
      await forEach(settings, copied, async (place) => {
        if ((await ownerOf(client, place, writeId)) === 'us') return;
        await removeObject(client, target);
        throw changed(to);
      });
    }
  } catch (error) {
    // Where the manifest may still appear, it must find its files.
    if (!isCairnError(error) || error.unanswered !== true) {
      await forEach(settings, copied, async (place) => {
        if ((await ownerOf(client, place, writeId)) === 'us') await removeObject(client, place);
      }).catch(() => undefined);
    }
    throw error;
  }
  if (manifest !== undefined) await removeObject(client, commit);
  await forEach(settings, others, (key) => removeObject(client, { bucket: from.bucket, key }));
}

/** Does something with several objects at once; waits for all that were begun, also when one fails. */
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

async function read(client: S3Client, place: S3Place): Promise<S3Answer | undefined> {
  const answer = await client.send({ method: 'GET', ...place });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw answer.error('reading', uriOf(place));
  return answer;
}

async function keysBelow(client: S3Client, place: S3Place): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of listPages(client, { bucket: place.bucket, prefix: prefixOf(place) })) {
    for (const { key } of page.objects) keys.push(key);
  }
  return keys;
}

async function refuseTaken(client: S3Client, to: S3Place): Promise<void> {
  if (to.key !== '' && (await lookAt(client, to)) !== undefined) throw exists(to);
  const keys = (await isAnythingBelow(client, to.bucket, prefixOf(to))).any
    ? await keysBelow(client, to)
    : [];
  // An object of that name stands for an empty directory.
  if (keys.some((key) => key !== prefixOf(to))) throw exists(to);
}

function exists(place: S3Place): CairnError {
  return new CairnError('ALREADY_EXISTS', `${uriOf(place)} exists already`, { uri: uriOf(place) });
}

function changed(place: S3Place): CairnError {
  return new CairnError(
    'CONFLICT',
    `${uriOf(place)} was changed by another writer meanwhile; look at it, and try again`,
    {
      uri: uriOf(place),
    },
  );
}
