import { changedMeanwhile } from '../objects/object-conflicts.ts';
import { replaceableVersion } from '../objects/object-version.ts';
import type { AzureClient, AzureRequest } from './azure-client.ts';
import { type BlobPlace, uriOf } from './azure-path.ts';
import { ownerOf, WRITE_HEADER } from './put-once.ts';

/**
 * Puts a small blob in the place of another. With `check`, exactly the one that it has looked at: it is read,
 * and its ETag is the condition of the writing.
 *
 * @throws {CairnError} `CONFLICT` when another writer came between, `NOT_FOUND`, `IO`; what `check` throws,
 *   with nothing changed.
 */
export async function replaceBlob(
  client: AzureClient,
  place: BlobPlace,
  bytes: Uint8Array,
  check: ((current: Uint8Array) => void) | undefined,
): Promise<void> {
  const uri = uriOf(place);
  const writeId = client.host.uniqueName();
  const mark = { header: WRITE_HEADER, writeId };
  const headers = { 'x-ms-blob-type': 'BlockBlob', [WRITE_HEADER]: writeId };
  const request: AzureRequest = { method: 'PUT', ...place, headers, body: bytes };
  if (check === undefined) {
    const answer = await client.send(request);
    if (!answer.ok) throw answer.error('replacement', uri);
    return;
  }
  const attempts = client.attempts(request);
  for (;;) {
    const etag = replaceableVersion(await client.send({ method: 'GET', ...place }), uri, mark, check);
    if (etag === 'ours') return;
    const conditional = { ...request, headers: { ...headers, 'if-match': etag } };
    const { answer, cause } = await client.attemptOnce(conditional, attempts);
    if (answer?.ok) return;
    if (answer?.conditionFailed || answer?.reason === 'BlobNotFound') {
      if ((await ownerOf(client, place, writeId)) === 'us') return;
      throw changedMeanwhile(uri);
    }
    if (answer !== undefined && !answer.transient) throw answer.error('replacement', uri);
    await attempts.next(answer, cause);
  }
}
