import { isCairnError } from '../errors.ts';
import type { Assignment, TaskRunner } from './assignment.ts';
import type { JobDefinition } from './define-job.ts';
import type { JobDirectory } from './job-directory.ts';
import { type StagePlan, stagesOf } from './job-engine.ts';
import type { JobPlan } from './job-plan.ts';

/** How far a stage of a job is. */
export interface JobProgress {
  readonly stage: 'map' | 'reduce';
  /** Tasks that have ended. */
  readonly done: number;
  readonly total: number;
  /** Entries that the tasks of the stage have taken in this run: of the input, or of what was emitted. */
  readonly entries: number;
  /** The part of the stage that is done, from 0 to 1, by entries. */
  readonly share: number;
}

/** What happens while a job is run: an attempt of a task has failed and is made again, or a task has ended. */
export type JobEvent =
  | {
      readonly event: 'retry';
      readonly stage: 'map' | 'reduce';
      readonly task: number;
      /** The attempt that has failed, from 1. */
      readonly attempt: number;
      readonly error: unknown;
    }
  | {
      readonly event: 'task';
      readonly stage: 'map' | 'reduce';
      readonly task: number;
      /** Tasks of the stage that have ended. */
      readonly done: number;
      readonly total: number;
      /** Entries that the tasks of the stage have taken in this run. */
      readonly entries: number;
    };

/** How the stages of a job are run. */
export interface Running {
  readonly runner: TaskRunner;
  readonly workers: number;
  readonly retries: number;
  readonly maxSkips: number;
  readonly memoryBytes: number;
  readonly arguments: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onProgress: ((progress: JobProgress) => void) | undefined;
  readonly onEvent: ((event: JobEvent) => void) | undefined;
}

/** Runs all tasks of a job that have not ended, one stage after the other. */
export async function runStages(
  definition: JobDefinition,
  directory: JobDirectory,
  plan: JobPlan,
  running: Running,
): Promise<void> {
  // What a file holds is not known before.
  const hasFiles = plan.splits.some(({ kind }) => kind === 'file');
  const splits = plan.splits.map(({ count }) => (hasFiles ? 0 : count));
  const [map, reduce] = stagesOf(plan, definition.reduce !== undefined);
  const planId = directory.planId(plan);
  await new Stage(map, planId, directory, running).run(splits);
  if (reduce === undefined) return;
  const runs = (await directory.endedRecords('map', plan)).flatMap(({ partitions }) => partitions);
  const emitted = runs.reduce((sum, { count }) => sum + count, 0);
  // About: what a task takes depends on the splitters.
  await new Stage(reduce, planId, directory, running).run(
    Array.from({ length: plan.tasks }, () => emitted / plan.tasks),
  );
}

/** The tasks of one kind. */
class Stage {
  readonly #stage: StagePlan;
  readonly #planId: string;
  readonly #directory: JobDirectory;
  readonly #running: Running;
  readonly #end = new AbortController();
  #done = 0;
  #total = 0;
  #entries = 0;
  /** Entries of the tasks that were left at the beginning. */
  #expected = 0;

  constructor(stage: StagePlan, planId: string, directory: JobDirectory, running: Running) {
    this.#stage = stage;
    this.#planId = planId;
    this.#directory = directory;
    this.#running = running;
  }

  /** Runs the tasks that have not ended, some at once. `expected` are the entries of all tasks. */
  async run(expected: readonly number[]): Promise<void> {
    const { workers, signal } = this.#running;
    const records = await this.#directory.records(this.#stage.kind, expected.length);
    const left = [...records.keys()].filter((task) => records[task] === undefined);
    this.#total = expected.length;
    this.#done = expected.length - left.length;
    this.#expected = left.reduce((sum, task) => sum + expected[task], 0);
    this.#report();
    const crew = Array.from({ length: Math.min(workers, left.length) }, async () => {
      try {
        for (let task = left.shift(); task !== undefined; task = left.shift()) await this.#runTask(task);
      } catch (error) {
        // The others' tasks would be for nothing.
        this.#end.abort(error);
        throw error;
      }
    });
    await Promise.allSettled(crew);
    signal.throwIfAborted();
    this.#end.signal.throwIfAborted();
  }

  /** Makes attempts of a task until one succeeds. */
  async #runTask(task: number): Promise<void> {
    const { runner, retries, maxSkips, memoryBytes, arguments: words, signal, onEvent } = this.#running;
    const { job, store } = this.#directory;
    const either = AbortSignal.any([signal, this.#end.signal]);
    const { stage, kind } = this.#stage;
    const assignment: Omit<Assignment, 'attempt'> = {
      output: store.uri,
      job,
      planId: this.#planId,
      kind,
      task,
      arguments: words,
      maxSkips,
      memoryBytes,
    };
    for (let attempt = 1; ; attempt++) {
      either.throwIfAborted();
      let entries = 0;
      const onEntries = (count: number): void => {
        entries += count;
        this.#entries += count;
        this.#report();
      };
      try {
        await runner.run({ ...assignment, attempt }, { signal: either, onEntries });
        break;
      } catch (error) {
        either.throwIfAborted();
        this.#entries -= entries;
        if (attempt >= retries || isCairnError(error, 'CONFLICT')) throw error;
        onEvent?.({ event: 'retry', stage, task, attempt, error });
      }
    }
    this.#done++;
    const [done, total, entries] = [this.#done, this.#total, this.#entries];
    onEvent?.({ event: 'task', stage, task, done, total, entries });
    this.#report();
  }

  #report(): void {
    const [done, total, entries] = [this.#done, this.#total, this.#entries];
    const share =
      done === total ? 1 : this.#expected === 0 ? done / total : Math.min(1, entries / this.#expected);
    this.#running.onProgress?.({ stage: this.#stage.stage, done, total, entries, share });
  }
}
