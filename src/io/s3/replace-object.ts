import { CairnError } from '../../errors.ts';
import { ownerOf, WRITE_HEADER } from './put-once.ts';
import type { S3Answer } from './s3-answer.ts';
import type { S3Client, S3Request } from './s3-client.ts';
import { type S3Place, uriOf } from './s3-path.ts';
import { NoAnswer } from './tries.ts';

/**
 * Puts a small object in the place of another. With `check`, exactly the one that it has looked at: it is read, and
 * its ETag is the condition of the writing, unless the storage is known to take none (`conditional` is false).
 *
 * @throws {CairnError} `CONFLICT` when another writer came between, `IO`; what `check` throws, with nothing changed.
 */
export async function replaceObject(
  client: S3Client,
  place: S3Place,
  bytes: Uint8Array,
  check: ((current: Uint8Array) => void) | undefined,
  conditional: boolean,
): Promise<void> {
  const uri = uriOf(place);
  const writeId = client.platform.uniqueName();
  const request: S3Request = { method: 'PUT', ...place, headers: { [WRITE_HEADER]: writeId }, body: bytes };
  if (check === undefined || !conditional) {
    if (check !== undefined) await readVersion(client, place, writeId, check);
    const answer = await client.send(request);
    if (!answer.ok) throw answer.error('replacement', uri);
    return;
  }
  const tries = client.tries(request);
  for (;;) {
    const etag = await readVersion(client, place, writeId, check);
    if (etag === 'ours') return;
    // The quotes belong to an ETag. Ceph compares without them, and takes neither form for the other.
    let answer: S3Answer | undefined;
    let cause: unknown;
    for (const form of [etag, etag.replaceAll('"', '')]) {
      try {
        const headers = { ...request.headers, 'if-match': form };
        answer = await client.attempt({ ...request, headers }, undefined, tries.count);
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        [answer, cause] = [undefined, error.cause];
      }
      if (answer?.status !== 412) break;
    }
    if (answer?.ok) return;
    if (answer?.status === 412 || answer?.status === 404) {
      if ((await ownerOf(client, place, writeId)) === 'us') return;
      throw conflict(uri);
    }
    if (answer !== undefined && answer.status !== 409 && !answer.transient)
      throw answer.error('replacement', uri);
    await tries.next(answer, cause);
  }
}

/** The ETag of what may be replaced; `ours` when it has been already, by a try whose answer was lost. */
async function readVersion(
  client: S3Client,
  place: S3Place,
  writeId: string,
  check: (current: Uint8Array) => void,
): Promise<string> {
  const answer = await client.send({ method: 'GET', ...place });
  if (!answer.ok) throw answer.error('reading', uriOf(place));
  if (answer.headers.get(WRITE_HEADER) === writeId) return 'ours';
  check(answer.body);
  const etag = answer.headers.get('etag');
  if (etag === null) throw answer.error('reading', uriOf(place));
  return etag;
}

function conflict(uri: string): CairnError {
  return new CairnError('CONFLICT', `${uri} was changed by another writer meanwhile; try again`, { uri });
}
