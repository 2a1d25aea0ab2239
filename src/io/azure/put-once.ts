import { CairnError } from '../../errors.ts';
import type { Attempts } from '../objects/attempts.ts';
import { type Owner, ownerIn, type PutState } from '../objects/object-version.ts';
import type { AzureAnswer } from './azure-answer.ts';
import type { AzureClient, AzureRequest } from './azure-client.ts';
import { type BlobPlace, uriOf } from './azure-path.ts';

/** The metadata that says which attempt made a blob. Its name must be one of C#'s. */
export const WRITE_HEADER = 'x-ms-meta-cairnwrite';

/** The outcome of making a blob. */
export interface PutOutcome {
  readonly state: PutState;
  /** The answer of the storage that made it, unless it was lost. */
  readonly answer?: AzureAnswer;
}

/**
 * Makes a blob unless the name is taken, and finds out the outcome, whatever happens to the answers: the blob
 * carries a word of its writer's, so that a lost answer, or a repetition that met its own first try, is no
 * riddle.
 *
 * @param request a PUT of a blob that carries `writeId`, whole or from its parts or by a copy.
 * @throws {CairnError} `NOT_FOUND` without a container; `IO`, `unanswered` if the blob may still appear; the
 *   signal's reason.
 */
export async function putOnce(
  client: AzureClient,
  request: AzureRequest,
  writeId: string,
  signal?: AbortSignal,
): Promise<PutOutcome> {
  const attempts = client.attempts(request, signal);
  return attempts.making(() => put(client, request, writeId, attempts, signal));
}

async function put(
  client: AzureClient,
  request: AzureRequest,
  writeId: string,
  attempts: Attempts,
  signal: AbortSignal | undefined,
): Promise<PutOutcome> {
  const headers = { ...request.headers, 'if-none-match': '*', [WRITE_HEADER]: writeId };
  const conditional = { ...request, headers };
  for (;;) {
    const { answer, cause } = await client.attemptOnce(conditional, attempts, signal);
    attempts.note(answer);
    if (answer?.ok) return { state: 'made', answer };
    if (answer?.lacksContainer) throw answer.error(request.method, uriOf(request));
    const gone = answer?.status === 404 || answer?.reason === 'InvalidBlockList';
    // A writer was first, perhaps this one, by an attempt whose answer was lost; or another one is making it.
    const conflict = gone || answer?.status === 409 || answer?.status === 412;
    if (answer !== undefined && !conflict && !answer.transient)
      throw answer.error(request.method, uriOf(request));
    const owner = await ownerOf(client, request, writeId, signal).catch((error: unknown) => {
      // The writer is unknown; the next attempt may find it out.
      if (error instanceof CairnError && error.transient && !conflict) return 'nobody' as const;
      throw error;
    });
    if (owner === 'us') return { state: 'made' };
    // The parts of a blob are removed when another one takes its name.
    if (owner === 'another' || answer?.conditionFailed) return { state: 'taken' };
    if (gone) return { state: 'gone' };
    if (answer !== undefined && conflict) throw answer.error(request.method, uriOf(request));
    await attempts.next(answer, cause);
  }
}

/** Returns the writer of a blob. @throws {CairnError} `IO`; the signal's reason. */
export async function ownerOf(
  client: AzureClient,
  place: BlobPlace,
  writeId: string,
  signal?: AbortSignal,
): Promise<Owner> {
  return (await look(client, place, writeId, signal)).owner;
}

/**
 * Removes a blob if this writer made it and it has not changed since that was checked. Returns whether this
 * writer made it.
 *
 * @throws {CairnError} `IO`.
 */
export async function removeOwn(client: AzureClient, place: BlobPlace, writeId: string): Promise<boolean> {
  const { owner, etag } = await look(client, place, writeId);
  if (owner !== 'us') return false;
  const request: AzureRequest = { method: 'DELETE', ...placeIn(place), headers: { 'if-match': etag } };
  const answer = await client.send(request);
  if (!answer.ok && answer.status !== 404 && !answer.conditionFailed)
    throw answer.error('removal', uriOf(place));
  return true;
}

async function look(
  client: AzureClient,
  place: BlobPlace,
  writeId: string,
  signal?: AbortSignal,
): Promise<{ readonly owner: Owner; readonly etag: string }> {
  const answer = await client.send({ method: 'HEAD', ...placeIn(place) }, signal);
  if (answer.status === 404) return { owner: 'nobody', etag: '' };
  if (!answer.ok) throw answer.error('look-up', uriOf(place));
  const owner = ownerIn(answer, { header: WRITE_HEADER, writeId });
  return { owner, etag: answer.headers.get('etag') ?? '' };
}

/** Returns only the place of what may be a request. */
function placeIn({ container, blob }: BlobPlace): BlobPlace {
  return { container, blob };
}
