import { CairnError, isCairnError } from '../../errors.ts';
import { whenAborted } from '../../when-aborted.ts';
import { Deadline } from '../deadline.ts';
import { retryAfter } from '../retry-after.ts';
import { type RetryLimits, RetryPolicy } from '../retry-policy.ts';
import type { ObjectAnswer } from './object-answer.ts';
import type { ObjectHost } from './object-host.ts';

const LIMITS: RetryLimits = {
  maxAttempts: 6,
  backoffMs: 200,
  maxBackoffMs: 5_000,
  maxRetryAfterMs: 30_000,
};
/** No attempt begins later than this after the first. */
const DEADLINE_MS = 5 * 60_000;

/** The attempts of one operation. */
export class Attempts {
  /** The number of the present attempt, from 1. */
  count = 1;
  /** Whether one of them may have taken effect, or may still take effect. */
  unanswered = false;
  readonly #host: ObjectHost;
  readonly #operation: string;
  readonly #uri: string;
  readonly #signal: AbortSignal | undefined;
  readonly #deadline: Deadline;
  readonly #policy: RetryPolicy;

  constructor(host: ObjectHost, operation: string, uri: string, signal: AbortSignal | undefined) {
    this.#host = host;
    this.#operation = operation;
    this.#uri = uri;
    this.#signal = signal;
    this.#deadline = new Deadline(host);
    this.#deadline.start(DEADLINE_MS);
    this.#policy = new RetryPolicy(host, this.#deadline, LIMITS);
  }

  /** Notes the answer to the present attempt; undefined if there was none. */
  note(answer: ObjectAnswer | undefined): void {
    // A gateway that gives up doesn't stop the server behind it. A server that is too busy hasn't begun.
    if (answer === undefined || answer.status === 500 || answer.status === 502 || answer.status === 504) {
      this.unanswered = true;
    }
  }

  /**
   * Waits for the next attempt, at random, longer each time.
   *
   * @param answer the answer to the present attempt; undefined if there was none, for the reason `cause`.
   * @throws {CairnError} `IO` if there is to be no further attempt; the signal's reason.
   */
  async next(answer: ObjectAnswer | undefined, cause?: unknown): Promise<void> {
    this.note(answer);
    const signal = this.#signal;
    signal?.throwIfAborted();
    const forget = signal && whenAborted(signal, () => this.#deadline.interrupt(signal.reason));
    try {
      const header = answer?.headers.get('retry-after') ?? null;
      if (!(await this.#policy.next(retryAfter(header, this.#host.now()))))
        throw this.#exhausted(answer, cause);
    } finally {
      forget?.();
    }
    this.count++;
  }

  /**
   * Runs everything that makes an object, with these attempts.
   *
   * @throws {CairnError} what `make` throws; its `IO` is `unanswered` if the object may still appear.
   */
  async making<T>(make: () => Promise<T>): Promise<T> {
    try {
      return await make();
    } catch (error) {
      // An earlier attempt may still be on its way, whatever ended the last one.
      if (!this.unanswered || !isCairnError(error, 'IO') || error.unanswered === true) throw error;
      const { message, operation, uri } = error;
      throw new CairnError('IO', message, {
        uri,
        operation,
        transient: error.transient === true,
        unanswered: true,
        cause: error,
      });
    }
  }

  #exhausted(answer: ObjectAnswer | undefined, cause: unknown): CairnError {
    const attempts = `after ${this.count} ${this.count === 1 ? 'attempt' : 'attempts'}`;
    const why = answer === undefined ? reasonOf(cause) : answer.error(this.#operation, this.#uri).message;
    return new CairnError('IO', `${this.#operation} of ${this.#uri} failed ${attempts}: ${why}`, {
      uri: this.#uri,
      operation: this.#operation,
      transient: true,
      unanswered: this.unanswered || undefined,
      cause,
    });
  }
}

/** Returns why a request failed, with the causes: the first message is often just "fetch failed". */
function reasonOf(cause: unknown): string {
  const messages: string[] = [];
  for (let each = cause; each instanceof Error && messages.length < 3; each = each.cause)
    messages.push(each.message);
  return messages.length > 0 ? messages.join(': ') : String(cause);
}
