import type { JobDefinition } from './define-job.ts';
import { JobDirectory } from './job-directory.ts';
import { runMapTask } from './map-task.ts';
import { runReduceTask } from './reduce-task.ts';
import type { Assignment } from './task-emitter.ts';

/** Makes one attempt of a task. Whether its result counts, the storage decides. */
export async function runTask(
  definition: JobDefinition,
  assignment: Assignment,
  signal: AbortSignal,
): Promise<void> {
  const directory = await JobDirectory.at(assignment.output, assignment.job);
  const plan = await directory.plan();
  const reduces = definition.reduce !== undefined && assignment.kind === 'task';
  const run = reduces ? runReduceTask : runMapTask;
  await run(definition, directory, plan, assignment, signal);
}
