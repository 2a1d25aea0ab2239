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

/** Changes that are committed together. */
interface Batch<Change> {
  readonly changes: readonly Change[];
  readonly waiting: ReturnType<typeof Acknowledgement.of> | undefined;
}

/** Queues changes, and commits all of them together: one commit at a time, in their order. */
export class WriteQueue<Change> {
  readonly #table: string;
  readonly #version: () => number;
  readonly #commit: (changes: readonly Change[]) => Promise<number>;
  #changes: Change[] = [];
  #bytes = 0;
  #length = 0;
  #waiting: ReturnType<typeof Acknowledgement.of> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last of the commits that were begun. */
  #flushing: Promise<unknown> = Promise.resolve();
  /** What commits could not do: the next one does it first. */
  #failed: readonly Change[] = [];
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

  /** Changes that are not committed yet. */
  get length(): number {
    return this.#length;
  }

  /** Queues a change of about so many bytes. @throws {CairnError} `CLOSED`. */
  add(change: Change, bytes: number): Promise<void> {
    if (this.#isClosed) throw this.#closedError();
    this.#waiting ??= Acknowledgement.of(() => this.#linger());
    const { promise } = this.#waiting;
    this.#changes.push(change);
    this.#length++;
    this.#bytes += bytes + CHANGE_BYTES;
    // Who waits is told by the acknowledgement.
    if (this.#bytes >= QUEUE_BYTES) this.#begin().catch(() => undefined);
    return promise;
  }

  /**
   * Commits everything that is queued now. A failure leaves it queued, before what was queued since.
   *
   * @throws {CairnError} (as a rejection) what the commit throws; `CLOSED`.
   */
  async flush(): Promise<Flushed> {
    if (this.#isClosed) throw this.#closedError();
    return { version: await this.#begin() };
  }

  /** Drops what is queued, but not what is being committed; returns how many changes these were. */
  discard(): number {
    const count = this.#failed.length + this.#changes.length;
    this.#waiting?.reject(
      new CairnError('CLOSED', `rows of ${this.#table} were discarded before they were committed`, {
        resource: 'queue',
      }),
    );
    this.#waiting = undefined;
    this.#changes = [];
    this.#failed = [];
    this.#bytes = 0;
    this.#length -= count;
    return count;
  }

  /** Commits what is queued; changes after it are refused. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#begin();
  }

  #linger(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#begin().catch(() => undefined);
    }, LINGER_MS);
  }

  /** Begins a commit of what is queued now, after those that were begun before. */
  #begin(): Promise<number> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = { changes: this.#changes, waiting: this.#waiting };
    this.#changes = [];
    this.#bytes = 0;
    this.#waiting = undefined;
    const flush = (): Promise<number> => this.#flush(batch);
    const flushed = this.#flushing.then(flush, flush);
    this.#flushing = flushed;
    return flushed;
  }

  async #flush({ changes: own, waiting }: Batch<Change>): Promise<number> {
    const changes = this.#failed.length === 0 ? own : this.#failed.concat(own);
    if (changes.length === 0) return this.#version();
    this.#failed = [];
    try {
      const version = await this.#commit(changes);
      this.#length -= changes.length;
      waiting?.resolve();
      return version;
    } catch (error) {
      this.#failed = changes;
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
