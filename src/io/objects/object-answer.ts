import { CairnError } from '../../errors.ts';
import { parseXml, textOf, type XmlElement } from './xml.ts';

const UTF8 = new TextDecoder();

/** The complete answer of a storage to one request. */
export abstract class ObjectAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** The error code in the body, such as `NoSuchKey`; empty if there is none. */
  readonly code: string;
  readonly #error: XmlElement | undefined;

  constructor(status: number, headers: Headers, body: Uint8Array) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    const error = body.length > 0 && (status >= 300 || mayHideError(headers)) ? errorIn(body) : undefined;
    this.code = error === undefined ? '' : (textOf(error, 'Code') ?? '');
    this.#error = error;
  }

  /** The storage's name, for messages. */
  protected abstract readonly product: string;
  /** The word for what contains its objects, for messages. */
  protected abstract readonly container: string;
  /** Whether the container of the object does not exist. */
  abstract get lacksContainer(): boolean;
  /** Returns advice about this answer to an operation, if there is any. */
  protected abstract advice(operation: string): string | undefined;

  /** The storage's error code; empty if there is none. */
  get reason(): string {
    return this.code;
  }

  /** The message of the storage; empty if there is none. */
  protected get text(): string {
    return this.detail('Message') ?? '';
  }

  /** Returns what the error in the body says under a name, such as `Region`. */
  protected detail(name: string): string | undefined {
    return this.#error && textOf(this.#error, name);
  }

  /**
   * Whether the request succeeded. A long operation begins with status 200, and can still end with an error.
   */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300 && this.code === '';
  }

  /** Whether the same request may succeed later. */
  get transient(): boolean {
    return (TRANSIENT.has(this.status) && !this.ok) || (this.status === 200 && this.code !== '');
  }

  /**
   * Returns the document in the body.
   *
   * @param root the name that its outermost element must have; default: any.
   * @param repair makes the text well-formed, where a storage's is not.
   * @throws {CairnError} `IO` if it is not such a document.
   */
  document(uri: string, root?: string, repair = (text: string): string => text): XmlElement {
    try {
      const document = parseXml(repair(UTF8.decode(this.body)));
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

  /** Returns the error for this answer; `transient` says whether the same request may succeed later. */
  error(operation: string, uri: string, transient = false): CairnError {
    const { status, reason, text } = this;
    const advice = this.advice(operation);
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
      transient: transient || this.transient,
      ...(status === 401 || status === 403 ? { denied: true } : {}),
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
    // Perhaps the page of a proxy: the status has to suffice.
    return undefined;
  }
}
