import { isCairnError } from '../../errors.ts';
import type { HttpClient } from './http-client.ts';
import type { Patience } from './patience.ts';
import type { RangeAttempt } from './range-attempt.ts';

/** Decides whether, when and how a range is asked for again. */
export class Retries {
  /** Whether the next attempt is to pass caches by. */
  fresh = false;
  readonly #client: HttpClient;
  readonly #patience: Patience;
  #failures = 0;

  constructor(client: HttpClient, patience: Patience) {
    this.#client = client;
    this.#patience = patience;
  }

  /**
   * Returns when it is time to try again. Otherwise throws the error: it is not one that passes, or it came too often,
   * or the deadline lies before the time at which trying again makes sense.
   */
  async after(error: unknown, { suspect, retryAfterMs = 0 }: RangeAttempt): Promise<void> {
    if (!isCairnError(error, 'IO', 'CORRUPTION')) throw error;
    if (suspect && !this.fresh) {
      this.fresh = true;
      return;
    }
    const { limits, host } = this.#client;
    if (error.transient !== true || this.#failures === limits.retries) throw error;
    // Full jitter: those that failed together do not come back together.
    const most = Math.min(limits.mostBackoffMs, limits.backoffMs * 2 ** this.#failures);
    this.#failures++;
    const pause = Math.max(retryAfterMs, host.random() * most);
    if (pause >= this.#patience.left) throw error;
    await this.#patience.pause(pause);
  }

  /** Much has arrived since the last failure: whatever fails from here on is another matter. */
  renew(): void {
    this.#failures = 0;
  }
}
