import { isCairnError } from '../errors.ts';
import type { JobDefinition, TaskContext } from './define-job.ts';
import type { JobDirectory } from './job-directory.ts';
import { jobError } from './job-error.ts';
import type { JobPlan } from './job-plan.ts';
import { openAttempt } from './open-task.ts';
import { readSplit } from './read-split.ts';
import { RunEmitter } from './run-emitter.ts';
import { type Assignment, contextOf } from './task-emitter.ts';

/** Takes what a map task emits. */
interface MapSink {
  emit(key: unknown, value: unknown): void | Promise<void>;
  commit(): Promise<unknown>;
  abort(): Promise<void>;
}

/** Runs `map` over a split, and writes what it emits: entries of the output, or a run for the tasks that reduce. */
export async function runMapTask(
  definition: JobDefinition,
  directory: JobDirectory,
  plan: JobPlan,
  assignment: Assignment,
  signal: AbortSignal,
): Promise<void> {
  const context = contextOf(assignment, signal);
  const { task } = assignment;
  const sink: MapSink =
    definition.reduce === undefined
      ? await entrySink(directory, plan, task, context)
      : await RunEmitter.open(definition, directory, plan, task, context);
  try {
    await mapSplit(definition, plan, task, context, sink);
    await sink.commit();
  } catch (error) {
    await sink.abort().catch(() => undefined);
    throw error;
  }
}

async function entrySink(
  directory: JobDirectory,
  plan: JobPlan,
  task: number,
  context: ReturnType<typeof contextOf>,
): Promise<MapSink> {
  const options = { ...plan.output, signal: context.signal };
  const writer = await openAttempt(directory, 'task', task, options, () => context.counters.counts);
  return {
    emit: (key, value) => writer.put(key, value),
    commit: () => writer.commit(),
    abort: () => writer.abort(),
  };
}

async function mapSplit(
  definition: JobDefinition,
  plan: JobPlan,
  task: number,
  context: TaskContext,
  sink: MapSink,
): Promise<void> {
  const split = plan.splits[task];
  const { maxSkips = 0 } = definition;
  let skips = 0;
  const emit = (key: unknown, value: unknown): void | Promise<void> => sink.emit(key, value);
  const reader = await readSplit(split, { signal: context.signal });
  try {
    for await (const [key, value] of reader.entries()) {
      try {
        const waiting = definition.map(key, value, emit, context);
        if (waiting !== undefined) await waiting;
      } catch (error) {
        context.signal.throwIfAborted();
        if (isCairnError(error) || skips === maxSkips)
          throw jobError('map', key, `split ${task} of ${split.uri}`, error);
        skips++;
        context.counters.add('skipped');
      }
    }
  } finally {
    await reader.close();
  }
}
