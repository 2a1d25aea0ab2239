import type { S3Answer } from './s3-answer.ts';
import type { S3Client, S3Request } from './s3-client.ts';
import { type S3Place, uriOf } from './s3-path.ts';

/**
 * Looks at an object without reading it: the answer has its headers. Undefined when there is none.
 *
 * One byte is asked for, because a refusal of a HEAD doesn't say why, and Node makes a connection for each
 * HEAD.
 *
 * @throws {CairnError} `IO`; the signal's reason.
 */
export async function lookAt(
  client: S3Client,
  { bucket, key }: S3Place,
  signal?: AbortSignal,
): Promise<S3Answer | undefined> {
  const request: S3Request = { method: 'GET', bucket, key, headers: { range: 'bytes=0-0' } };
  let answer = await client.send(request, signal);
  // An empty object has not even one byte.
  if (answer.status === 416) answer = await client.send({ method: 'HEAD', bucket, key }, signal);
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw answer.error('look-up', uriOf(request));
  return answer;
}
