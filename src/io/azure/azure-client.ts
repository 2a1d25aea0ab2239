import {
  type AttemptContext,
  ObjectClient,
  type ObjectRequest,
  withEmptySize,
} from '../objects/object-client.ts';
import type { ObjectHost } from '../objects/object-host.ts';
import { encodeNames, withQuery } from '../objects/url-encoding.ts';
import type { AccessOptions } from '../storage.ts';
import type { Authorizer } from './authorizer.ts';
import { AzureAnswer } from './azure-answer.ts';
import { type BlobPlace, uriOf } from './azure-path.ts';

/** One request about a blob, or about a container when there is no blob. */
export interface AzureRequest extends ObjectRequest, BlobPlace {}

/** Sends authenticated requests, with retries. */
export class AzureClient extends ObjectClient<BlobPlace, AzureAnswer> {
  readonly #endpoint: string;
  readonly #authorizer: Authorizer;

  constructor(endpoint: string, authorizer: Authorizer, host: ObjectHost, access: AccessOptions) {
    super(host, access);
    this.#endpoint = endpoint;
    this.#authorizer = authorizer;
  }

  /** Returns a client that differs in `fetch` or `onRequest`, where `access` has them. */
  with(access: AccessOptions): AzureClient {
    return new AzureClient(this.#endpoint, this.#authorizer, this.host, this.accessWith(access));
  }

  uri(place: BlobPlace): string {
    return uriOf(place);
  }

  url({ container, blob, query }: BlobPlace & Pick<AzureRequest, 'query'>): string {
    const path = encodeNames(blob === '' ? container : `${container}/${blob}`);
    return withQuery(`${this.#endpoint}/${path}`, query);
  }

  /** The address by which the storage itself may read a blob that it is to copy. */
  sourceUrl(place: BlobPlace): string {
    return this.#authorizer.withSignature(this.url(place));
  }

  readonly fetch: typeof fetch = async (input, init = {}) => {
    const url = String(input);
    const given = Object.fromEntries(new Headers(init.headers));
    for (let renewed = false; ; renewed = true) {
      const bare = { method: init.method ?? 'GET', url, headers: given, bytes: 0 };
      const request = await this.#authorizer.authorize(bare);
      const response = await this.dispatch(request.url, { ...init, headers: request.headers });
      if (renewed || !this.#authorizer.renews(response.status, request)) {
        return withEmptySize(response, given.range);
      }
      await response.body?.cancel();
    }
  };

  protected async attempt(request: AzureRequest, one: AttemptContext): Promise<AzureAnswer> {
    const { method, headers = {}, body } = request;
    const url = this.url(request);
    for (let renewed = false; ; renewed = true) {
      one.signal?.throwIfAborted();
      const bytes = body?.length ?? 0;
      const authorized = await this.#authorizer.authorize({ method, url, headers, bytes });
      const answer = await this.exchange(request, authorized, one);
      if (renewed || !this.#authorizer.renews(answer.status, authorized)) return answer;
    }
  }

  answer(status: number, headers: Headers, body: Uint8Array): AzureAnswer {
    return new AzureAnswer(status, headers, body);
  }

  protected override async dispatch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await super.dispatch(url, init);
    } catch (error) {
      throw this.shown(error);
    }
  }

  protected override shown(error: unknown): unknown {
    return this.#authorizer.withoutSecrets(error);
  }
}
