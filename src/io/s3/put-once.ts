import { CairnError, isCairnError } from '../../errors.ts';
import { lookAt } from './look-at.ts';
import type { S3Answer } from './s3-answer.ts';
import type { S3Client, S3Request } from './s3-client.ts';
import { type S3Place, uriOf } from './s3-path.ts';
import { NoAnswer, type Tries } from './tries.ts';

/** The metadata that says which attempt made an object. */
export const WRITE_HEADER = 'x-amz-meta-cairn-write';

/**
 * What came of making an object. `made`: it is there, by us. `taken`: another one is there. `gone`: what it was to be
 * made of is not there any more.
 */
export type PutOutcome = 'made' | 'taken' | 'gone';

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
): Promise<PutOutcome> {
  if (!conditional && (await ownerOf(client, request, writeId, signal)) !== 'nobody') return 'taken';
  const tries = client.tries(request, signal);
  try {
    return await put(client, request, writeId, conditional, tries, signal);
  } catch (error) {
    // Whatever ends the tries: one of those before may still be on its way.
    if (!tries.unanswered || !isCairnError(error, 'IO') || error.unanswered === true) throw error;
    const { message, operation, uri } = error;
    throw new CairnError('IO', message, {
      ...(uri === undefined ? {} : { uri }),
      ...(operation === undefined ? {} : { operation }),
      transient: error.transient === true,
      unanswered: true,
      cause: error,
    });
  }
}

async function put(
  client: S3Client,
  request: S3Request,
  writeId: string,
  conditional: boolean,
  tries: Tries,
  signal: AbortSignal | undefined,
): Promise<PutOutcome> {
  const look = (): Promise<Owner> => ownerOf(client, request, writeId, signal);
  const sent = conditional ? { ...request, headers: { ...request.headers, 'if-none-match': '*' } } : request;
  for (;;) {
    let answer: S3Answer | undefined;
    let cause: unknown;
    try {
      answer = await client.attempt(sent, signal, tries.count);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      cause = error.cause;
    }
    tries.note(answer);
    if (answer?.ok) {
      // The last one to write has it, where nothing keeps them apart.
      return conditional || (await look()) === 'us' ? 'made' : 'taken';
    }
    if (answer?.status === 404 && answer.code !== 'NoSuchBucket')
      return (await look()) === 'us' ? 'made' : 'gone';
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
    await tries.next(answer, cause);
  }
}

/** Whose an object is. */
export type Owner = 'us' | 'another' | 'nobody';

/** Looks at whose an object is. @throws {CairnError} `IO`; the signal's reason. */
export async function ownerOf(
  client: S3Client,
  place: S3Place,
  writeId: string,
  signal?: AbortSignal,
): Promise<Owner> {
  const answer = await lookAt(client, place, signal);
  if (answer === undefined) return 'nobody';
  return answer.headers.get(WRITE_HEADER) === writeId ? 'us' : 'another';
}
