import { reasonOf } from '../../errors.ts';
import type { AzureIdentity } from './azure-options.ts';
import { SharedKey } from './shared-key.ts';
import { TokenCache } from './token-cache.ts';

/** The version of the service that requests are written for. */
export const SERVICE_VERSION = '2021-12-02';

/** A request without credentials. */
export interface BareRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the body. */
  readonly bytes: number;
}

/** A request with credentials. */
export interface AuthorizedRequest {
  readonly url: string;
  readonly headers: Headers;
  /** The token that it carries, if any. */
  readonly token: string | undefined;
}

/**
 * Adds credentials to requests: a signature with the account's key, a shared access signature, or a token.
 */
export class Authorizer {
  readonly #now: () => number;
  readonly #key: SharedKey | undefined;
  readonly #query: string | undefined;
  readonly #tokens: TokenCache | undefined;

  constructor(identity: AzureIdentity, now: () => number) {
    this.#now = now;
    if (identity.kind === 'key') this.#key = new SharedKey(identity.account, identity.key);
    else if (identity.kind === 'sas') this.#query = identity.query;
    else this.#tokens = new TokenCache(identity.source, now);
  }

  /** @throws {CairnError} `IO`, `INVALID_ARGUMENT` from the source of tokens. */
  async authorize({ method, url, headers: given, bytes }: BareRequest): Promise<AuthorizedRequest> {
    const headers = new Headers(given);
    headers.set('x-ms-version', SERVICE_VERSION);
    headers.set('x-ms-date', new Date(this.#now()).toUTCString());
    const token = await this.#tokens?.get();
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    if (this.#key !== undefined) {
      headers.set('authorization', await this.#key.authorization({ method, url, headers, bytes }));
    }
    return { url: this.withSignature(url), headers, token };
  }

  /** A URL with the shared access signature, where there is one. */
  withSignature(url: string): string {
    return this.#query === undefined ? url : `${url}${url.includes('?') ? '&' : '?'}${this.#query}`;
  }

  /** Whether the same request may be allowed now: it carried a token, and another one will be asked for. */
  renews(status: number, { token }: AuthorizedRequest): boolean {
    if (status !== 401 || token === undefined || this.#tokens === undefined) return false;
    this.#tokens.forget(token);
    return true;
  }

  /** Returns an error of `fetch` without the shared access signature that it may show with the URL. */
  withoutSecrets(error: unknown): unknown {
    if (this.#query === undefined) return error;
    const messages: string[] = [];
    for (let each = error; each !== undefined && messages.length < 5; ) {
      messages.push(reasonOf(each));
      each = each instanceof Error ? each.cause : undefined;
    }
    const text = messages.join(': ');
    if (!this.#secrets().some((secret) => text.includes(secret))) return error;
    return new Error(this.#secrets().reduce((shown, secret) => shown.replaceAll(secret, '…'), text));
  }

  /** The forms in which the signature may appear. */
  #secrets(): string[] {
    const query = this.#query as string;
    const raw = /(?:^|&)sig=([^&]+)/.exec(query)?.[1] as string;
    // The longest first: what is left of it would be a secret still.
    return [query, raw, new URLSearchParams(query).get('sig') as string];
  }
}
