import { type JobLaunch, taskCommand } from '../../batch/job-engine.ts';

/**
 * Returns the line of a shell that runs a task of a job.
 *
 * @param task is its name, or `commit`, in words that the shell expands.
 * @param command are the words that run `cairn`.
 */
export function taskLine(launch: JobLaunch, task: string, command: readonly string[] = ['cairn']): string {
  // The name of the task is the last word.
  const words = taskCommand(launch, task === 'commit' ? 'commit' : 'map:0').slice(0, -1);
  return `${[...command, ...words].map(quote).join(' ')} "${task}" --json`;
}

/** A word of a shell's command line. */
export function quote(word: string): string {
  return /^[A-Za-z0-9_./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
