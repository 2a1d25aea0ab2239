import { CairnError } from '../../errors.ts';
import { NETWORK_HOST, type NetworkHost } from '../network-host.ts';
import type { AccessOptions, RequestReport } from '../storage.ts';
import { HTTP_LIMITS, type HttpLimits } from './http-limits.ts';
import { RequestSlots } from './request-slots.ts';

/** What all requests of one reader have in common. */
export class HttpClient {
  readonly host: NetworkHost;
  readonly limits: HttpLimits;
  readonly slots: RequestSlots;
  readonly #options: AccessOptions;

  constructor(
    options: AccessOptions = {},
    host: NetworkHost = NETWORK_HOST,
    limits: HttpLimits = HTTP_LIMITS,
  ) {
    this.#options = options;
    this.host = host;
    this.limits = limits;
    this.slots = new RequestSlots(limits.inFlight);
  }

  /** Sends a request. What a `fetch` of the caller throws at once comes as a rejection, too. */
  async send(url: string, init: RequestInit): Promise<Response> {
    // Browsers refuse to run their `fetch` as the method of something else.
    const send = this.#options.fetch ?? globalThis.fetch;
    if (send === undefined) {
      throw new CairnError('UNSUPPORTED', 'this platform has no `fetch`: give openStore one', {});
    }
    return send(url, init);
  }

  /** Tells the caller of a request that has ended. */
  report(request: RequestReport): void {
    this.#options.onRequest?.(request);
  }

  /** The milliseconds that reading so many bytes may take with all retries. */
  deadlineFor(bytes: number): number {
    return this.limits.deadlineMs + bytes * this.limits.deadlineMsPerByte;
  }
}
