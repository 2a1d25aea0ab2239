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
  /** The job of the last attempt. */
  #last: { readonly name: string; readonly opening: Promise<OpenJob> } | undefined;

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

  /** Returns a job, which is read once for attempts that follow one another. */
  #job({ output, job, planId }: Assignment): Promise<OpenJob> {
    const name = `${planId} ${job} ${output}`;
    if (this.#last?.name === name) return this.#last.opening;
    const last = { name, opening: openJob(output, job) };
    this.#last = last;
    last.opening.catch(() => {
      if (this.#last === last) this.#last = undefined;
    });
    return last.opening;
  }
}

async function openJob(output: string, job: string): Promise<OpenJob> {
  const directory = await JobDirectory.at(output, job);
  return { directory, plan: await directory.plan() };
}
