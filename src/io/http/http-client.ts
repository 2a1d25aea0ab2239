import { CairnError } from '../../errors.ts';
import { NETWORK_HOST, type NetworkHost } from '../network-host.ts';
import { Semaphore } from '../semaphore.ts';
import type { AccessOptions, RequestReport } from '../storage.ts';
import { HTTP_LIMITS, type HttpLimits } from './http-limits.ts';

/** Sends the requests of one reader. */
export class HttpClient {
  readonly host: NetworkHost;
  readonly limits: HttpLimits;
  /** Limits the requests of one reader that are sent at the same time. */
  readonly semaphore: Semaphore;
  /** Whether files may be received whole where a server ignores ranges. */
  readonly whole: boolean;
  readonly #options: AccessOptions;

  constructor(
    options: AccessOptions = {},
    host: NetworkHost = NETWORK_HOST,
    limits: HttpLimits = HTTP_LIMITS,
  ) {
    this.#options = options;
    this.whole = options.whole === true;
    this.host = host;
    this.limits = limits;
    this.semaphore = new Semaphore(limits.maxInFlight);
  }

  /** Sends a request. An error that the caller's `fetch` throws synchronously becomes a rejection, too. */
  async send(url: string, init: RequestInit): Promise<Response> {
    // Browsers refuse to run their `fetch` as the method of something else.
    const send = this.#options.fetch ?? globalThis.fetch;
    if (send === undefined) {
      throw new CairnError('UNSUPPORTED', 'this host has no `fetch`: pass one to openStore', {});
    }
    return send(url, init);
  }

  /** Reports a request that has ended to the caller. */
  report(request: RequestReport): void {
    this.#options.onRequest?.(request);
  }

  /** Returns how many milliseconds reading this many bytes may take, including all retries. */
  deadlineFor(bytes: number): number {
    return this.limits.deadlineMs + bytes * this.limits.deadlineMsPerByte;
  }
}
