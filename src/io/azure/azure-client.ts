import { NoAnswer, Tries } from '../s3/tries.ts';
import type { AccessOptions } from '../storage.ts';
import type { Authorizer } from './authorizer.ts';
import { AzureAnswer } from './azure-answer.ts';
import { type BlobPlace, uriOf } from './azure-path.ts';
import type { AzurePlatform } from './azure-platform.ts';

/** One request about a blob, or about a container when there is no blob. */
export interface AzureRequest extends BlobPlace {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Whether the storage may think about it for minutes. */
  readonly slow?: boolean;
}

/** How long one try may take, beside the time that its bytes need on a slow line. */
const TRY_MS = 30_000;
const SLOW_TRY_MS = 5 * 60_000;
const SLOW_LINE_BYTES_PER_MS = 64;

/** Sends requests that prove who asks, again where that helps. */
export class AzureClient {
  readonly platform: AzurePlatform;
  readonly #endpoint: string;
  readonly #authorizer: Authorizer;
  readonly #access: AccessOptions;

  constructor(endpoint: string, authorizer: Authorizer, platform: AzurePlatform, access: AccessOptions) {
    this.#endpoint = endpoint;
    this.#authorizer = authorizer;
    this.platform = platform;
    this.#access = access;
  }

  /** The same with another `fetch`, or an observer. */
  with(access: AccessOptions): AzureClient {
    return new AzureClient(this.#endpoint, this.#authorizer, this.platform, { ...this.#access, ...access });
  }

  /**
   * Sends a request that may be repeated, until there is an answer that repeating doesn't change.
   *
   * @throws {CairnError} `IO`, transient, when there is none; the signal's reason.
   */
  async send(request: AzureRequest, signal?: AbortSignal): Promise<AzureAnswer> {
    const tries = this.tries(request, signal);
    for (;;) {
      const { answer, cause } = await this.tryOnce(request, tries, signal);
      if (answer !== undefined && !answer.transient) return answer;
      await tries.next(answer, cause);
    }
  }

  /** Counts the tries of an operation, and waits between them. */
  tries(request: AzureRequest, signal?: AbortSignal): Tries {
    return new Tries(this.platform, request.method, uriOf(request), signal);
  }

  /**
   * Sends a request once: once more when the token was refused. Any answer will do; why there was none is the cause.
   *
   * @throws {CairnError} `IO`, `INVALID_ARGUMENT` from who gives tokens; the signal's reason.
   */
  async tryOnce(
    request: AzureRequest,
    tries: Tries,
    signal?: AbortSignal,
  ): Promise<{ readonly answer?: AzureAnswer; readonly cause?: unknown }> {
    try {
      return { answer: await this.#attempt(request, signal, tries.count) };
    } catch (error) {
      if (error instanceof NoAnswer) return { cause: error.cause };
      throw error;
    }
  }

  /** The address of a blob or container, without a signature. */
  url({ container, blob, query = {} }: BlobPlace & Pick<AzureRequest, 'query'>): string {
    const path = [container, ...(blob === '' ? [] : blob.split('/'))].map(encode).join('/');
    const parameters = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`);
    return `${this.#endpoint}/${path}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`;
  }

  /** The address by which the storage itself may read a blob that it is to copy. */
  sourceUrl(place: BlobPlace): string {
    return this.#authorizer.withSignature(this.url(place));
  }

  /** `fetch` for reading: it proves who asks, once more when the token was refused. Bodies come as they arrive. */
  readonly fetch: typeof fetch = async (input, init = {}) => {
    const url = String(input);
    const given = Object.fromEntries(new Headers(init.headers));
    for (let renewed = false; ; renewed = true) {
      const bare = { method: init.method ?? 'GET', url, headers: given, bytes: 0 };
      const request = await this.#authorizer.authorize(bare);
      const response = await this.#send(request.url, { ...init, headers: request.headers });
      const { status, statusText } = response;
      if (!renewed && this.#authorizer.renews(status, request)) {
        await response.body?.cancel();
        continue;
      }
      if (status !== 416 || response.headers.has('content-range') || !given.range?.startsWith('bytes=0-')) {
        return response;
      }
      // Only an empty file has no first byte.
      const told = new Headers(response.headers);
      told.set('content-range', 'bytes */0');
      return new Response(response.body, { status, statusText, headers: told });
    }
  };

  async #attempt(
    request: AzureRequest,
    signal: AbortSignal | undefined,
    number: number,
  ): Promise<AzureAnswer> {
    const { method, headers = {}, body } = request;
    const url = this.url(request);
    for (let renewed = false; ; renewed = true) {
      signal?.throwIfAborted();
      const bytes = body?.length ?? 0;
      const authorized = await this.#authorizer.authorize({ method, url, headers, bytes });
      const init = { method, headers: authorized.headers, ...(body === undefined ? {} : { body }) };
      const answer = await this.#once(request, authorized.url, init as RequestInit, signal, number);
      if (renewed || !this.#authorizer.renews(answer.status, authorized)) return answer;
    }
  }

  async #once(
    request: AzureRequest,
    url: string,
    init: RequestInit,
    signal: AbortSignal | undefined,
    number: number,
  ): Promise<AzureAnswer> {
    const sent = request.body?.length ?? 0;
    const limitMs = (request.slow === true ? SLOW_TRY_MS : TRY_MS) + sent / SLOW_LINE_BYTES_PER_MS;
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const stopTimer = this.platform.after(limitMs, () => {
      controller.abort(new Error(`there was no answer within ${Math.round(limitMs / 1000)} s`));
    });
    const started = this.platform.elapsed();
    let answer: AzureAnswer | undefined;
    let failure: unknown;
    try {
      const response = await this.#send(url, { ...init, redirect: 'manual', signal: controller.signal });
      const body = new Uint8Array(await response.arrayBuffer());
      answer = new AzureAnswer(response.status, response.headers, body);
      return answer;
    } catch (error) {
      failure = this.#authorizer.withoutSecrets(error);
      if (signal?.aborted) throw signal.reason;
      throw new NoAnswer(controller.signal.aborted ? controller.signal.reason : failure);
    } finally {
      stopTimer();
      signal?.removeEventListener('abort', onAbort);
      this.#access.onRequest?.({
        method: request.method,
        url: this.url(request),
        ...(answer === undefined ? {} : { status: answer.status }),
        bytes: answer?.body.length ?? 0,
        milliseconds: this.platform.elapsed() - started,
        attempt: number,
        ...(failure === undefined ? {} : { error: (failure as Error)?.message ?? String(failure) }),
      });
    }
  }

  async #send(url: string, init: RequestInit): Promise<Response> {
    try {
      // Browsers refuse to run their `fetch` as the method of something else.
      return await (this.#access.fetch ?? ((input, options) => fetch(input, options)))(url, init);
    } catch (error) {
      throw this.#authorizer.withoutSecrets(error);
    }
  }
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
