import { CairnError, isCairnError } from '../../errors.ts';
import { Acknowledgement } from './acknowledgement.ts';

/** What a flush has done. */
export interface Flushed {
  /** The version at which the rows are visible. */
  readonly version: number;
}

/** Rows wait so many milliseconds for others that share their commit, once someone waits for them. */
const LINGER_MS = 5;

/** Queued rows of so many bytes are committed, whether someone waits or not. */
const QUEUE_BYTES = 32 * 2 ** 20;

/** What a queued change takes in memory besides its bytes, about. */
const CHANGE_BYTES = 200;

/** Queues changes, and commits all of them together: one commit at a time, in their order. */
export class WriteQueue<Change> {
  readonly #table: string;
  readonly #commit: (changes: readonly Change[]) => Promise<number>;
  #changes: Change[] = [];
  #bytes = 0;
  #waiting: ReturnType<typeof Acknowledgement.of> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last of the commits that were begun. */
  #flushing: Promise<unknown> = Promise.resolve();
  #version: () => number;
  #isClosed = false;

  /**
   * @param version the version that is visible when nothing is queued.
   * @param commit commits changes, and returns the version that has them.
   */
  constructor(table: string, version: () => number, commit: (changes: readonly Change[]) => Promise<number>) {
    this.#table = table;
    this.#version = version;
    this.#commit = commit;
  }

  /** Changes that no commit has taken yet. */
  get length(): number {
    return this.#changes.length;
  }

  /** Queues a change of about so many bytes. @throws {CairnError} `CLOSED`. */
  add(change: Change, bytes: number): Promise<void> {
    if (this.#isClosed) throw this.#closedError();
    this.#waiting ??= Acknowledgement.of(() => this.#linger());
    const { promise } = this.#waiting;
    this.#changes.push(change);
    this.#bytes += bytes + CHANGE_BYTES;
    if (this.#bytes >= QUEUE_BYTES) this.#begin().catch(() => undefined);
    return promise;
  }

  /**
   * Commits everything that is queued. A failure leaves it queued, before what was queued since.
   *
   * @throws {CairnError} (as a rejection) what the commit throws; `CLOSED`.
   */
  async flush(): Promise<Flushed> {
    if (this.#isClosed) throw this.#closedError();
    return { version: await this.#begin() };
  }

  /** Commits what is queued; changes after it are refused. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.#begin();
    } finally {
      this.#isClosed = true;
      clearTimeout(this.#timer);
    }
  }

  #linger(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // Who waits is told by the acknowledgement.
      this.#begin().catch(() => undefined);
    }, LINGER_MS);
  }

  /** Begins a commit of what is queued now, after those that were begun before. */
  #begin(): Promise<number> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const flushed = this.#flushing.then(
      () => this.#flush(),
      () => this.#flush(),
    );
    this.#flushing = flushed;
    return flushed;
  }

  async #flush(): Promise<number> {
    const changes = this.#changes;
    const waiting = this.#waiting;
    if (changes.length === 0) return this.#version();
    const bytes = this.#bytes;
    this.#changes = [];
    this.#bytes = 0;
    this.#waiting = undefined;
    try {
      const version = await this.#commit(changes);
      waiting?.resolve();
      return version;
    } catch (error) {
      this.#changes = changes.concat(this.#changes);
      this.#bytes += bytes;
      const failure = this.#stillQueued(error, changes.length);
      waiting?.reject(failure);
      throw failure;
    }
  }

  #stillQueued(error: unknown, count: number): unknown {
    if (!isCairnError(error)) return error;
    const { code, message, name: _, stack: __, ...details } = error;
    return new CairnError(
      code,
      `${this.#table}: ${message}. ${count === 1 ? 'The row is' : `All ${count} rows are`} still queued: flush() tries again`,
      { ...details, cause: error },
    );
  }

  #closedError(): CairnError {
    return new CairnError('CLOSED', `the table ${this.#table} has been closed`, { resource: 'table' });
  }
}
