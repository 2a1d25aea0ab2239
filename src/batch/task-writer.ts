import type { StoreWriter } from '../store/write/store-writer.ts';
import type { AttemptRecord } from './job-directory.ts';

/** What became of an attempt. */
export interface TaskCommit {
  /** Whether what this attempt wrote counts; otherwise an earlier one's does, and this one's files are removed. */
  readonly won: boolean;
  /** What counts. */
  readonly record: TaskRecord;
}

/** What the attempt that counts has written. */
export interface TaskRecord {
  /** The id of the attempt, in the names of its files. */
  readonly attempt: string;
  /** What its engine calls it, if `openTask` was given that. */
  readonly engineAttempt: string | number | undefined;
  readonly counters: Readonly<Record<string, number>>;
  readonly entries: number;
  /** The size of its files, in bytes. */
  readonly bytes: number;
}

/** Another attempt of the same task has ended before. */
export class LostTask extends Error {
  readonly record: AttemptRecord;

  constructor(record: AttemptRecord) {
    super('another attempt of the task has ended before');
    this.record = record;
  }
}

/** Describes what an attempt has written. */
export function describeRecord({ attempt, engineAttempt, counters, partitions }: AttemptRecord): TaskRecord {
  return {
    attempt,
    engineAttempt,
    counters,
    entries: partitions.reduce((sum, { count }) => sum + count, 0),
    bytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Writes what one attempt of a task writes. Made by {@link openTask}; ended by `commit()` or `abort()`. */
export class TaskWriter<K = unknown, V = unknown> {
  readonly task: number;
  readonly #writer: StoreWriter<K, V>;
  readonly #written: () => AttemptRecord;
  #commit: Promise<TaskCommit> | undefined;

  /** @internal Use {@link openTask}. */
  constructor(task: number, writer: StoreWriter<K, V>, written: () => AttemptRecord) {
    this.task = task;
    this.#writer = writer;
    this.#written = written;
  }

  /** Entries put so far. */
  get count(): number {
    return this.#writer.count;
  }

  /** As {@link StoreWriter.put}: keys ascend, unless the job or the task has `sort`. */
  put(key: K, value: V): void | Promise<void> {
    return this.#writer.put(key, value);
  }

  /** As {@link StoreWriter.putAll}. */
  putAll(entries: Iterable<readonly [K, V]> | AsyncIterable<readonly [K, V]>): Promise<number> {
    return this.#writer.putAll(entries);
  }

  /**
   * Ends the attempt: what it wrote is durable, and counts if no other attempt of the task has ended before.
   *
   * @throws {CairnError} (as a rejection) `CONFLICT` if the job is committed or aborted, what `close()` of a writer throws.
   */
  commit(): Promise<TaskCommit> {
    this.#commit ??= this.#end();
    return this.#commit;
  }

  /** Removes what was written. A no-op after `commit()`. */
  abort(): Promise<void> {
    return this.#writer.cancel();
  }

  async #end(): Promise<TaskCommit> {
    try {
      await this.#writer.close();
    } catch (error) {
      if (!(error instanceof LostTask)) throw error;
      return { won: false, record: describeRecord(error.record) };
    }
    return { won: true, record: describeRecord(this.#written()) };
  }
}
