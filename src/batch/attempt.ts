import type { Assignment } from './assignment.ts';
import type { JobDefinition, TaskContext } from './define-job.ts';
import type { EntryMeter } from './entry-meter.ts';
import type { JobDirectory } from './job-directory.ts';
import type { JobPlan } from './job-plan.ts';
import { openAttempt } from './open-task.ts';
import type { SplitInputs } from './split-inputs.ts';
import type { TaskCounters } from './task-counters.ts';
import type { TaskWriter } from './task-writer.ts';

/** An attempt that is being made, and what it works with. */
export interface Attempt {
  readonly definition: JobDefinition;
  readonly directory: JobDirectory;
  readonly plan: JobPlan;
  readonly assignment: Assignment;
  readonly inputs: SplitInputs;
  /** What the functions of the job are called with. */
  readonly context: TaskContext;
  readonly counters: TaskCounters;
  readonly meter: EntryMeter;
}

/** Opens what writes the entries of an attempt to the output. @throws {CairnError} what `openTask` throws. */
export function openOutput(attempt: Attempt): Promise<TaskWriter> {
  const { directory, plan, assignment, context, counters } = attempt;
  const name = { kind: 'task', task: assignment.task, engineAttempt: assignment.attempt } as const;
  return openAttempt(directory, name, { ...plan.output, signal: context.signal }, () => counters.counts);
}
