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

  protected get advice(): string | undefined {
    const region = this.headers.get('x-amz-bucket-region');
    if (region !== null && (this.status === 301 || this.status === 400)) {
      return `the bucket lies in ${region}: set region, or AWS_REGION`;
    }
    if (this.code === 'RequestTimeTooSkewed') return 'set the clock of this machine';
    return this.status === 403 ? 'check the credentials, and what they allow' : undefined;
  }
}

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
