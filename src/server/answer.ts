import { type CairnError, isCairnError } from '../errors.ts';
import { missingPackage } from '../missing-package.ts';
import { Refusal } from './refusal.ts';

/** What every answer that is no page has: it is not sniffed, framed, run or kept. */
const BASE_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

const JSON_HEADERS: Readonly<Record<string, string>> = {
  ...BASE_HEADERS,
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * What a request is answered with. Not a `Response` until a platform needs one: Node's is written without, which takes a third
 * of the time.
 */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A generator makes the bytes as they are sent. */
  readonly body: string | Uint8Array<ArrayBuffer> | AsyncGenerator<Uint8Array> | null;
  /** To be called once when the body has been sent, or will not be: after a failure, or when the client has left. */
  readonly release?: () => void | Promise<void>;
}

/** Returns an answer of JSON text. */
export function json(body: string, status = 200, headers?: Readonly<Record<string, string>>): Answer {
  return { status, headers: headers === undefined ? JSON_HEADERS : { ...JSON_HEADERS, ...headers }, body };
}

/** Returns an answer of another type, or none. */
export function text(
  body: string | Uint8Array<ArrayBuffer> | null,
  status: number,
  headers: Readonly<Record<string, string>>,
): Answer {
  return { status, headers: { ...BASE_HEADERS, ...headers }, body };
}

/** Returns the `Link` header that leads to the page after one: the same request, with the end of that page. */
export function nextLink(url: URL, after: string): string {
  const query = new URLSearchParams(url.search);
  query.set('after', after);
  return `<${url.pathname}?${query}>; rel="next"`;
}

/** Returns an answer as a `Response`. */
export function responseOf({ status, headers, body, release }: Answer): Response {
  if (body === null || typeof body === 'string' || body instanceof Uint8Array)
    return new Response(body, { status, headers });
  return new Response(streamOf(body, release ?? (() => undefined)), { status, headers });
}

function streamOf(
  chunks: AsyncGenerator<Uint8Array>,
  release: () => void | Promise<void>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let next: IteratorResult<Uint8Array, unknown>;
        try {
          next = await chunks.next();
        } catch (error) {
          await release();
          throw error;
        }
        if (next.done !== true) {
          controller.enqueue(next.value);
          return;
        }
        controller.close();
        await release();
      },
      async cancel() {
        await release();
        await chunks.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Returns the refusal that an error amounts to. Neither stacks nor paths of the disk are in it. */
export function refusalOf(error: unknown, hidden: readonly string[]): Refusal {
  if (error instanceof Refusal) return error;
  const known = isCairnError(error) ? error : missingPackage(error);
  if (known === undefined) return failure('INTERNAL', 'the request could not be answered');
  const { code } = known;
  switch (code) {
    case 'NOT_FOUND':
    case 'NOT_A_STORE':
    case 'INCOMPLETE':
      return new Refusal(404, { code, reason: 'Not Found', message: shown(known, hidden) });
    case 'ALREADY_EXISTS':
    case 'CONFLICT':
      return new Refusal(409, { code, reason: 'Conflict', message: shown(known, hidden) });
    case 'TOO_LARGE':
      return new Refusal(413, { code, reason: 'Too large', message: shown(known, hidden) });
    case 'CORRUPTION':
      return failure(code, damage(known));
    case 'IO':
    case 'REPLACED':
    case 'CLOSED':
      return new Refusal(
        503,
        { code, reason: 'Unavailable', message: 'the storage did not answer as it should; try again' },
        { 'retry-after': '1' },
      );
    case 'UNSUPPORTED_FORMAT':
    case 'SCHEMA_MISMATCH':
      return failure(code, shown(known, hidden));
    default:
      return new Refusal(422, { code, reason: 'Illegal argument', message: shown(known, hidden) });
  }
}

/** Returns the answer to a refused request, in the shape of Kestra's errors. */
export function refuse({ status, code, reason, message, headers }: Refusal, path: string): Answer {
  const body = {
    message: `${reason}: ${message}`,
    code,
    _links: { self: { href: path, templated: false } },
  };
  return json(JSON.stringify(body), status, headers);
}

function failure(code: string, message: string): Refusal {
  return new Refusal(500, { code, reason: 'Internal Server Error', message });
}

/** A message without the place of the root. */
function shown({ message }: CairnError, hidden: readonly string[]): string {
  let text = message;
  for (const place of hidden) text = text.replaceAll(`${place}/`, '').replaceAll(place, 'the root');
  return text;
}

function damage({ file, section, offset }: CairnError): string {
  const name = file?.split(/[/\\]/).at(-1) ?? 'a file';
  const where = section === undefined ? '' : `, section ${section}, at byte ${offset ?? 0}`;
  return `${name} is damaged${where}: run cairn verify, and restore the file`;
}
