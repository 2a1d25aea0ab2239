import { CairnError } from '../../errors.ts';
import { parseXml, textOf, type XmlElement } from './xml.ts';

const UTF8 = new TextDecoder();

/** What a storage answered to one request, all of it. */
export abstract class ObjectAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** The body's word for what is wrong, such as `NoSuchKey`; empty when it holds none. */
  readonly code: string;
  readonly #text: string;

  constructor(status: number, headers: Headers, body: Uint8Array) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    const error = body.length > 0 && (status >= 300 || mayHideError(headers)) ? errorIn(body) : undefined;
    this.code = error === undefined ? '' : (textOf(error, 'Code') ?? '');
    this.#text = error === undefined ? '' : (textOf(error, 'Message') ?? '');
  }

  /** Who answers so, for messages. */
  protected abstract readonly product: string;
  /** What its objects lie in, for messages. */
  protected abstract readonly container: string;
  /** Whether what the object should lie in is missing. */
  abstract get lacksContainer(): boolean;
  /** What may be done about this answer; undefined when nobody knows. */
  protected abstract get advice(): string | undefined;

  /** The storage's word for what is wrong; empty when it said none. */
  get reason(): string {
    return this.code;
  }

  /** What the storage says to people; empty when nothing. */
  protected get text(): string {
    return this.#text;
  }

  /** Whether it was done. A long operation begins with status 200, and may end with an error all the same. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300 && this.code === '';
  }

  /** Whether the same request may succeed later. */
  get transient(): boolean {
    return (TRANSIENT.has(this.status) && !this.ok) || (this.status === 200 && this.code !== '');
  }

  /**
   * The document that the body holds.
   *
   * @param root what its outermost element must be called; anything unless given.
   * @param mend makes of the text what can be read.
   * @throws {CairnError} `IO` when it is none.
   */
  document(uri: string, root?: string, mend = (text: string): string => text): XmlElement {
    try {
      const document = parseXml(mend(UTF8.decode(this.body)));
      if (root === undefined || document.name === root) return document;
      throw new SyntaxError(`${root} was expected, not ${document.name}`);
    } catch (error) {
      const why = (error as Error).message;
      throw new CairnError('IO', `${uri}: what answers is no ${this.product} storage: ${why}`, {
        uri,
        operation: 'request',
        transient: false,
        cause: error,
      });
    }
  }

  /** The error to report when nothing else is to be done about this answer. */
  error(operation: string, uri: string): CairnError {
    const { status, reason, text, advice } = this;
    const said = [String(status), reason, text && `(${text})`].filter((part) => part !== '');
    const message = `${operation} of ${uri}: the storage answered ${said.join(' ')}`;
    if (this.lacksContainer) {
      return new CairnError('NOT_FOUND', `the ${this.container} of ${uri} does not exist; make it first`, {
        uri,
      });
    }
    if (status === 404) return new CairnError('NOT_FOUND', `${uri} does not exist`, { uri });
    if (status === 501 || status === 405) return new CairnError('UNSUPPORTED', message, { uri });
    return new CairnError('IO', advice === undefined ? message : `${message}; ${advice}`, {
      uri,
      operation,
      transient: this.transient,
    });
  }
}

const TRANSIENT: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

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
