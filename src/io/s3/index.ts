import { OBJECT_HOST, type ObjectHost } from '../objects/object-host.ts';
import { registerStorage } from '../uri.ts';
import { checkS3Options, type S3Options } from './s3-options.ts';
import { type S3Account, S3Storage, s3Account, s3Scheme } from './s3-storage.ts';

export type { ObjectHost as S3Host } from '../objects/object-host.ts';
export type { S3Credentials, S3Options, S3Variables } from './s3-options.ts';

/**
 * Sets how `s3://bucket/key` URIs are accessed by all functions from now on; the last call wins. Nothing is
 * sent before such a URI is used. Importing this module has called it without options.
 *
 * All writers together send up to three parts of `partSize` at the same time, and each fills one more. A
 * store is committed by a conditional PUT of its manifest: before the first store is written to a bucket, an
 * object is made twice there to check that the bucket honours conditions.
 *
 * On Amazon, reading takes the rights `s3:GetObject` and `s3:ListBucket`; writing `s3:PutObject`,
 * `s3:DeleteObject` and `s3:AbortMultipartUpload` besides, and sweeping `s3:ListBucketMultipartUploads` and
 * `s3:ListMultipartUploadParts`.
 *
 * @param host clock, timers and random numbers, for tests.
 * @throws {CairnError} `INVALID_ARGUMENT` for options that cannot be used. What neither options nor variables
 *   contain is `INVALID_ARGUMENT` later, when the URI is used.
 *
 * @example
 * ```ts
 * import { openStore } from 'cairnkv';
 * import { registerS3 } from 'cairnkv/s3';
 *
 * registerS3({
 *   endpoint: 'https://minio.example.org',
 *   credentials: { accessKeyId: 'me', secretAccessKey: 'secret' },
 *   fetch: async () => new Response(null, { status: 404 }), // for want of a server here
 * });
 * console.log(await openStore('s3://bucket/planets').catch((error) => error.code)); // NOT_FOUND
 * ```
 */
export function registerS3(options: S3Options = {}, host: ObjectHost = OBJECT_HOST): void {
  checkS3Options(options);
  const given = { ...options };
  let account: S3Account | undefined;
  registerStorage(
    s3Scheme(
      new S3Storage(() => {
        account ??= s3Account(given, host);
        return account;
      }),
    ),
  );
}

registerS3();
