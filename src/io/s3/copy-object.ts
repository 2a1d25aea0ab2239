import { existsAlready } from '../objects/object-conflicts.ts';
import { encodeNames } from '../objects/url-encoding.ts';
import { ownerOf, WRITE_HEADER } from './put-once.ts';
import type { S3Client, S3Request } from './s3-client.ts';
import { type S3Place, uriOf } from './s3-path.ts';

/**
 * Lets the storage copy an object to a name that is free; the copy carries `writeId`. False where it can't.
 *
 * @throws {CairnError} `ALREADY_EXISTS`, `NOT_FOUND`, `IO`.
 */
export async function copyObject(
  client: S3Client,
  from: S3Place,
  to: S3Place,
  writeId: string,
): Promise<boolean> {
  if ((await ownerOf(client, to, writeId)) !== 'nobody') {
    throw existsAlready(uriOf(to));
  }
  const request: S3Request = {
    method: 'PUT',
    ...to,
    headers: {
      'x-amz-copy-source': `/${from.bucket}/${encodeNames(from.key)}`,
      'x-amz-metadata-directive': 'REPLACE',
      [WRITE_HEADER]: writeId,
    },
    slow: true,
  };
  const answer = await client.send(request);
  if (answer.status === 501 || answer.status === 405) return false;
  if (answer.status === 404) throw answer.error('copy', uriOf(answer.lacksContainer ? to : from));
  if (!answer.ok) throw answer.error('copy', uriOf(to));
  return true;
}
