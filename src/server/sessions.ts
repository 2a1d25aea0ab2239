/** How long a page may work before it has to show the token again. */
const SESSION_MS = 12 * 60 * 60 * 1000;

/** The oldest session ends when there are more. */
const MAX_SESSIONS = 1000;

const COOKIE = 'cairn_session';

/** The pages that have shown the token. They are kept in memory: a server that is started again asks again. */
export class Sessions {
  readonly #clock: () => number;
  /** When each ends, in the order in which they were begun. */
  readonly #ends = new Map<string, number>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Begins a session, and returns the `Set-Cookie` header that carries it. */
  begin(secure: boolean): string {
    const words = crypto.getRandomValues(new Uint8Array(32));
    const id = [...words].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const [oldest] = this.#ends.keys();
    if (this.#ends.size >= MAX_SESSIONS && oldest !== undefined) this.#ends.delete(oldest);
    this.#ends.set(id, this.#clock() + SESSION_MS);
    return cookieOf(id, SESSION_MS / 1000, secure);
  }

  /** Ends the session of a request, and returns the `Set-Cookie` header that removes it. */
  end(cookies: string | null, secure: boolean): string {
    const id = idIn(cookies);
    if (id !== undefined) this.#ends.delete(id);
    return cookieOf('', 0, secure);
  }

  /** Whether a `Cookie` header holds a session that has not ended. */
  knows(cookies: string | null): boolean {
    const id = idIn(cookies);
    const end = id === undefined ? undefined : this.#ends.get(id);
    if (id === undefined || end === undefined) return false;
    if (end > this.#clock()) return true;
    this.#ends.delete(id);
    return false;
  }
}

function cookieOf(value: string, seconds: number, secure: boolean): string {
  return `${COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

function idIn(cookies: string | null): string | undefined {
  return cookies === null ? undefined : /(?:^|;\s*)cairn_session=([0-9a-f]{64})(?:;|$)/.exec(cookies)?.[1];
}
