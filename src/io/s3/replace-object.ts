import { changedMeanwhile } from '../objects/object-conflicts.ts';
import { replaceableVersion } from '../objects/object-version.ts';
import { ownerOf, WRITE_HEADER } from './put-once.ts';
import type { S3Answer } from './s3-answer.ts';
import type { S3Client, S3Request } from './s3-client.ts';
import { type S3Place, uriOf } from './s3-path.ts';

/**
 * Puts a small object in the place of another. With `check`, exactly the one that it has looked at: it is
 * read, and its ETag is the condition of the writing, unless the storage is known to take none (`conditional`
 * is false).
 *
 * @throws {CairnError} `CONFLICT` when another writer came between, `IO`; what `check` throws, with nothing
 *   changed.
 */
export async function replaceObject(
  client: S3Client,
  place: S3Place,
  bytes: Uint8Array,
  check: ((current: Uint8Array) => void) | undefined,
  conditional: boolean,
): Promise<void> {
  const uri = uriOf(place);
  const writeId = client.host.uniqueName();
  const mark = { header: WRITE_HEADER, writeId };
  const request: S3Request = { method: 'PUT', ...place, headers: { [WRITE_HEADER]: writeId }, body: bytes };
  if (check === undefined || !conditional) {
    if (check !== undefined)
      replaceableVersion(await client.send({ method: 'GET', ...place }), uri, mark, check);
    const answer = await client.send(request);
    if (!answer.ok) throw answer.error('replacement', uri);
    return;
  }
  const attempts = client.attempts(request);
  for (;;) {
    const etag = replaceableVersion(await client.send({ method: 'GET', ...place }), uri, mark, check);
    if (etag === 'ours') return;
    // The quotes belong to an ETag. Ceph compares without them, and takes neither form for the other.
    let answer: S3Answer | undefined;
    let cause: unknown;
    for (const form of [etag, etag.replaceAll('"', '')]) {
      const headers = { ...request.headers, 'if-match': form };
      ({ answer, cause } = await client.attemptOnce({ ...request, headers }, attempts));
      if (answer?.status !== 412) break;
    }
    if (answer?.ok) return;
    if (answer?.status === 412 || answer?.status === 404) {
      if ((await ownerOf(client, place, writeId)) === 'us') return;
      throw changedMeanwhile(uri);
    }
    if (answer !== undefined && answer.status !== 409 && !answer.transient)
      throw answer.error('replacement', uri);
    await attempts.next(answer, cause);
  }
}
