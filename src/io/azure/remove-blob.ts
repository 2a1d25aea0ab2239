import type { AzureClient } from './azure-client.ts';
import { type BlobPlace, uriOf } from './azure-path.ts';
import { DIRECTORY_MARK } from './list-blobs.ts';

/**
 * Removes a blob if it is the version that has this ETag. `changed`: it is another one. `unclear`: that may
 * be, or an attempt whose answer was lost removed it, and another writer made it again.
 *
 * @throws {CairnError} `IO`, `unanswered` if it may still be removed.
 */
export async function removeVersion(
  client: AzureClient,
  place: BlobPlace,
  etag: string,
): Promise<'removed' | 'changed' | 'unclear'> {
  const request = { method: 'DELETE', ...place, headers: { 'if-match': etag } } as const;
  const attempts = client.attempts(request);
  for (;;) {
    const { answer, cause } = await client.attemptOnce(request, attempts);
    if (answer?.ok || answer?.status === 404) return 'removed';
    if (answer?.conditionFailed) return attempts.count === 1 ? 'changed' : 'unclear';
    if (answer !== undefined && !answer.transient) throw answer.error('removal', uriOf(place));
    await attempts.next(answer, cause);
  }
}

/**
 * Returns what has a name: a blob, one that only marks a directory, or nothing.
 *
 * @throws {CairnError} `IO`.
 */
export async function blobKind(
  client: AzureClient,
  place: BlobPlace,
): Promise<'file' | 'directory' | undefined> {
  if (place.blob === '') return undefined;
  const answer = await client.send({ method: 'HEAD', ...place });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw answer.error('look-up', uriOf(place));
  return answer.headers.get(`x-ms-meta-${DIRECTORY_MARK}`) === 'true' ? 'directory' : 'file';
}

/** Removes the blob that stands for an empty directory, if there is one. @throws {CairnError} `IO`. */
export async function removeMark(client: AzureClient, place: BlobPlace): Promise<void> {
  if ((await blobKind(client, place)) === 'directory') await client.remove(place);
}
