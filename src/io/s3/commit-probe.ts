import { CairnError } from '../../errors.ts';
import type { S3Answer } from './s3-answer.ts';
import type { S3Client, S3Request } from './s3-client.ts';
import { type S3Place, uriOf } from './s3-path.ts';

const MAX_PROBES = 3;

/**
 * Checks whether the storage keeps two writers apart: makes an object twice, each time on the condition that
 * there is none, and removes it. Some storages ignore the condition, and overwrite.
 *
 * @param place returns the place of a unique name, which sweep must recognize as that of an orphan file.
 * @throws {CairnError} `UNSUPPORTED` if it does not, `NOT_FOUND` without a bucket, `IO`.
 */
export async function probeCommit(client: S3Client, place: (unique: string) => S3Place): Promise<void> {
  for (let probe = 1; ; probe++) {
    const unique = client.host.uniqueName();
    const object = place(unique);
    const verdict = await tryTwice(client, object, unique);
    if (verdict === 'honest') return;
    if (verdict instanceof CairnError) throw verdict;
    // Answers were lost or late: what the second one says may be about the first.
    if (probe === MAX_PROBES) {
      throw new CairnError(
        'IO',
        `${uriOf(object)}: whether the storage keeps writers apart could not be found out`,
        {
          uri: uriOf(object),
          operation: 'probe',
          transient: true,
        },
      );
    }
  }
}

async function tryTwice(
  client: S3Client,
  place: S3Place,
  unique: string,
): Promise<'honest' | 'unclear' | CairnError> {
  const request: S3Request = {
    method: 'PUT',
    ...place,
    headers: { 'if-none-match': '*' },
    body: new TextEncoder().encode(unique),
  };
  let made = false;
  try {
    const first = await client.send(request);
    if (first.status === 412 || first.status === 409) return 'unclear';
    made = first.ok;
    if (!first.ok) return refuses(first) ? refused(place, first) : first.error('probe', uriOf(place));
    const second = await client.send(request);
    if (second.status === 412) return 'honest';
    if (second.status === 409) return 'unclear';
    return second.ok || refuses(second) ? refused(place, second) : second.error('probe', uriOf(place));
  } finally {
    // What the probe found stands, whether the object can be removed or is left to sweep.
    if (made) await client.send({ method: 'DELETE', ...place }).catch(() => undefined);
  }
}

function refuses({ status }: S3Answer): boolean {
  return status === 501 || status === 405;
}

function refused(place: S3Place, { status, ok }: S3Answer): CairnError {
  const does = ok ? 'ignores the condition If-None-Match' : `refuses the condition If-None-Match (${status})`;
  return new CairnError(
    'UNSUPPORTED',
    `the storage of s3://${place.bucket} ${does}, so that two writers of one store could overwrite each other. ` +
      "Write the store elsewhere; or, if you know that there is one writer, call registerS3({ commit: 'unsafe' }), or " +
      'set CAIRN_S3_COMMIT=unsafe',
    { uri: uriOf(place) },
  );
}
