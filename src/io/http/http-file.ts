import type { CairnError } from '../../errors.ts';
import type { Target } from './http-target.ts';

/** A file on a server, with what its answers have shown about it. */
export class HttpFile implements Target {
  /** The URI without credentials, for messages. */
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Returns the error for a refusal, by what the storage says in its body, in seconds; default: the one of its head. */
  readonly explain: ((refusal: Response, byHead: CairnError) => Promise<CairnError>) | undefined;
  /** The size in bytes; undefined until an answer contains it. */
  size: number | undefined;
  /** Whether the server has ignored a range, and answered with all of the file. */
  rangeless = false;
  /** Whether requests bypass caches. */
  passesCaches = false;
  #firstTag: string | undefined;
  #lastTag: string | undefined;

  constructor(name: string, { url, headers }: Target, size?: number, explain?: HttpFile['explain']) {
    this.name = name;
    this.url = url;
    this.headers = headers;
    this.size = size;
    this.explain = explain;
  }

  /**
   * Notes the entity tag of an answer. Weak tags say nothing about bytes. That a strong one changes is
   * suspicious but no error: some servers behind one balancer, and some that make answers anew, give each
   * answer a tag of its own, and the bytes are checked by their sums anyway. For the same reason no request
   * is made to depend on a tag (`If-Range`, `If-Match`); browsers would send a preflight ahead of each of
   * those, too.
   */
  noteTag(tag: string | null): void {
    if (tag === null || !/^"[^"]*"$/.test(tag)) return;
    this.#firstTag ??= tag;
    this.#lastTag = tag;
  }

  /** Why the answers may not all be from the same file; undefined if nothing points to that. */
  get doubt(): string | undefined {
    if (this.#firstTag === this.#lastTag) return undefined;
    return `its ETag changed from ${this.#firstTag} to ${this.#lastTag} while it was read: it may have been replaced`;
  }
}
