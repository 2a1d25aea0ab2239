import type { AccessOptions } from '../storage.ts';
import type { ObjectAnswer } from './object-answer.ts';
import type { ObjectHost } from './object-host.ts';
import { Tries } from './tries.ts';

/** What is asked about an object, or about what it lies in; a request has the place besides. */
export interface ObjectRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Whether the storage may think about it for minutes. */
  readonly slow?: boolean;
}

/** A request with what proves who asks. */
export interface ProvenRequest {
  readonly url: string;
  readonly headers: Headers;
}

/** One of the tries of a request. */
export interface Try {
  /** From 1 on. */
  readonly number: number;
  readonly signal?: AbortSignal | undefined;
}

/** What came of one try: an answer of any kind, or why there was none. */
export interface Attempt<A> {
  readonly answer?: A;
  readonly cause?: unknown;
}

/** How long one try may take, beside the time that its bytes need on a slow line. */
const TRY_MS = 30_000;
const SLOW_TRY_MS = 5 * 60_000;
const SLOW_LINE_BYTES_PER_MS = 64;

/** Sends requests about places of the type `P` that prove who asks, again where that helps; the answers are `A`s. */
export abstract class ObjectClient<P extends object, A extends ObjectAnswer> {
  readonly host: ObjectHost;
  protected readonly access: AccessOptions;

  constructor(host: ObjectHost, access: AccessOptions) {
    this.host = host;
    this.access = access;
  }

  /** The URI of a place. */
  abstract uri(place: P): string;

  /** The address of a place, without what proves who asks. */
  abstract url(request: P & Pick<ObjectRequest, 'query'>): string;

  /** `fetch` for reading: it proves who asks, once more when that was refused. Bodies come as they arrive. */
  abstract readonly fetch: typeof fetch;

  /**
   * Sends a request once, by `exchange`: once more when what proves who asks has expired.
   *
   * @throws {NoAnswer} when there was none, or not in time.
   * @throws {CairnError} `IO`, `INVALID_ARGUMENT` from who gives credentials; the signal's reason.
   */
  protected abstract attempt(request: ObjectRequest & P, one: Try): Promise<A>;

  /** Makes of what arrived an answer. */
  protected abstract answer(status: number, headers: Headers, body: Uint8Array): A;

  /**
   * Sends a request that may be repeated, until there is an answer that repeating doesn't change.
   *
   * @throws {CairnError} `IO`, transient, when there is none; the signal's reason.
   */
  async send(request: ObjectRequest & P, signal?: AbortSignal): Promise<A> {
    const tries = this.tries(request, signal);
    for (;;) {
      const { answer, cause } = await this.tryOnce(request, tries, signal);
      if (answer !== undefined && !answer.transient) return answer;
      await tries.next(answer, cause);
    }
  }

  /** Counts the tries of an operation, and waits between them. */
  tries(request: ObjectRequest & P, signal?: AbortSignal): Tries {
    return new Tries(this.host, request.method, this.uri(request), signal);
  }

  /**
   * Sends a request once: once more when what proves who asks has expired.
   *
   * @throws {CairnError} `IO`, `INVALID_ARGUMENT` from who gives credentials; the signal's reason.
   */
  async tryOnce(request: ObjectRequest & P, tries: Tries, signal?: AbortSignal): Promise<Attempt<A>> {
    try {
      return { answer: await this.attempt(request, { number: tries.count, signal }) };
    } catch (error) {
      if (error instanceof NoAnswer) return { cause: error.cause };
      throw error;
    }
  }

  /** Reads a small object; undefined when there is none. @throws {CairnError} `IO`. */
  async read(place: P): Promise<A | undefined> {
    const answer = await this.send({ method: 'GET', ...place });
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw answer.error('reading', this.uri(place));
    return answer;
  }

  /** Removes an object; nothing happens when it is absent. @throws {CairnError} `IO`. */
  async remove(place: P): Promise<void> {
    const answer = await this.send({ method: 'DELETE', ...place });
    if (!answer.ok && answer.status !== 404) throw answer.error('removal', this.uri(place));
  }

  /** Sends by the `fetch` given, or the platform's. */
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

  /** What may be shown of an error of the platform's. */
  protected shown(error: unknown): unknown {
    return error;
  }

  /** One request and its answer, within a limit of time; the observer is told. */
  protected async exchange(request: ObjectRequest & P, proven: ProvenRequest, one: Try): Promise<A> {
    const { method, body } = request;
    const { signal } = one;
    const limitMs =
      (request.slow === true ? SLOW_TRY_MS : TRY_MS) + (body?.length ?? 0) / SLOW_LINE_BYTES_PER_MS;
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
      const response = await this.dispatch(proven.url, {
        method,
        headers: proven.headers,
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

/** A request that nobody answered: it may have been done, or not, or be done later. */
class NoAnswer extends Error {
  constructor(cause: unknown) {
    super('no answer', { cause });
  }
}

/**
 * An answer to a range as any web server gives it: storages don't say of an empty object that it is empty, only that it
 * has no first byte.
 */
export function sayingWhatIsEmpty(response: Response, range: string | undefined): Response {
  const { status, statusText, headers, body } = response;
  if (status !== 416 || headers.has('content-range') || !range?.startsWith('bytes=0-')) return response;
  const told = new Headers(headers);
  told.set('content-range', 'bytes */0');
  return new Response(body, { status, statusText, headers: told });
}
