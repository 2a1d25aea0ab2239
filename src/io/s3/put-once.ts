import { CairnError } from '../../errors.ts';
import type { Attempts } from '../objects/attempts.ts';
import { type Owner, ownerIn, type PutState } from '../objects/object-version.ts';
import { lookAt } from './look-at.ts';
import type { S3Client, S3Request } from './s3-client.ts';
import { type S3Place, uriOf } from './s3-path.ts';

/** The metadata that says which attempt made an object. */
export const WRITE_HEADER = 'x-amz-meta-cairn-write';

/**
 * Makes an object unless there is one, and finds out what came of it, whatever happens to the answers: the object
 * carries a word of its writer's, so that a lost answer, or a repetition that met its own first try, is no riddle.
 *
 * @param request a PUT, or the completion of an upload, of an object that carries `writeId`.
 * @param conditional whether the storage looks and makes in one step; else it is looked before, and again afterwards.
 * @throws {CairnError} `IO`, `unanswered` when the object may still appear; `UNSUPPORTED`; the signal's reason.
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
      // The last one to write has it, where nothing keeps them apart.
      return conditional || (await look()) === 'us' ? 'made' : 'taken';
    }
    if (answer?.status === 404 && !answer.lacksContainer) return (await look()) === 'us' ? 'made' : 'gone';
    // 412: somebody was first, perhaps a try of ours whose answer was lost. 409: somebody is at it.
    const told = answer?.status === 412 || answer?.status === 409;
    if (answer !== undefined && !told && !answer.transient)
      throw answer.error(request.method, uriOf(request));
    const owner = await look().catch((error: unknown) => {
      // It was not found out; the next try may.
      if (error instanceof CairnError && error.transient && !told) return 'nobody' as const;
      throw error;
    });
    if (owner === 'us') return 'made';
    if (owner === 'another' || answer?.status === 412) return 'taken';
    await attempts.next(answer, cause);
  }
}

/** Looks at whose an object is. @throws {CairnError} `IO`; the signal's reason. */
export async function ownerOf(
  client: S3Client,
  place: S3Place,
  writeId: string,
  signal?: AbortSignal,
): Promise<Owner> {
  return ownerIn(await lookAt(client, place, signal), { header: WRITE_HEADER, writeId });
}
