import { invalidArgument } from '../../errors.ts';

/** An object, or all objects whose keys begin so: the bucket, and the key without a slash at the end. */
export interface S3Place {
  readonly bucket: string;
  readonly key: string;
}

/** Returns the bucket and the key in a storage's path. */
export function placeOf(path: string): S3Place {
  const slash = path.indexOf('/');
  return slash < 0 ? { bucket: path, key: '' } : { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
}

/** Returns the prefix of all keys below a place. */
export function prefixOf({ key }: S3Place): string {
  return key === '' ? '' : `${key}/`;
}

/** Returns the URI of a place. */
export function uriOf({ bucket, key }: S3Place): string {
  return key === '' ? `s3://${bucket}` : `s3://${bucket}/${key}`;
}

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;
const UNPAIRED = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/**
 * The path that `s3://bucket/key` names. The key is taken as it stands, as other S3 tools do: there are no
 * percent escapes in it. Slashes at its end, and more than one in a row, don't count.
 *
 * @param rest what follows `s3:`.
 * @throws {CairnError} `INVALID_ARGUMENT`.
 */
export function parseS3Path(rest: string, uri: string): string {
  const [bucket, ...parts] = rest.startsWith('//') ? rest.slice(2).split('/') : [''];
  const names = parts.filter((part) => part !== '');
  if (!BUCKET.test(bucket))
    throw invalidArgument(
      'uri',
      `${uri} names no bucket: write s3://bucket/folder/store, the bucket with two characters or more`,
    );
  // A URL loses such parts on its way, and can't hold half a character.
  if (names.includes('.') || names.includes('..') || UNPAIRED.test(rest)) {
    throw invalidArgument(
      'uri',
      `${uri} has a part that can't be in a key: ".", ".." or an unpaired surrogate`,
    );
  }
  return [bucket, ...names].join('/');
}
