import { CairnError } from '../../errors.ts';
import { parseXml, textOf, type XmlElement } from './xml.ts';

const UTF8 = new TextDecoder();

/** What the storage answered to one request, all of it. */
export class S3Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** The storage's word for what is wrong, such as `NoSuchKey`; empty when it said none. */
  readonly code: string;
  readonly #message: string;

  constructor(status: number, headers: Headers, body: Uint8Array) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    const error = body.length > 0 && (status >= 300 || mayHideError(headers)) ? errorIn(body) : undefined;
    this.code = error === undefined ? '' : (textOf(error, 'Code') ?? '');
    this.#message = error === undefined ? '' : (textOf(error, 'Message') ?? '');
  }

  /** Whether it was done. A long operation begins with status 200, and may end with an error all the same. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300 && this.code === '';
  }

  /** Whether the same request may succeed later. */
  get transient(): boolean {
    return (
      TRANSIENT_CODES.has(this.code) ||
      (TRANSIENT.has(this.status) && !this.ok) ||
      (this.status === 200 && this.code !== '')
    );
  }

  /** The document that the body holds. @throws {CairnError} `IO` when it is none. */
  document(uri: string): XmlElement {
    try {
      return parseXml(UTF8.decode(this.body));
    } catch (error) {
      throw new CairnError('IO', `${uri}: what answers is no S3 storage: ${(error as Error).message}`, {
        uri,
        operation: 'request',
        transient: false,
        cause: error,
      });
    }
  }

  /** The error to report when nothing else is to be done about this answer. */
  error(operation: string, uri: string): CairnError {
    const said = [String(this.status), this.code, this.#message && `(${this.#message})`].filter(
      (part) => part !== '',
    );
    const message = `${operation} of ${uri}: the storage answered ${said.join(' ')}`;
    if (this.code === 'NoSuchBucket') {
      return new CairnError('NOT_FOUND', `the bucket of ${uri} does not exist; make it first`, { uri });
    }
    if (this.status === 404) return new CairnError('NOT_FOUND', `${uri} does not exist`, { uri });
    if (this.status === 501 || this.status === 405) return new CairnError('UNSUPPORTED', message, { uri });
    return new CairnError('IO', message + this.#advice(), { uri, operation, transient: this.transient });
  }

  #advice(): string {
    const region = this.headers.get('x-amz-bucket-region');
    if (region !== null && (this.status === 301 || this.status === 400)) {
      return `; the bucket lies in ${region}: set region, or AWS_REGION`;
    }
    if (this.code === 'RequestTimeTooSkewed') return '; set the clock of this machine';
    if (this.status === 403) return '; check the credentials, and what they allow';
    return '';
  }
}

const TRANSIENT: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

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

function mayHideError(headers: Headers): boolean {
  return headers.get('content-type')?.includes('xml') === true;
}

function errorIn(body: Uint8Array): XmlElement | undefined {
  try {
    const document = parseXml(UTF8.decode(body).trimStart());
    return document.name === 'Error' ? document : undefined;
  } catch {
    // A page of a proxy, perhaps: the status has to do.
    return undefined;
  }
}
