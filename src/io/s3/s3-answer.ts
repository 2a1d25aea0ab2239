import { ObjectAnswer } from '../objects/object-answer.ts';

/** The complete answer of the storage to one request. */
export class S3Answer extends ObjectAnswer {
  protected readonly product: string = 'S3';
  protected readonly container: string = 'bucket';

  get lacksContainer(): boolean {
    return this.code === 'NoSuchBucket';
  }

  override get transient(): boolean {
    return TRANSIENT_CODES.has(this.code) || super.transient;
  }

  protected advice(operation: string): string | undefined {
    const region = this.headers.get('x-amz-bucket-region') ?? this.detail('Region');
    if (region && (this.status === 301 || this.status === 307 || this.status === 400)) {
      return `the bucket lies in ${region}: set region, or AWS_REGION`;
    }
    const advice = ADVICE.get(this.code);
    if (advice !== undefined || this.status !== 403) return advice;
    const denied = 'check the credentials, and what they allow';
    return operation === 'reading' ? `${denied}; ${MISSING}` : denied;
  }
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['RequestTimeTooSkewed', 'set the clock of this machine'],
  ['ExpiredToken', 'renew the credentials'],
  ['InvalidAccessKeyId', 'check the access key: this storage does not know it'],
  ['SignatureDoesNotMatch', 'check the secret access key'],
]);

const MISSING = 'without the right to list, S3 answers so for an object that is missing, too';

// The last three: the bytes suffered on their way.
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  'RequestTimeout',
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'BadDigest',
  'IncompleteBody',
  'XAmzContentSHA256Mismatch',
]);
