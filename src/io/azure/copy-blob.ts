import { CairnError, isCairnError } from '../../errors.ts';
import { Deadline } from '../deadline.ts';
import { existsAlready } from '../objects/object-conflicts.ts';
import type { AzureAnswer } from './azure-answer.ts';
import type { AzureClient, AzureRequest } from './azure-client.ts';
import { type BlobPlace, uriOf } from './azure-path.ts';
import { putOnce, removeOwn, WRITE_HEADER } from './put-once.ts';

const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 2000;
/** A copy that makes no progress for this time is aborted. */
const STALL_MS = 5 * 60_000;

/**
 * Lets the storage copy a blob to a name that is free, and waits until that is done; the copy carries
 * `writeId`. A copy that fails is not there.
 *
 * @throws {CairnError} `ALREADY_EXISTS`, `NOT_FOUND`, `CONFLICT` when the copy was removed meanwhile, `IO`.
 */
export async function copyBlob(
  client: AzureClient,
  from: BlobPlace,
  to: BlobPlace,
  writeId: string,
): Promise<void> {
  const headers = { 'x-ms-copy-source': client.sourceUrl(from) };
  const { state, answer } = await putOnce(client, { method: 'PUT', ...to, headers, slow: true }, writeId);
  if (state === 'taken') throw existsAlready(uriOf(to));
  if (state === 'gone')
    throw new CairnError('NOT_FOUND', `${uriOf(from)} does not exist`, { uri: uriOf(from) });
  if (answer?.headers.get('x-ms-copy-status') === 'success') return;
  try {
    await copied(client, from, to, writeId);
  } catch (error) {
    // What is there has the length of the original, and not its bytes.
    if (!isCairnError(error, 'CONFLICT')) await removeOwn(client, to, writeId).catch(() => undefined);
    throw error;
  }
}

async function copied(client: AzureClient, from: BlobPlace, to: BlobPlace, writeId: string): Promise<void> {
  const { host } = client;
  const deadline = new Deadline(host);
  let progress = '';
  let progressed = host.elapsed();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(MAX_WAIT_MS, 2 * waitMs)) {
    const look: AzureRequest = { method: 'HEAD', ...to };
    const answer = await client.send(look);
    if (answer.status === 404 || (answer.ok && answer.headers.get(WRITE_HEADER) !== writeId)) {
      throw new CairnError('CONFLICT', `${uriOf(to)} was removed while it was copied; try again`, {
        uri: uriOf(to),
      });
    }
    if (!answer.ok) throw answer.error('look-up', uriOf(to));
    const status = answer.headers.get('x-ms-copy-status') ?? 'success';
    if (status === 'success') return;
    if (status !== 'pending') throw failed(from, to, answer, status);
    const now = answer.headers.get('x-ms-copy-progress') ?? '';
    if (now !== progress) {
      progress = now;
      progressed = host.elapsed();
    } else if (host.elapsed() - progressed > STALL_MS) {
      await abortCopy(client, to, answer);
      throw failed(from, to, answer, `pending, without progress for ${STALL_MS / 60_000} minutes`);
    }
    await deadline.pause(waitMs);
  }
}

/** Aborts a pending copy, so that its target can be removed. */
async function abortCopy(client: AzureClient, to: BlobPlace, answer: AzureAnswer): Promise<void> {
  const query = { comp: 'copy', copyid: answer.headers.get('x-ms-copy-id') ?? '' };
  await client.send({ method: 'PUT', ...to, query, headers: { 'x-ms-copy-action': 'abort' } });
}

function failed(from: BlobPlace, to: BlobPlace, answer: AzureAnswer, status: string): CairnError {
  const why = answer.headers.get('x-ms-copy-status-description');
  return new CairnError(
    'IO',
    `the storage did not copy ${uriOf(from)} to ${uriOf(to)}: ${status}${why === null ? '' : ` (${why})`}`,
    { uri: uriOf(to), operation: 'copy', transient: true },
  );
}
