import type { JobEngine } from './job-engine.ts';
import type { JobInput } from './job-input.ts';
import type { JobEvent, JobProgress } from './run-stages.ts';

/** Where a job runs, and over what. */
export interface RunJobOptions {
  /** In place of the definition's. */
  readonly input?: JobInput | undefined;
  /** In place of the definition's. */
  readonly output?: string | URL | undefined;
  /** The name of the job; default: 16 random hex digits. */
  readonly job?: string | undefined;
  /** Whether to go on with the job that was begun at the output, if there is one; default: false. */
  readonly resume?: boolean | undefined;
  /** What runs the tasks; default: this process. The job must be given by its module then. */
  readonly engine?: JobEngine | undefined;
  /**
   * Tasks that are run at once, each in a thread if the job is given by its module; default: as many as the machine has cores,
   * or else 1.
   */
  readonly workers?: number | undefined;
  /** For the functions of the job, as `context.arguments`. */
  readonly arguments?: Readonly<Record<string, string>> | undefined;
  /** In place of the definition's. */
  readonly retries?: number | undefined;
  /** In place of the definition's. */
  readonly maxSkips?: number | undefined;
  /** In place of the definition's. */
  readonly memoryBytes?: number | undefined;
  /** Called after each task, and from time to time. */
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  /** Called when a task has ended, and when an attempt has failed that is made again. */
  readonly onEvent?: ((event: JobEvent) => void) | undefined;
  /** Ends the running, and leaves a job that `resume` goes on with. */
  readonly signal?: AbortSignal | undefined;
}
