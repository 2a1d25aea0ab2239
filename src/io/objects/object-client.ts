import type { AccessOptions } from '../storage.ts';
import { Attempts } from './attempts.ts';
import type { ObjectAnswer } from './object-answer.ts';
import type { ObjectHost } from './object-host.ts';

/** A request about an object or its container, without the place. */
export interface ObjectRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Whether the storage may take minutes to answer. */
  readonly slow?: boolean;
}

/** A request with its credentials. */
export interface AuthenticatedRequest {
  readonly url: string;
  readonly headers: Headers;
}

/** One attempt of a request. */
export interface AttemptContext {
  /** Counted from 1. */
  readonly number: number;
  readonly signal?: AbortSignal | undefined;
}

/** The outcome of one attempt: an answer of any kind, or the reason why there was none. */
export interface Attempt<A> {
  readonly answer?: A;
  readonly cause?: unknown;
}

/** How long one attempt may take, beside the time that its bytes need on a slow line. */
const ATTEMPT_MS = 30_000;
const SLOW_ATTEMPT_MS = 5 * 60_000;
const SLOW_LINE_BYTES_PER_MS = 64;

/**
 * Sends authenticated requests about places of the type `P`, with retries; the answers are of the type `A`.
 */
export abstract class ObjectClient<P extends object, A extends ObjectAnswer> {
  readonly host: ObjectHost;
  protected readonly access: AccessOptions;

  constructor(host: ObjectHost, access: AccessOptions) {
    this.host = host;
    this.access = access;
  }

  /** Returns the URI of a place. */
  abstract uri(place: P): string;

  /** Returns the URL of a place, without credentials. */
  abstract url(request: P & Pick<ObjectRequest, 'query'>): string;

  /**
   * `fetch` for reading: it authenticates requests, again if the credentials have expired. Bodies are
   * streamed.
   */
  abstract readonly fetch: typeof fetch;

  /**
   * Sends a request once, by `exchange`; a second time if the credentials have expired.
   *
   * @throws {NoAnswer} if there was no answer in time.
   * @throws {CairnError} `IO`, `INVALID_ARGUMENT` from the source of credentials; the signal's reason.
   */
  protected abstract attempt(request: ObjectRequest & P, one: AttemptContext): Promise<A>;

  /** Returns what was received as an answer. */
  abstract answer(status: number, headers: Headers, body: Uint8Array): A;

  /**
   * Sends a request that may be repeated, until there is an answer that a retry would not change.
   *
   * @throws {CairnError} `IO`, transient, if there is none; the signal's reason.
   */
  async send(request: ObjectRequest & P, signal?: AbortSignal): Promise<A> {
    const attempts = this.attempts(request, signal);
    for (;;) {
      const { answer, cause } = await this.attemptOnce(request, attempts, signal);
      if (answer !== undefined && !answer.transient) return answer;
      await attempts.next(answer, cause);
    }
  }

  /** Counts the attempts of an operation, and waits between them. */
  attempts(request: ObjectRequest & P, signal?: AbortSignal): Attempts {
    return new Attempts(this.host, request.method, this.uri(request), signal);
  }

  /**
   * Sends a request once; a second time if the credentials have expired.
   *
   * @throws {CairnError} `IO`, `INVALID_ARGUMENT` from the source of credentials; the signal's reason.
   */
  async attemptOnce(
    request: ObjectRequest & P,
    attempts: Attempts,
    signal?: AbortSignal,
  ): Promise<Attempt<A>> {
    try {
      return { answer: await this.attempt(request, { number: attempts.count, signal }) };
    } catch (error) {
      if (error instanceof NoAnswer) return { cause: error.cause };
      throw error;
    }
  }

  /** Reads a small object; undefined if it does not exist. @throws {CairnError} `IO`. */
  async read(place: P): Promise<A | undefined> {
    const answer = await this.send({ method: 'GET', ...place });
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw answer.error('reading', this.uri(place));
    return answer;
  }

  /** Removes an object. Does nothing if it does not exist. @throws {CairnError} `IO`. */
  async remove(place: P): Promise<void> {
    const answer = await this.send({ method: 'DELETE', ...place });
    if (!answer.ok && answer.status !== 404) throw answer.error('removal', this.uri(place));
  }

  /** Sends a request with the caller's `fetch`, or the host's. */
  protected async dispatch(url: string, init: RequestInit): Promise<Response> {
    // Browsers refuse to run their `fetch` as the method of something else.
    return (this.access.fetch ?? ((input, options) => fetch(input, options)))(url, init);
  }

  /** Returns this client's access options, with those that are defined in `access` instead. */
  protected accessWith({
    fetch = this.access.fetch,
    onRequest = this.access.onRequest,
  }: AccessOptions): AccessOptions {
    return { fetch, onRequest };
  }

  /** Returns an error of `fetch` without secrets. */
  protected shown(error: unknown): unknown {
    return error;
  }

  /** Sends one request and receives its answer, within a limit of time, and reports it. */
  protected async exchange(
    request: ObjectRequest & P,
    authenticated: AuthenticatedRequest,
    one: AttemptContext,
  ): Promise<A> {
    const { method, body } = request;
    const { signal } = one;
    const limitMs =
      (request.slow === true ? SLOW_ATTEMPT_MS : ATTEMPT_MS) + (body?.length ?? 0) / SLOW_LINE_BYTES_PER_MS;
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const stopTimer = this.host.after(limitMs, () => {
      controller.abort(new Error(`there was no answer within ${Math.round(limitMs / 1000)} s`));
    });
    const started = this.host.elapsed();
    let answer: A | undefined;
    let failure: unknown;
    try {
      const response = await this.dispatch(authenticated.url, {
        method,
        headers: authenticated.headers,
        redirect: 'manual',
        signal: controller.signal,
        ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
      });
      answer = this.answer(response.status, response.headers, new Uint8Array(await response.arrayBuffer()));
      return answer;
    } catch (error) {
      failure = this.shown(error);
      if (signal?.aborted) throw signal.reason;
      throw new NoAnswer(controller.signal.aborted ? controller.signal.reason : failure);
    } finally {
      stopTimer();
      signal?.removeEventListener('abort', onAbort);
      this.access.onRequest?.({
        method,
        url: this.url(request),
        status: answer?.status,
        bytes: answer?.body.length ?? 0,
        durationMs: this.host.elapsed() - started,
        attempt: one.number,
        error: failure === undefined ? undefined : ((failure as Error)?.message ?? String(failure)),
      });
    }
  }
}

/** A request without an answer: it may have taken effect, or not, or may take effect later. */
class NoAnswer extends Error {
  constructor(cause: unknown) {
    super('no answer', { cause });
  }
}

/**
 * Returns the answer to a range as a web server would give it. Object storages don't say that an empty object
 * is empty, only that it has no first byte.
 */
export function withEmptySize(response: Response, range: string | undefined): Response {
  const { status, statusText, headers, body } = response;
  if (status !== 416 || headers.has('content-range') || !range?.startsWith('bytes=0-')) return response;
  const completed = new Headers(headers);
  completed.set('content-range', 'bytes */0');
  return new Response(body, { status, statusText, headers: completed });
}
