import type { Assignment, AttemptObserver, TaskRunner } from './assignment.ts';
import type { JobDefinition } from './define-job.ts';
import { EntryMeter } from './entry-meter.ts';
import { JobDirectory } from './job-directory.ts';
import type { JobPlan } from './job-plan.ts';
import { runMapTask } from './map-task.ts';
import { runReduceTask } from './reduce-task.ts';
import type { SplitInputs } from './split-inputs.ts';
import { TaskCounters } from './task-counters.ts';

/** A job whose tasks are run here. */
interface OpenJob {
  readonly directory: JobDirectory;
  readonly plan: JobPlan;
}

/** Makes attempts in this thread. Whether their results count, the storage decides. */
export class LocalRunner implements TaskRunner {
  readonly #definition: JobDefinition;
  readonly #inputs: SplitInputs;
  readonly #jobs = new Map<string, Promise<OpenJob>>();

  constructor(definition: JobDefinition, inputs: SplitInputs) {
    this.#definition = definition;
    this.#inputs = inputs;
  }

  async run(assignment: Assignment, { signal, onEntries }: AttemptObserver): Promise<void> {
    const { task, attempt, arguments: words, kind } = assignment;
    const { directory, plan } = await this.#job(assignment);
    const counters = new TaskCounters();
    const meter = new EntryMeter(onEntries);
    const reduces = this.#definition.reduce !== undefined && kind === 'task';
    const run = reduces ? runReduceTask : runMapTask;
    await run({
      definition: this.#definition,
      directory,
      plan,
      assignment,
      inputs: this.#inputs,
      context: { task, attempt, arguments: words, signal, counters },
      counters,
      meter,
    });
    meter.end();
  }

  close(): Promise<void> {
    return this.#inputs.close();
  }

  /** Returns a job, which is read once. */
  #job({ output, job }: Assignment): Promise<OpenJob> {
    const name = `${job} ${output}`;
    const known = this.#jobs.get(name);
    if (known !== undefined) return known;
    const opening = openJob(output, job);
    this.#jobs.set(name, opening);
    opening.catch(() => this.#jobs.delete(name));
    return opening;
  }
}

async function openJob(output: string, job: string): Promise<OpenJob> {
  const directory = await JobDirectory.at(output, job);
  return { directory, plan: await directory.plan() };
}
