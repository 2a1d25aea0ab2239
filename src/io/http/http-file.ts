import type { Target } from './http-target.ts';

/** A file on a server, and what its answers tell about it. */
export class HttpFile implements Target {
  /** For messages: the URI without credentials. */
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What may be done when the server refuses, by status, in sentences; what holds for any server unless given. */
  readonly advice: Readonly<Record<number, string>> | undefined;
  /** Bytes; undefined until an answer tells. */
  size: number | undefined;
  /** Whether caches are not to be asked any more. */
  passesCaches = false;
  #firstTag: string | undefined;
  #lastTag: string | undefined;

  constructor(
    name: string,
    { url, headers }: Target,
    size?: number,
    advice?: Readonly<Record<number, string>>,
  ) {
    this.name = name;
    this.url = url;
    this.headers = headers;
    this.size = size;
    this.advice = advice;
  }

  /**
   * Notes the entity tag of an answer. Weak tags say nothing about bytes. That a strong one changes is suspicious but
   * no error: some servers behind one balancer, and some that make answers anew, give each answer a tag of its own, and
   * the bytes are checked by their sums anyway. For the same reason no request is made to depend on a tag (`If-Range`,
   * `If-Match`); browsers would send a preflight ahead of each of those, too.
   */
  noteTag(tag: string | null): void {
    if (tag === null || !/^"[^"]*"$/.test(tag)) return;
    this.#firstTag ??= tag;
    this.#lastTag = tag;
  }

  /** What makes one doubt that all answers came from the same file. */
  get doubt(): string | undefined {
    if (this.#firstTag === this.#lastTag) return undefined;
    return `its ETag changed from ${this.#firstTag} to ${this.#lastTag} while it was read: it may have been replaced`;
  }
}
