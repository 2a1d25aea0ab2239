import { CairnError } from '../errors.ts';
import type { Attempt } from './attempt.ts';
import { jobError, showKey } from './job-error.ts';
import type { TaskWriter } from './task-writer.ts';

/** The part of a task's memory for the values of one key. */
const VALUES_SHARE = 1 / 2;

/** Memory of a value besides its bytes, roughly. */
const VALUE_BYTES = 32;

/** Collects the values of one key, calls `reduce` with them, and goes on to the next key. */
export class ValueGroup {
  readonly #attempt: Attempt;
  readonly #writer: TaskWriter;
  readonly #maxBytes: number;
  readonly #emit: (key: unknown, value: unknown) => void | Promise<void>;
  #key: unknown;
  #values: unknown[] = [];
  #bytes = 0;

  constructor(attempt: Attempt, writer: TaskWriter) {
    this.#attempt = attempt;
    this.#writer = writer;
    this.#maxBytes = Math.floor(attempt.assignment.memoryBytes * VALUES_SHARE);
    this.#emit = (key, value) => this.#writer.put(key, value);
  }

  /** Reduces the values that are kept, and begins with those of another key. */
  begin(key: unknown, value: unknown, bytes: number): Promise<void> | undefined {
    const reduced = this.end();
    this.#key = key;
    this.#values = [value];
    this.#bytes = bytes + VALUE_BYTES;
    return reduced;
  }

  /** Keeps another value of the same key. */
  add(value: unknown, bytes: number): Promise<void> | undefined {
    this.#values.push(value);
    this.#bytes += bytes + VALUE_BYTES;
    return this.#bytes > this.#maxBytes ? this.#shrink() : undefined;
  }

  /** Reduces the values that are kept, if there are any. */
  end(): Promise<void> | undefined {
    const { definition, context } = this.#attempt;
    const values = this.#values;
    if (values.length === 0) return undefined;
    const key = this.#key;
    this.#values = [];
    const fail = (error: unknown): never => {
      throw jobError('reduce', key, `task ${context.task}`, error);
    };
    try {
      const waiting = definition.reduce?.(key, values, this.#emit, context);
      // What is awaited need not be a promise of this realm.
      return waiting === undefined ? undefined : Promise.resolve(waiting).catch(fail);
    } catch (error) {
      return fail(error);
    }
  }

  /** Combines the values that are kept into fewer. @throws {CairnError} `TOO_LARGE` if there is no way to. */
  async #shrink(): Promise<void> {
    const { definition, context } = this.#attempt;
    const key = this.#key;
    const values = this.#values;
    this.#values = [];
    if (definition.combine === undefined) throw this.#tooLarge(values.length, 'Give the job a combine');
    try {
      await definition.combine(key, values, (_, value) => void this.#values.push(value), context);
    } catch (error) {
      throw jobError('combine', key, `task ${context.task}`, error);
    }
    // Their bytes are not known: values that are combined are about as large as those that are not.
    this.#bytes = (this.#bytes * this.#values.length) / values.length;
    if (this.#bytes > this.#maxBytes / 2)
      throw this.#tooLarge(this.#values.length, 'Let combine make fewer of them');
  }

  #tooLarge(count: number, advice: string): CairnError {
    return new CairnError(
      'TOO_LARGE',
      `${count} values of the key ${showKey(this.#key)} in task ${this.#attempt.context.task} take more than ` +
        `${this.#maxBytes} bytes, half of memoryBytes. ${advice}, or raise memoryBytes`,
      { limit: this.#maxBytes },
    );
  }
}
