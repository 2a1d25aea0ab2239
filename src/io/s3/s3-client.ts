import { toHex } from '../../bytes/hex.ts';
import { packageNotLoaded } from '../../missing-package.ts';
import {
  type AttemptContext,
  ObjectClient,
  type ObjectRequest,
  withEmptySize,
} from '../objects/object-client.ts';
import type { ObjectHost } from '../objects/object-host.ts';
import { encodeNames, withQuery } from '../objects/url-encoding.ts';
import type { AccessOptions } from '../storage.ts';
import type { CredentialCache } from './credential-cache.ts';
import { S3Answer } from './s3-answer.ts';
import type { S3Credentials, S3Settings } from './s3-options.ts';
import { type S3Place, uriOf } from './s3-path.ts';

/** One request about an object, or about a bucket when there is no key. */
export interface S3Request extends ObjectRequest, S3Place {}

/** Sends signed requests, with retries. */
export class S3Client extends ObjectClient<S3Place, S3Answer> {
  readonly #settings: S3Settings;
  readonly #credentials: CredentialCache;
  /** Keys derived for signing, by day and region. */
  readonly #signingKeys = new Map<string, ArrayBuffer>();

  constructor(settings: S3Settings, credentials: CredentialCache, host: ObjectHost, access: AccessOptions) {
    super(host, access);
    this.#settings = settings;
    this.#credentials = credentials;
  }

  /** Returns a client that differs in `fetch` or `onRequest`, where `access` has them. */
  with(access: AccessOptions): S3Client {
    return new S3Client(this.#settings, this.#credentials, this.host, this.accessWith(access));
  }

  uri(place: S3Place): string {
    return uriOf(place);
  }

  url({ bucket, key, query }: S3Place & Pick<S3Request, 'query'>): string {
    const { endpoint, forcePathStyle } = this.#settings;
    const inPath = forcePathStyle ?? bucket.includes('.');
    const base = inPath ? `${endpoint}/${bucket}` : endpoint.replace('://', `://${bucket}.`);
    return withQuery(`${base}/${encodeNames(key)}`, query);
  }

  readonly fetch: typeof fetch = async (input, init = {}) => {
    const method = init.method ?? 'GET';
    const url = String(input);
    const given = Object.fromEntries(new Headers(init.headers));
    for (let renewed = false; ; renewed = true) {
      const credentials = await this.#credentials.get();
      const headers = await this.#sign(credentials, method, url, given);
      const response = await this.dispatch(url, { ...init, headers });
      const { status, statusText } = response;
      if (status !== 400 && status !== 403) return withEmptySize(response, given.range);
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

  protected async attempt(request: S3Request, one: AttemptContext): Promise<S3Answer> {
    const { method, headers = {}, body } = request;
    const url = this.url(request);
    for (let renewed = false; ; renewed = true) {
      const credentials = await this.#credentials.get();
      one.signal?.throwIfAborted();
      const signed = await this.#sign(credentials, method, url, headers, body);
      const answer = await this.exchange(request, { url, headers: signed }, one);
      if (renewed || !this.#credentials.renewable || !saysExpired(answer)) return answer;
      await this.#credentials.forget(credentials);
    }
  }

  answer(status: number, headers: Headers, body: Uint8Array): S3Answer {
    return new S3Answer(status, headers, body);
  }

  /** Returns the headers with a signature. */
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
    const { AwsV4Signer } = await import('aws4fetch').catch(packageNotLoaded);
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
      datetime: new Date(this.host.now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    });
    return (await signer.sign()).headers;
  }
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
