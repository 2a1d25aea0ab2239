import type { KeyEncodingName, ValueEncodingName } from '../codec/encoding-names.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import { keyCodecFor } from '../codec/keys/key-codecs.ts';
import type { Attempt } from './attempt.ts';
import type { JobDefinition } from './define-job.ts';
import { jobError } from './job-error.ts';
import type { JobPlan } from './job-plan.ts';
import { MAX_RUN_BYTES } from './open-runs.ts';
import { openAttempt } from './open-task.ts';
import { roughBytes } from './rough-bytes.ts';
import { RunKeys } from './run-keys.ts';
import type { TaskWriter } from './task-writer.ts';

/** The part of a task's memory that sorts what is emitted: a full buffer is written while the next one fills. */
const SORT_SHARE = 1 / 4;

/** The part of a task's memory for values that wait to be combined. */
const COMBINE_SHARE = 1 / 4;

/** The encodings between `map` and `reduce`. */
export function encodingsBetween(
  { between }: JobDefinition,
  { output }: JobPlan,
): { readonly keyEncoding: KeyEncodingName; readonly valueEncoding: ValueEncodingName } {
  return {
    keyEncoding: between?.keyEncoding ?? (output.keyEncoding as 'utf8'),
    valueEncoding: between?.valueEncoding ?? (output.valueEncoding as 'msgpack'),
  };
}

/** Sorts what a map task emits into a run, which is a file of a store as any other. */
export class RunEmitter {
  readonly #attempt: Attempt;
  readonly #writer: TaskWriter;
  readonly #keys: RunKeys;
  readonly #groups = new Map<unknown, { readonly key: unknown; readonly values: unknown[] }>();
  readonly #maxKeptBytes: number;
  /** Roughly the memory of what is kept for `combine`. */
  #keptBytes = 0;

  private constructor(attempt: Attempt, writer: TaskWriter, keys: RunKeys) {
    this.#attempt = attempt;
    this.#writer = writer;
    this.#keys = keys;
    this.#maxKeptBytes = attempt.assignment.memoryBytes * COMBINE_SHARE;
  }

  static async open(attempt: Attempt): Promise<RunEmitter> {
    const { definition, directory, plan, assignment, context, counters } = attempt;
    const { keyEncoding, valueEncoding } = encodingsBetween(definition, plan);
    const keys = new RunKeys(keyCodecFor(keyEncoding) as KeyCodec<unknown>);
    const options = {
      valueEncoding,
      sort: true,
      hashIndex: false,
      partitionBytes: MAX_RUN_BYTES,
      sortBytes: Math.floor(assignment.memoryBytes * SORT_SHARE),
      signal: context.signal,
    };
    const name = { kind: 'map', task: assignment.task, engineAttempt: assignment.attempt } as const;
    const writer = await openAttempt<unknown, unknown>(directory, name, options, () => counters.counts, keys);
    return new RunEmitter(attempt, writer, keys);
  }

  emit(key: unknown, value: unknown): void | Promise<void> {
    if (this.#attempt.definition.combine === undefined) return this.#writer.put(key, value);
    const name = this.#keys.nameOf(key);
    const group = this.#groups.get(name);
    if (group !== undefined) group.values.push(value);
    else {
      this.#groups.set(name, { key, values: [value] });
      this.#keptBytes += roughBytes(key) + GROUP_BYTES;
    }
    this.#keptBytes += roughBytes(value);
    if (this.#keptBytes >= this.#maxKeptBytes) return this.#combine();
  }

  async commit(): Promise<void> {
    await this.#combine();
    await this.#writer.commit();
  }

  abort(): Promise<void> {
    return this.#writer.abort();
  }

  /** Combines what is kept, and empties it. */
  async #combine(): Promise<void> {
    const { definition, context } = this.#attempt;
    const groups = [...this.#groups.values()];
    this.#groups.clear();
    this.#keptBytes = 0;
    const emit = (key: unknown, value: unknown): void | Promise<void> => this.#writer.put(key, value);
    for (const { key, values } of groups) {
      try {
        const waiting = definition.combine?.(key, values, emit, context);
        if (waiting !== undefined) await waiting;
      } catch (error) {
        throw jobError('combine', key, `task ${context.task}`, error);
      }
    }
  }
}

/** Memory of a group besides its key and values, roughly. */
const GROUP_BYTES = 128;
