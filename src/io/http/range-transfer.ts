import { isCairnError } from '../../errors.ts';
import { Deadline } from '../deadline.ts';
import { RetryPolicy } from '../retry-policy.ts';
import type { Accepted } from './http-answer.ts';
import type { HttpClient } from './http-client.ts';
import type { HttpFile } from './http-file.ts';
import { RangeAttempt } from './range-attempt.ts';

/**
 * Reads a range from front to back, with as many requests as it takes: after a failure it continues where it
 * was, unless the bytes that were received are in doubt.
 */
export class RangeTransfer {
  readonly deadline: Deadline;
  readonly #client: HttpClient;
  readonly #file: HttpFile;
  readonly #offset: number;
  readonly #end: number;
  readonly #onlyForward: boolean;
  readonly #retries: RetryPolicy;
  /** Whether the next request bypasses caches. */
  #fresh = false;
  #attempt: RangeAttempt | undefined;
  #attempts = 0;
  /** The offset of the next bytes in the file. */
  #position: number;
  #renewed: number;
  #total: number | undefined;

  /**
   * With `onlyForward`, bytes that were handed out are never handed out again: a doubt about them is an
   * error.
   */
  constructor(client: HttpClient, file: HttpFile, offset: number, length: number, onlyForward: boolean) {
    this.deadline = new Deadline(client.host);
    this.#client = client;
    this.#file = file;
    this.#offset = offset;
    this.#end = offset + length;
    this.#onlyForward = onlyForward;
    this.#retries = new RetryPolicy(client.host, this.deadline, client.limits);
    this.#position = offset;
    this.#renewed = offset;
  }

  /** The offset of the next bytes in the file. It goes back when the range is read again from its start. */
  get position(): number {
    return this.#position;
  }

  /** The size of the file in bytes, once the head of an answer was received. */
  get total(): number | undefined {
    return this.#total;
  }

  /** Whether a connection is open. */
  get connected(): boolean {
    return this.#attempt !== undefined;
  }

  /**
   * Returns the next bytes, at least one; undefined once all were received.
   *
   * @throws {CairnError} what reading throws.
   */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const attempt =
        this.#attempt ??
        new RangeAttempt(
          this.#client,
          this.#file,
          { offset: this.#position, end: this.#end },
          ++this.#attempts,
        );
      try {
        if (this.#attempt === undefined) {
          this.#attempt = attempt;
          this.#accept(await attempt.begin(this.deadline, this.#fresh));
        }
        const chunk = await attempt.next(this.deadline);
        if (chunk !== undefined) return this.#advance(chunk);
        this.#attempt = undefined;
        return undefined;
      } catch (error) {
        this.#attempt = undefined;
        attempt.cancel(isCairnError(error) ? error.message : 'it was not waited for any longer');
        await this.#retry(error, attempt);
        this.#rewind(error, attempt);
      }
    }
  }

  /**
   * Closes the connection; another is opened when it is needed. Must not be called while `next` is pending.
   */
  disconnect(): void {
    this.#attempt?.cancel(undefined);
    this.#attempt = undefined;
  }

  /** Ends the reading: a pending `next` and all later ones fail with this reason. */
  interrupt(reason: unknown): void {
    this.deadline.interrupt(reason);
    this.#attempt?.cancel('it was not waited for any longer');
    this.#attempt = undefined;
  }

  #accept(accepted: Accepted): void {
    this.#total = accepted.total;
  }

  #advance(chunk: Uint8Array): Uint8Array {
    this.#position += chunk.length;
    if (this.#position - this.#renewed >= this.#client.limits.renewalBytes && this.#onlyForward) {
      this.#renewed = this.#position;
      this.#retries.renew();
    }
    return chunk;
  }

  /** Returns when it is time for the next request. @throws the error, if there is to be none. */
  async #retry(error: unknown, { suspect, retryAfterMs }: RangeAttempt): Promise<void> {
    if (!isCairnError(error, 'IO', 'CORRUPTION')) throw error;
    if (suspect && !this.#fresh) {
      this.#fresh = true;
      return;
    }
    if (error.transient !== true || !(await this.#retries.next(retryAfterMs))) throw error;
  }

  #rewind(error: unknown, attempt: RangeAttempt): void {
    if (this.#onlyForward) {
      // All bytes were handed out, and then the answer continued: nothing is left to request.
      if (this.#position === this.#end) throw error;
    } else if (attempt.suspect || this.#file.size === undefined || this.#position === this.#end) {
      this.#position = this.#offset;
    }
  }
}
