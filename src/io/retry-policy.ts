import type { Deadline } from './deadline.ts';
import type { NetworkHost } from './network-host.ts';

/** How often an operation is attempted, and how long the pauses between the attempts are. */
export interface RetryLimits {
  /** At least 1: the first attempt counts. */
  readonly maxAttempts: number;
  /** The longest pause before the second attempt; it doubles with each attempt. */
  readonly backoffMs: number;
  /** The longest pause that doubling leads to. */
  readonly maxBackoffMs: number;
  /** The longest pause that a server can ask for. */
  readonly maxRetryAfterMs: number;
}

/** Decides whether and when an operation is attempted again. */
export class RetryPolicy {
  readonly #host: NetworkHost;
  readonly #deadline: Deadline;
  readonly #limits: RetryLimits;
  #failures = 0;

  constructor(host: NetworkHost, deadline: Deadline, limits: RetryLimits) {
    this.#host = host;
    this.#deadline = deadline;
    this.#limits = limits;
  }

  /**
   * Waits until it is time for the next attempt. Returns false at once if there is to be none: there were
   * enough, or it would begin after the deadline.
   *
   * @param retryAfterMs the pause that the server asked for.
   * @throws what interrupted the deadline.
   */
  async next(retryAfterMs = 0): Promise<boolean> {
    const { maxAttempts, backoffMs, maxBackoffMs, maxRetryAfterMs } = this.#limits;
    if (this.#failures + 1 >= maxAttempts) return false;
    // Full jitter: operations that failed together are not repeated together.
    const longestMs = Math.min(maxBackoffMs, backoffMs * 2 ** this.#failures);
    const pauseMs = Math.max(Math.min(retryAfterMs, maxRetryAfterMs), this.#host.random() * longestMs);
    if (pauseMs >= this.#deadline.leftMs) return false;
    this.#failures++;
    await this.#deadline.pause(pauseMs);
    return true;
  }

  /** Forgets all failures: the operation has progressed since, and the next failure is another matter. */
  renew(): void {
    this.#failures = 0;
  }
}
