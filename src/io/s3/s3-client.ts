import { AwsV4Signer } from 'aws4fetch';
import { toHex } from '../../bytes/hex.ts';
import type { AccessOptions } from '../storage.ts';
import type { CredentialCache } from './credential-cache.ts';
import { S3Answer } from './s3-answer.ts';
import type { S3Credentials, S3Settings } from './s3-options.ts';
import { uriOf } from './s3-path.ts';
import type { S3Platform } from './s3-platform.ts';
import { NoAnswer, Tries } from './tries.ts';

/** One request about an object, or about a bucket when there is no key. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly bucket: string;
  readonly key: string;
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

/** Sends signed requests, again where that helps. */
export class S3Client {
  readonly platform: S3Platform;
  readonly #settings: S3Settings;
  readonly #credentials: CredentialCache;
  readonly #access: AccessOptions;
  /** Keys derived for signing, by day and region. */
  readonly #signingKeys = new Map<string, ArrayBuffer>();

  constructor(
    settings: S3Settings,
    credentials: CredentialCache,
    platform: S3Platform,
    access: AccessOptions,
  ) {
    this.#settings = settings;
    this.#credentials = credentials;
    this.platform = platform;
    this.#access = access;
  }

  /** The same with another `fetch`, or an observer. */
  with(access: AccessOptions): S3Client {
    return new S3Client(this.#settings, this.#credentials, this.platform, { ...this.#access, ...access });
  }

  /**
   * Sends a request that may be repeated, until there is an answer that repeating doesn't change.
   *
   * @throws {CairnError} `IO`, transient, when there is none; the signal's reason.
   */
  async send(request: S3Request, signal?: AbortSignal): Promise<S3Answer> {
    const tries = this.tries(request, signal);
    for (;;) {
      let answer: S3Answer | undefined;
      let cause: unknown;
      try {
        answer = await this.attempt(request, signal, tries.count);
        if (!answer.transient) return answer;
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        cause = error.cause;
      }
      await tries.next(answer, cause);
    }
  }

  /** Counts the tries of an operation, and waits between them. */
  tries(request: S3Request, signal?: AbortSignal): Tries {
    return new Tries(this.platform, request.method, uriOf(request), signal);
  }

  /**
   * Sends a request once: once more when the credentials have expired. Any answer will do.
   *
   * @throws {NoAnswer} when there was none, or not in time.
   * @throws {CairnError} `IO`, `INVALID_ARGUMENT` from the credentials; the signal's reason.
   */
  async attempt(request: S3Request, signal?: AbortSignal, number = 1): Promise<S3Answer> {
    for (let renewed = false; ; renewed = true) {
      const credentials = await this.#credentials.get();
      const answer = await this.#once(request, credentials, signal, number);
      if (renewed || !this.#credentials.renewable || !saysExpired(answer)) return answer;
      await this.#credentials.forget(credentials);
    }
  }

  /** The address of an object or bucket. */
  url({ bucket, key, query = {} }: Pick<S3Request, 'bucket' | 'key' | 'query'>): string {
    const { endpoint, pathStyle } = this.#settings;
    const inPath = pathStyle ?? bucket.includes('.');
    const base = inPath ? `${endpoint}/${bucket}` : endpoint.replace('://', `://${bucket}.`);
    const parameters = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`);
    return `${base}/${encodeKey(key)}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`;
  }

  /** Headers that prove who asks, with those given. */
  async #sign(
    credentials: S3Credentials | undefined,
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body?: Uint8Array,
  ): Promise<Headers> {
    if (credentials === undefined) return new Headers(headers);
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const digest = await crypto.subtle.digest('SHA-256', (body ?? EMPTY) as Uint8Array<ArrayBuffer>);
    const signer = new AwsV4Signer({
      method,
      url,
      // With the digest the storage checks that the bytes arrived as they were sent.
      headers: { ...headers, 'x-amz-content-sha256': toHex(new Uint8Array(digest)) },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service: 's3',
      region: this.#settings.region,
      cache: this.#signingKeys,
      datetime: new Date(this.platform.now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    });
    return (await signer.sign()).headers;
  }

  /**
   * `fetch` for reading: with a signature, and once more when the credentials have expired. Bodies come as they arrive.
   */
  readonly fetch: typeof fetch = async (input, init = {}) => {
    const method = init.method ?? 'GET';
    const url = String(input);
    const given = Object.fromEntries(new Headers(init.headers));
    for (let renewed = false; ; renewed = true) {
      const credentials = await this.#credentials.get();
      const headers = await this.#sign(credentials, method, url, given);
      const response = await this.#platformFetch(url, { ...init, headers });
      const { status, statusText } = response;
      if (status === 416 && !response.headers.has('content-range') && given.range?.startsWith('bytes=0-')) {
        // S3 doesn't say what any web server says then: that the file is empty.
        const told = new Headers(response.headers);
        told.set('content-range', 'bytes */0');
        return new Response(response.body, { status, statusText, headers: told });
      }
      if (status !== 400 && status !== 403) return response;
      const answer = new S3Answer(status, response.headers, new Uint8Array(await response.arrayBuffer()));
      if (renewed || !this.#credentials.renewable || !saysExpired(answer)) {
        return new Response(answer.body as Uint8Array<ArrayBuffer>, {
          status,
          statusText,
          headers: answer.headers,
        });
      }
      await this.#credentials.forget(credentials);
    }
  };

  get #platformFetch(): typeof fetch {
    // Browsers refuse to run their `fetch` as the method of something else.
    return this.#access.fetch ?? ((input, init) => fetch(input, init));
  }

  async #once(
    request: S3Request,
    credentials: S3Credentials | undefined,
    signal: AbortSignal | undefined,
    number: number,
  ): Promise<S3Answer> {
    signal?.throwIfAborted();
    const { method, body } = request;
    const url = this.url(request);
    const headers = await this.#sign(credentials, method, url, request.headers ?? {}, body);
    const sent = body?.length ?? 0;
    const limitMs = (request.slow === true ? SLOW_TRY_MS : TRY_MS) + sent / SLOW_LINE_BYTES_PER_MS;
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const stopTimer = this.platform.after(limitMs, () => {
      controller.abort(new Error(`there was no answer within ${Math.round(limitMs / 1000)} s`));
    });
    const started = this.platform.elapsed();
    let answer: S3Answer | undefined;
    let failure: unknown;
    try {
      const response = await this.#platformFetch(url, {
        method,
        headers,
        redirect: 'manual',
        signal: controller.signal,
        ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
      });
      answer = new S3Answer(response.status, response.headers, new Uint8Array(await response.arrayBuffer()));
      return answer;
    } catch (error) {
      failure = error;
      if (signal?.aborted) throw signal.reason;
      throw new NoAnswer(controller.signal.aborted ? controller.signal.reason : error);
    } finally {
      stopTimer();
      signal?.removeEventListener('abort', onAbort);
      this.#access.onRequest?.({
        method,
        url,
        ...(answer === undefined ? {} : { status: answer.status }),
        bytes: answer?.body.length ?? 0,
        milliseconds: this.platform.elapsed() - started,
        attempt: number,
        ...(failure === undefined ? {} : { error: (failure as Error)?.message ?? String(failure) }),
      });
    }
  }
}

/** A key as it stands in a URL. */
export function encodeKey(key: string): string {
  return key.split('/').map(encode).join('/');
}

const EMPTY = new Uint8Array(0);

const EXPIRED: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'RequestExpired',
  'TokenRefreshRequired',
]);

/** Whether other credentials might help. An answer to HEAD doesn't say what is wrong. */
function saysExpired({ status, code, body }: S3Answer): boolean {
  return EXPIRED.has(code) || ((status === 403 || status === 400) && body.length === 0);
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
