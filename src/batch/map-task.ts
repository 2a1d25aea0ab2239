import { CairnError, isCairnError } from '../errors.ts';
import { showStoredKey } from '../store/write/entry-check.ts';
import { type Attempt, openOutput } from './attempt.ts';
import { jobError } from './job-error.ts';
import type { JobPlan } from './job-plan.ts';
import { RunEmitter } from './run-emitter.ts';

/** Takes what a map task emits. */
interface MapSink {
  emit(key: unknown, value: unknown): void | Promise<void>;
  commit(): Promise<unknown>;
  abort(): Promise<void>;
}

/** Runs `map` over a split, and writes what it emits: entries of the output, or a run for the tasks that reduce. */
export async function runMapTask(attempt: Attempt): Promise<void> {
  const sink: MapSink =
    attempt.definition.reduce === undefined ? await entrySink(attempt) : await RunEmitter.open(attempt);
  try {
    await mapSplit(attempt, sink);
    await sink.commit();
  } catch (error) {
    await sink.abort().catch(() => undefined);
    throw error;
  }
}

async function entrySink(attempt: Attempt): Promise<MapSink> {
  const writer = await openOutput(attempt);
  return {
    emit(key, value) {
      try {
        return writer.put(key, value);
      } catch (error) {
        throw isCairnError(error, 'KEY_ORDER') ? orderError(error, attempt.plan) : error;
      }
    },
    commit: () => writer.commit(),
    abort: () => writer.abort(),
  };
}

/** A writer's advice is for its caller; here the job can do something else. */
function orderError({ key, previous, index }: CairnError, { output }: JobPlan): CairnError {
  const [after, before] = [key, previous].map((bytes) =>
    showStoredKey(bytes as Uint8Array, output.keyEncoding as string),
  );
  return new CairnError(
    'KEY_ORDER',
    `it emitted ${after} after ${before}: emit keys in ascending order, or set options.sort`,
    { key, previous, index },
  );
}

/** Entries that are read together. */
const BATCH_SIZE = 1000;

async function mapSplit(attempt: Attempt, sink: MapSink): Promise<void> {
  const { definition, plan, assignment, inputs, context, meter } = attempt;
  const { signal } = context;
  const split = plan.splits[assignment.task];
  const where = `split ${assignment.task} of ${split.uri}`;
  const emit = (key: unknown, value: unknown): void | Promise<void> => sink.emit(key, value);
  const skipper = new Skipper(attempt, sink);
  const map =
    assignment.maxSkips === 0
      ? (key: unknown, value: unknown) => definition.map(key, value, emit, context)
      : (key: unknown, value: unknown) => skipper.map(key, value);
  const source = await inputs.open(split, { signal, onInvalid: (error) => skipper.skip(error) });
  try {
    for await (const { entries, placeOf } of source.batches(BATCH_SIZE)) {
      for (let i = 0; i < entries.length; i++) {
        const [key, value] = entries[i];
        try {
          const waiting = map(key, value);
          if (waiting !== undefined) await waiting;
        } catch (error) {
          signal.throwIfAborted();
          throw jobError('map', key, placeOf?.(i) ?? where, error);
        }
      }
      meter.add(entries.length);
      signal.throwIfAborted();
    }
  } finally {
    await source.close();
  }
}

/** Leaves out what can't be mapped: pieces that hold no entry, and entries that `map` throws an error for. */
class Skipper {
  readonly #attempt: Attempt;
  readonly #sink: MapSink;
  #emitted: [key: unknown, value: unknown][] = [];
  #skips = 0;

  constructor(attempt: Attempt, sink: MapSink) {
    this.#attempt = attempt;
    this.#sink = sink;
  }

  /** Counts a skip, or throws the error if there were as many as may be. */
  skip(error: unknown): void {
    const { assignment, counters } = this.#attempt;
    if (this.#skips === assignment.maxSkips) throw error;
    this.#skips++;
    counters.add('skipped');
  }

  /** Maps an entry. Nothing is emitted of one that is skipped. */
  async map(key: unknown, value: unknown): Promise<void> {
    const { definition, context } = this.#attempt;
    const emit = (key: unknown, value: unknown): void => {
      this.#emitted.push([key, value]);
    };
    this.#emitted = [];
    try {
      await definition.map(key, value, emit, context);
    } catch (error) {
      context.signal.throwIfAborted();
      if (isCairnError(error)) throw error;
      this.skip(error);
      return;
    }
    for (const [key, value] of this.#emitted) {
      const waiting = this.#sink.emit(key, value);
      if (waiting !== undefined) await waiting;
    }
  }
}
