import { CairnError } from '../../errors.ts';
import { S3Answer } from '../s3/s3-answer.ts';
import { parseXml, textOf, type XmlElement } from '../s3/xml.ts';

const UTF8 = new TextDecoder();

/** What the storage answered to one request, all of it. Errors have the form that they have in S3. */
export class AzureAnswer extends S3Answer {
  /** The storage's word for what is wrong, such as `BlobNotFound`; empty when it said none. */
  get reason(): string {
    // An answer to HEAD has no body.
    return this.headers.get('x-ms-error-code') ?? this.code;
  }

  /** Whether a condition was not met: there is such a blob already, or it is another one. */
  get conditionFailed(): boolean {
    return this.reason === 'BlobAlreadyExists' || (this.status === 412 && !this.reason.startsWith('Lease'));
  }

  /**
   * The document that the body holds.
   *
   * @param root what its outermost element must be called.
   * @param mend makes of the text what can be read.
   * @throws {CairnError} `IO` when it is none.
   */
  override document(uri: string, root = 'Error', mend = (text: string): string => text): XmlElement {
    let cause: unknown;
    try {
      const document = parseXml(mend(UTF8.decode(this.body)));
      if (document.name === root) return document;
      cause = new SyntaxError(`${root} was expected, not ${document.name}`);
    } catch (error) {
      cause = error;
    }
    throw new CairnError('IO', `${uri}: what answers is no Azure storage: ${(cause as Error).message}`, {
      uri,
      operation: 'request',
      transient: false,
      cause,
    });
  }

  override error(operation: string, uri: string): CairnError {
    const { status, reason } = this;
    const text = this.#message();
    const said = [String(status), reason, text && `(${text})`].filter((part) => part !== '');
    const message = `${operation} of ${uri}: the storage answered ${said.join(' ')}`;
    if (reason === 'ContainerNotFound') {
      return new CairnError('NOT_FOUND', `the container of ${uri} does not exist; make it first`, { uri });
    }
    if (status === 404) return new CairnError('NOT_FOUND', `${uri} does not exist`, { uri });
    if (status === 501 || status === 405) return new CairnError('UNSUPPORTED', message, { uri });
    return new CairnError('IO', message + advice(status), { uri, operation, transient: this.transient });
  }

  /** What the storage says to people; the lines after the first are for its own. */
  #message(): string {
    if (this.code === '') return '';
    return (textOf(this.document(''), 'Message') ?? '').split('\n', 1)[0].trim();
  }
}

function advice(status: number): string {
  if (status === 401) return '; check the token, and the roles of whom it names';
  if (status === 403) {
    return '; check the key, the shared access signature or the role, what it allows, and the clock of this machine';
  }
  return '';
}
