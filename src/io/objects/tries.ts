import { CairnError, isCairnError } from '../../errors.ts';
import { retryAfter } from '../http/retry-after.ts';
import type { ObjectAnswer } from './object-answer.ts';
import type { ObjectHost } from './object-host.ts';

const MOST_TRIES = 6;
const FIRST_WAIT_MS = 100;
const MOST_WAIT_MS = 5000;
/** A storage that wants to be left alone for longer is asked again after this time all the same. */
const MOST_ASKED_MS = 30_000;
/** No try begins later than this after the first. */
const DEADLINE_MS = 5 * 60_000;

/** The tries of one operation. */
export class Tries {
  /** The number of the try at work, from 1 on. */
  count = 1;
  /** Whether one of them may have been done, or be done still, for all that one knows. */
  unanswered = false;
  readonly #host: ObjectHost;
  readonly #operation: string;
  readonly #uri: string;
  readonly #signal: AbortSignal | undefined;
  readonly #started: number;

  constructor(host: ObjectHost, operation: string, uri: string, signal: AbortSignal | undefined) {
    this.#host = host;
    this.#operation = operation;
    this.#uri = uri;
    this.#signal = signal;
    this.#started = host.elapsed();
  }

  /** Notes what the try at work was told; nothing when there was no answer. */
  note(answer: ObjectAnswer | undefined): void {
    // A gateway that gives up doesn't stop what is behind it. A storage that is too busy hasn't begun.
    if (answer === undefined || answer.status === 500 || answer.status === 502 || answer.status === 504) {
      this.unanswered = true;
    }
  }

  /**
   * Waits for the next try, at random, longer each time.
   *
   * @param answer what the try at work was told; undefined when nothing, and `cause` says why.
   * @throws {CairnError} `IO` when there were enough; the signal's reason.
   */
  async next(answer: ObjectAnswer | undefined, cause?: unknown): Promise<void> {
    this.note(answer);
    const late = this.#host.elapsed() - this.#started > DEADLINE_MS;
    if (this.count === MOST_TRIES || late) throw this.#exhausted(answer, cause);
    const mostMs = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.count);
    const askedMs = retryAfter(answer?.headers.get('retry-after') ?? null, this.#host.now()) ?? 0;
    await this.#wait(Math.max(mostMs * this.#host.random(), Math.min(askedMs, MOST_ASKED_MS)));
    this.count++;
  }

  /**
   * Does all that makes an object, with these tries.
   *
   * @throws {CairnError} what `make` throws; its `IO` is `unanswered` when the object may still appear.
   */
  async making<T>(make: () => Promise<T>): Promise<T> {
    try {
      return await make();
    } catch (error) {
      // Whatever ends the tries: one of those before may still be on its way.
      if (!this.unanswered || !isCairnError(error, 'IO') || error.unanswered === true) throw error;
      const { message, operation, uri } = error;
      throw new CairnError('IO', message, {
        ...(uri === undefined ? {} : { uri }),
        ...(operation === undefined ? {} : { operation }),
        transient: error.transient === true,
        unanswered: true,
        cause: error,
      });
    }
  }

  #exhausted(answer: ObjectAnswer | undefined, cause: unknown): CairnError {
    const tries = `after ${this.count} ${this.count === 1 ? 'try' : 'tries'}`;
    const why = answer === undefined ? reasonOf(cause) : answer.error(this.#operation, this.#uri).message;
    return new CairnError('IO', `${this.#operation} of ${this.#uri} failed ${tries}: ${why}`, {
      uri: this.#uri,
      operation: this.#operation,
      transient: true,
      ...(this.unanswered ? { unanswered: true } : {}),
      cause,
    });
  }

  #wait(milliseconds: number): Promise<void> {
    const signal = this.#signal;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const stop = this.#host.after(milliseconds, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = (): void => {
        stop();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

/** What the platform says of a failed request: its first message is often just "fetch failed". */
function reasonOf(cause: unknown): string {
  const messages: string[] = [];
  for (let each = cause; each instanceof Error && messages.length < 3; each = each.cause)
    messages.push(each.message);
  return messages.length > 0 ? messages.join(': ') : String(cause);
}
