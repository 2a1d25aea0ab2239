import { CairnError, isCairnError } from '../../errors.ts';
import { checkCredentials, type S3Credentials, type S3Settings } from './s3-options.ts';

/** Credentials are renewed this long before they expire, as a request takes time. */
const EARLY_MS = 60_000;

/** Caches the credentials of requests, and requests others when they have expired: once for all callers. */
export class CredentialCache {
  readonly #source: S3Settings['credentials'];
  readonly #now: () => number;
  #current: Promise<S3Credentials> | undefined;

  constructor(source: S3Settings['credentials'], now: () => number) {
    this.#source = source;
    this.#now = now;
  }

  /** Whether there are others to be had. */
  get renewable(): boolean {
    return typeof this.#source === 'function';
  }

  /**
   * The keys to sign with; undefined for requests without a name.
   *
   * @throws {CairnError} `IO`, `INVALID_ARGUMENT`.
   */
  async get(): Promise<S3Credentials | undefined> {
    const source = this.#source;
    if (source === 'anonymous') return undefined;
    if (typeof source !== 'function') return source;
    this.#current ??= this.#ask(source);
    const current = this.#current;
    const credentials = await current;
    const { expiration } = credentials;
    if (expiration === undefined || expiration.getTime() - EARLY_MS > this.#now()) return credentials;
    // Those who come at the same time ask once. New ones that end soon are taken as they are.
    if (this.#current === current || this.#current === undefined) this.#current = this.#ask(source);
    return this.#current;
  }

  /** Forgets keys that the storage calls expired; newer ones stay. */
  async forget(credentials: S3Credentials | undefined): Promise<void> {
    const current = this.#current;
    if (current !== undefined && (await current) === credentials && this.#current === current) {
      this.#current = undefined;
    }
  }

  async #ask(source: () => S3Credentials | Promise<S3Credentials>): Promise<S3Credentials> {
    try {
      return checkCredentials(await source());
    } catch (error) {
      this.#current = undefined;
      if (isCairnError(error)) throw error;
      throw new CairnError(
        'IO',
        `credentials for s3: could not be had: ${(error as Error)?.message ?? error}`,
        {
          operation: 'credentials',
          transient: true,
          cause: error,
        },
      );
    }
  }
}
