import { checkOptions } from '../check-options.ts';
import { asText, invalidArgument } from '../errors.ts';
import type { JobInput } from './job-input.ts';
import type { OnOverlap, OutputOptions } from './job-plan.ts';

/** What the functions of a job are called with besides entries. */
export interface TaskContext {
  /** The number of the task. */
  readonly task: number;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
  readonly signal: AbortSignal;
  /** The words that `runJob` or `cairn run --arg` was called with. */
  readonly arguments: Readonly<Record<string, string>>;
  readonly counters: Counters;
}

/** Counts what a job wants to have counted: what failed or needless attempts count is left out. */
export interface Counters {
  add(name: string, count?: number): void;
}

/** Emits an entry. Wait for the promise that it returns, if it returns one. */
export type Emit<K, V> = (key: K, value: V) => void | Promise<void>;

/** Reduces the values of a key. */
export type Reducer<MK, MV, OK, OV> = (
  key: MK,
  values: readonly MV[],
  emit: Emit<OK, OV>,
  context: TaskContext,
) => void | Promise<void>;

/** What a job does. */
export interface JobDefinition<K = unknown, V = unknown, MK = unknown, MV = unknown, OK = MK, OV = MV> {
  /** What to read: stores, collections, files, splits; one, or several one after the other. May be left to `runJob`. */
  readonly input?: JobInput | undefined;
  /** The store to make. May be left to `runJob`. */
  readonly output?: string | URL | undefined;
  /** Called for each entry of the input. What it emits is the output, or goes to `reduce`. */
  map(key: K, value: V, emit: Emit<MK, MV>, context: TaskContext): void | Promise<void>;
  /** Reduces what a map task has emitted for a key, before it is written: the less it emits, the less is sorted. */
  readonly combine?: Reducer<MK, MV, MK, MV> | undefined;
  /**
   * Called for each key in ascending order, with all values that were emitted for it, in the order of the input. Without it,
   * the job has to emit ascending keys, or the option `sort`.
   */
  readonly reduce?: Reducer<MK, MV, OK, OV> | undefined;
  /** How many tasks reduce; default: 2. */
  readonly tasks?: number | undefined;
  /** How many tasks map; default: one for each partition of the input. */
  readonly splits?: number | undefined;
  /** How often a failed task is attempted; default: 3. */
  readonly retries?: number | undefined;
  /** How many entries a map task may skip because `map` throws an error for them; default: 0. */
  readonly maxSkips?: number | undefined;
  /**
   * Memory of a worker for entries, in bytes, from 1 MiB to 4 GiB; default: 128 MiB. A quarter sorts what is emitted, and what
   * is more goes to files; half is for the values of one key, which are combined when they fill it, and are `TOO_LARGE` without
   * `combine`. If it is given, the heap of a thread is limited as well, to twice as much and 64 MiB.
   */
  readonly memoryBytes?: number | undefined;
  /**
   * How the output is written. Encodings are by default those of the first input; without `reduce`, the metadata are, too.
   */
  readonly options?: OutputOptions | undefined;
  /** As in `planJob`: a job without `reduce` may emit any keys with `options.sort` and `'merge'`; default: `'error'`. */
  readonly onOverlap?: OnOverlap | undefined;
  /** How keys and values are encoded between `map` and `reduce`; by default as those of the output. */
  readonly between?: Pick<OutputOptions, 'keyEncoding' | 'valueEncoding'> | undefined;
}

const MIB = 1 << 20;

const MAX_MEMORY_BYTES = 4096 * MIB;

/** The default of `memoryBytes`. */
export const DEFAULT_MEMORY_BYTES: number = 128 * MIB;

const KNOWN = [
  'input',
  'output',
  'map',
  'combine',
  'reduce',
  'tasks',
  'splits',
  'retries',
  'maxSkips',
  'memoryBytes',
  'options',
  'onOverlap',
  'between',
] as const;

/**
 * Checks the definition of a job, and returns it. A job's module exports it by default, so that each process that works on
 * the job can load it.
 *
 * @throws {CairnError} `INVALID_ARGUMENT`.
 *
 * @example
 * ```ts
 * import { createStore, openStore } from 'cairnkv';
 * import { defineJob, runJob } from 'cairnkv/batch';
 *
 * await createStore('memory:lines').put('1', 'to be or').put('2', 'not to be').close();
 * const job = defineJob<string, string, string, number>({
 *   input: 'memory:lines',
 *   output: 'memory:words',
 *   map(_, line, emit) {
 *     for (const word of line.split(' ')) emit(word, 1);
 *   },
 *   reduce(word, counts, emit) {
 *     emit(word, counts.length);
 *   },
 * });
 * await runJob(job);
 * console.log(await openStore('memory:words').get('be')); // 2
 * ```
 */
export function defineJob<K = unknown, V = unknown, MK = unknown, MV = unknown, OK = MK, OV = MV>(
  definition: JobDefinition<K, V, MK, MV, OK, OV>,
): JobDefinition<K, V, MK, MV, OK, OV> {
  checkOptions(definition, KNOWN);
  for (const name of ['map', 'combine', 'reduce'] as const) {
    const value = definition[name];
    if (typeof value !== 'function' && (name === 'map' || value !== undefined))
      throw invalidArgument(name, `${name} of a job must be a function`);
  }
  if (definition.combine !== undefined && definition.reduce === undefined)
    throw invalidArgument('combine', 'combine belongs to reduce: give both, or none');
  for (const [name, least] of [
    ['tasks', 1],
    ['splits', 1],
    ['retries', 1],
    ['maxSkips', 0],
  ] as const) {
    const value = definition[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= least))
      throw invalidArgument(name, `${name} of a job must be an integer of at least ${least}`);
  }
  const { memoryBytes } = definition;
  if (
    memoryBytes !== undefined &&
    !(Number.isSafeInteger(memoryBytes) && memoryBytes >= MIB && memoryBytes <= MAX_MEMORY_BYTES)
  )
    throw invalidArgument(
      'memoryBytes',
      `memoryBytes must be an integer from ${MIB} to ${MAX_MEMORY_BYTES}, not ${asText(memoryBytes)}`,
    );
  return definition;
}
