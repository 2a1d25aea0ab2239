import { KeyBuffer, MAX_KEY_BYTES } from '../bytes/key-buffer.ts';
import type { KeyEncodingName, ValueEncodingName } from '../codec/encoding-names.ts';
import type { KeyCodec } from '../codec/keys/key-codec.ts';
import { keyCodecFor } from '../codec/keys/key-codecs.ts';
import { loadValueCodec } from '../codec/values/load-value-codec.ts';
import type { ValueCodec } from '../codec/values/value-codec.ts';
import { invalidArgument } from '../errors.ts';
import type { JobDefinition, TaskContext } from './define-job.ts';
import type { JobDirectory } from './job-directory.ts';
import { jobError } from './job-error.ts';
import type { JobPlan } from './job-plan.ts';
import { openAttempt } from './open-task.ts';
import { encodeShuffleKey } from './shuffle-key.ts';
import type { TaskCounters } from './task-emitter.ts';
import type { TaskWriter } from './task-writer.ts';

/** Values that are kept for `combine`, over all keys. */
const MAX_COMBINED = 1 << 16;

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
  readonly #definition: JobDefinition;
  readonly #context: TaskContext;
  readonly #writer: TaskWriter<Uint8Array, Uint8Array>;
  readonly #keys: KeyCodec<unknown>;
  readonly #values: ValueCodec<unknown>;
  readonly #key = new KeyBuffer();
  readonly #runKey = new KeyBuffer(2 * MAX_KEY_BYTES + 14);
  readonly #groups = new Map<string, { readonly key: unknown; readonly values: unknown[] }>();
  #kept = 0;
  #number = 0;

  private constructor(
    definition: JobDefinition,
    context: TaskContext,
    writer: TaskWriter<Uint8Array, Uint8Array>,
    keys: KeyCodec<unknown>,
    values: ValueCodec<unknown>,
  ) {
    this.#definition = definition;
    this.#context = context;
    this.#writer = writer;
    this.#keys = keys;
    this.#values = values;
  }

  static async open(
    definition: JobDefinition,
    directory: JobDirectory,
    plan: JobPlan,
    task: number,
    context: TaskContext & { readonly counters: TaskCounters },
  ): Promise<RunEmitter> {
    const { keyEncoding, valueEncoding } = encodingsBetween(definition, plan);
    const values = (await loadValueCodec(valueEncoding)) as ValueCodec<unknown>;
    const options = {
      keyEncoding: 'binary',
      valueEncoding: 'binary',
      sort: true,
      hashIndex: false,
      sortBytes: plan.output.sortBytes,
      signal: context.signal,
    } as const;
    const writer = await openAttempt<Uint8Array, Uint8Array>(
      directory,
      'map',
      task,
      options,
      () => context.counters.counts,
    );
    return new RunEmitter(definition, context, writer, keyCodecFor(keyEncoding) as KeyCodec<unknown>, values);
  }

  emit(key: unknown, value: unknown): void | Promise<void> {
    if (this.#definition.combine === undefined) return this.#put(key, value);
    const length = this.#encode(key);
    const name = String.fromCharCode(...this.#key.bytes.subarray(0, length));
    const group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, { key, values: [value] });
    else group.values.push(value);
    if (++this.#kept >= MAX_COMBINED) return this.#combine();
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
    const groups = [...this.#groups.values()];
    this.#groups.clear();
    this.#kept = 0;
    const emit = (key: unknown, value: unknown): void | Promise<void> => this.#put(key, value);
    for (const { key, values } of groups) {
      try {
        await this.#definition.combine?.(key, values, emit, this.#context);
      } catch (error) {
        throw jobError('combine', key, `task ${this.#context.task}`, error);
      }
    }
  }

  #put(key: unknown, value: unknown): void | Promise<void> {
    const length = this.#encode(key);
    if (!encodeShuffleKey(this.#key.bytes, length, this.#number++, this.#runKey))
      throw invalidArgument('key', `a key of ${length} bytes is too long to be sorted`);
    return this.#writer.put(this.#runKey.bytes.subarray(0, this.#runKey.length), this.#values.encode(value));
  }

  #encode(key: unknown): number {
    const length = this.#keys.encodeInto(key, this.#key.bytes);
    if (length > 0 && length <= MAX_KEY_BYTES) return length;
    throw invalidArgument('key', `an emitted key must have 1 to ${MAX_KEY_BYTES} bytes`);
  }
}
