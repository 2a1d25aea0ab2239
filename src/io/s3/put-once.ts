import { CairnError } from '../../errors.ts';
import type { Attempts } from '../objects/attempts.ts';
import { type Owner, ownerIn, type PutState } from '../objects/object-version.ts';
import { lookAt } from './look-at.ts';
import type { S3Client, S3Request } from './s3-client.ts';
import { type S3Place, uriOf } from './s3-path.ts';

/** The metadata that identifies the writer of an object. */
export const WRITE_HEADER = 'x-amz-meta-cairn-write';

/**
 * Makes an object unless the name is taken, and finds out the outcome, whatever happens to the answers: the
 * object carries the id of its writer, which resolves lost answers, and retries that conflict with their own
 * first attempt.
 *
 * @param request a PUT, or the completion of an upload, of an object that carries `writeId`.
 * @param conditional whether the storage checks and makes in one step; else the name is checked before, and
 *   again afterwards.
 * @throws {CairnError} `IO`, `unanswered` if the object may still appear; `UNSUPPORTED`; the signal's reason.
 */
export async function putOnce(
  client: S3Client,
  request: S3Request,
  writeId: string,
  conditional: boolean,
  signal?: AbortSignal,
): Promise<PutState> {
  if (!conditional && (await ownerOf(client, request, writeId, signal)) !== 'nobody') return 'taken';
  const attempts = client.attempts(request, signal);
  return attempts.making(() => put(client, request, writeId, conditional, attempts, signal));
}

async function put(
  client: S3Client,
  request: S3Request,
  writeId: string,
  conditional: boolean,
  attempts: Attempts,
  signal: AbortSignal | undefined,
): Promise<PutState> {
  const look = (): Promise<Owner> => ownerOf(client, request, writeId, signal);
  const sent = conditional ? { ...request, headers: { ...request.headers, 'if-none-match': '*' } } : request;
  for (;;) {
    const { answer, cause } = await client.attemptOnce(sent, attempts, signal);
    attempts.note(answer);
    if (answer?.ok) {
      // Without a condition the last writer has made it.
      return conditional || (await look()) === 'us' ? 'made' : 'taken';
    }
    if (answer?.status === 404 && !answer.lacksContainer) return (await look()) === 'us' ? 'made' : 'gone';
    // 412: a writer was first, perhaps this one, by an attempt whose answer was lost. 409: another writer is
    // making it.
    const conflict = answer?.status === 412 || answer?.status === 409;
    if (answer !== undefined && !conflict && !answer.transient)
      throw answer.error(request.method, uriOf(request));
    const owner = await look().catch((error: unknown) => {
      // The writer is unknown; the next attempt may find it out.
      if (error instanceof CairnError && error.transient && !conflict) return 'nobody' as const;
      throw error;
    });
    if (owner === 'us') return 'made';
    if (owner === 'another' || answer?.status === 412) return 'taken';
    await attempts.next(answer, cause);
  }
}

/** Returns the writer of an object. @throws {CairnError} `IO`; the signal's reason. */
export async function ownerOf(
  client: S3Client,
  place: S3Place,
  writeId: string,
  signal?: AbortSignal,
): Promise<Owner> {
  return ownerIn(await lookAt(client, place, signal), { header: WRITE_HEADER, writeId });
}
