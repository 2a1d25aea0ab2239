import { type CairnError, isCairnError } from '../../errors.ts';
import type { Deadline } from '../deadline.ts';
import { type Accepted, type Asked, ignoresRanges, judge, readError } from './http-answer.ts';
import type { HttpClient } from './http-client.ts';
import type { HttpFile } from './http-file.ts';
import { shownUrl } from './http-url.ts';

/** One request for a range, and the body of its answer, chunk by chunk. */
export class RangeAttempt {
  /** Whether a cache may have caused the failure. */
  suspect = false;
  /** The pause that the server asked for, in milliseconds. */
  retryAfterMs: number | undefined;
  readonly #client: HttpClient;
  readonly #file: HttpFile;
  readonly #asked: Asked;
  /** The longest body, in bytes, that may be sent instead of the range. */
  readonly #wholeLimit: number;
  readonly #number: number;
  readonly #began: number;
  readonly #abort = new AbortController();
  #status: number | undefined;
  #received = 0;
  #body: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** Where in the file the next byte of the body belongs, and where the body is to end if that is known. */
  #position = 0;
  #end: number | undefined;
  #ended = false;

  /** `number` counts the attempts at the same range, from 1. */
  constructor(client: HttpClient, file: HttpFile, asked: Asked, number: number) {
    this.#client = client;
    this.#file = file;
    this.#asked = asked;
    this.#number = number;
    this.#wholeLimit =
      client.whole && file.rangeless
        ? Number.POSITIVE_INFINITY
        : Math.max(client.limits.wholeBytes, 2 * (asked.end - asked.offset));
    this.#began = client.host.elapsed();
  }

  /** Sends the request and judges the head of the answer; `fresh` makes it bypass caches. */
  async begin(deadline: Deadline, fresh: boolean): Promise<Accepted> {
    const { url, headers } = this.#file;
    const { offset, end } = this.#asked;
    const sending = this.#client.send(url, {
      // `fetch` itself adds `Accept-Encoding: identity` to whatever has a range; ours would make it two.
      headers: { ...headers, range: `bytes=${offset}-${end - 1}` },
      signal: this.#abort.signal,
      ...(fresh || this.#file.passesCaches ? { cache: 'no-store' } : {}),
    });
    const response = await this.#patiently(deadline, sending, 'there was no answer').catch(
      (error: unknown) => {
        // A `fetch` that does not heed its signal may answer all the same.
        sending.then((late) => late.body?.cancel()).catch(() => undefined);
        throw error;
      },
    );
    this.#status = response.status;
    const verdict = judge(response, this.#asked, this.#file, this.#wholeLimit, this.#client.host.now());
    if ('error' in verdict) {
      this.suspect = verdict.suspect;
      this.retryAfterMs = verdict.retryAfterMs;
      throw await (this.#file.explain?.(response, verdict.error) ?? verdict.error);
    }
    this.#file.noteTag(response.headers.get('etag'));
    this.#position = verdict.start;
    this.#end = verdict.end;
    // The body of a refusal is a message: there are no bytes of the file in it.
    if (response.ok) this.#body = response.body?.getReader();
    else this.#abort.abort();
    return verdict;
  }

  /**
   * Returns the next bytes of the range, at least one; undefined once all were received and the body ended
   * where it should.
   */
  async next(deadline: Deadline): Promise<Uint8Array | undefined> {
    const { offset, end } = this.#asked;
    for (;;) {
      const chunk = await this.#readBody(deadline);
      if (chunk === undefined) break;
      const at = this.#position;
      this.#received += chunk.length;
      this.#position += chunk.length;
      this.#checkLength();
      const from = Math.max(0, offset - at);
      // If the size is unknown, a server that ignores ranges may send the whole file.
      const to = this.#file.size === undefined ? chunk.length : Math.min(chunk.length, end - at);
      if (from < to) return chunk.subarray(from, to);
    }
    if (this.#end !== undefined && this.#position < this.#end) {
      throw this.#broken(
        `the answer ended ${this.#end - this.#position} bytes too early, after ${this.#received}`,
      );
    }
    this.#report();
    return undefined;
  }

  /** Closes the connection unless the answer is complete. */
  cancel(why: string | undefined): void {
    if (this.#ended) return;
    this.#abort.abort();
    this.#report(why);
  }

  async #readBody(deadline: Deadline): Promise<Uint8Array | undefined> {
    if (this.#body === undefined) return undefined;
    const { done, value } = await this.#patiently(
      deadline,
      this.#body.read(),
      `the connection broke after ${this.#received} bytes`,
    );
    return done ? undefined : value;
  }

  #checkLength(): void {
    if (this.#end === undefined) {
      if (this.#position > this.#wholeLimit) throw ignoresRanges(this.#file, this.#asked);
    } else if (this.#position > this.#end) {
      this.suspect = true;
      throw readError(this.#file, this.#asked, 'the answer goes on after the bytes that it was to have');
    }
  }

  #patiently<T>(deadline: Deadline, promise: Promise<T>, failed: string): Promise<T> {
    const typed = promise.catch((error: unknown) => {
      throw isCairnError(error) ? error : this.#broken(`${failed} (${reasonOf(error)})`, error);
    });
    return deadline.waitWithin(typed, this.#client.limits.stallMs, (waitedMs, expired) =>
      this.#broken(
        expired
          ? 'the answer was not complete in the time that a read may take'
          : `nothing came from the server for ${waitedMs / 1000} s`,
      ),
    );
  }

  #broken(what: string, cause?: unknown): CairnError {
    return readError(this.#file, this.#asked, what, { transient: true, cause });
  }

  #report(error?: string): void {
    this.#ended = true;
    const { offset, end } = this.#asked;
    this.#client.report({
      method: 'GET',
      url: shownUrl(this.#file.url),
      offset,
      length: end - offset,
      status: this.#status,
      bytes: this.#received,
      durationMs: this.#client.host.elapsed() - this.#began,
      attempt: this.#number,
      error,
    });
  }
}

/** Returns why `fetch` failed: its own message is always the same, the cause says more. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return [error.message, cause.message || code].filter((text) => text !== '').join(': ');
}
