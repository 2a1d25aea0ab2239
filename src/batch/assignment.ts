/** One attempt of a task, as plain data: another thread or process can be asked to make it. */
export interface Assignment {
  readonly output: string;
  readonly job: string;
  /** What the plan of the job is known by: a later job may have the same name. */
  readonly planId: string;
  readonly kind: 'map' | 'task';
  readonly task: number;
  /** From 1. */
  readonly attempt: number;
  readonly arguments: Readonly<Record<string, string>>;
  /** How many entries the attempt may skip. */
  readonly maxSkips: number;
  /** Memory for entries, in bytes. */
  readonly memoryBytes: number;
}

/** What is told of an attempt while it is made, and what ends it. */
export interface AttemptObserver {
  readonly signal: AbortSignal;
  /** Called from time to time with the number of entries that the attempt has taken since the last call. */
  readonly onEntries: (count: number) => void;
}

/** Makes attempts of tasks, in this thread or in others. */
export interface TaskRunner {
  /** Rejects with the attempt's error, or if the thread that makes it ends. */
  run(assignment: Assignment, observer: AttemptObserver): Promise<void>;
  close(): Promise<void>;
}
