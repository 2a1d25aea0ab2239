import { CairnError, invalidArgument, isCairnError } from '../../errors.ts';
import type { AzureToken, AzureTokenSource } from './azure-options.ts';

/** Tokens are renewed this long before they expire, as a request takes time. */
const EARLY_MS = 60_000;

/** Caches the token of requests, and requests another when it has expired: once for all callers. */
export class TokenCache {
  readonly #source: AzureTokenSource;
  readonly #now: () => number;
  #current: AzureToken | undefined;
  #asking: Promise<AzureToken> | undefined;

  constructor(source: AzureTokenSource, now: () => number) {
    this.#source = source;
    this.#now = now;
  }

  /** The token to show. @throws {CairnError} `IO`, `INVALID_ARGUMENT`. */
  async get(): Promise<string> {
    const current = this.#current;
    const ends = current?.expiresOnTimestamp ?? Number.POSITIVE_INFINITY;
    if (current !== undefined && ends - EARLY_MS > this.#now()) return current.token;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    // A new one that ends soon is taken as it is.
    return (await this.#asking).token;
  }

  /** Forgets a token that the storage refused; a newer one stays. */
  forget(token: string): void {
    if (this.#current?.token === token) this.#current = undefined;
  }

  async #ask(): Promise<AzureToken> {
    try {
      const given = await this.#source();
      const found = typeof given === 'string' ? { token: given } : given;
      // A header cannot contain anything else, and the error of `fetch` would show it.
      if (typeof found?.token === 'string' && /^[\x21-\x7e]+$/.test(found.token)) {
        this.#current = found;
        return found;
      }
      throw invalidArgument('token', 'token must give a token: a text, or an object with one as token');
    } catch (error) {
      if (isCairnError(error)) throw error;
      throw new CairnError('IO', `no token for az: could be had: ${(error as Error)?.message ?? error}`, {
        operation: 'token',
        transient: true,
        cause: error,
      });
    }
  }
}
